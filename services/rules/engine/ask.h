#pragma once

#include "services/rules/engine/run.h"

// One function for each kind of test; Ask chooses.
namespace postern::rules {

bool AskHeader(const HeaderTest& test, Run& run);
bool AskAddress(const AddressTest& test, Run& run);
bool AskEnvelope(const EnvelopeTest& test, Run& run);
bool AskCorrespondent(const CorrespondentTest& test, Run& run);
bool AskExists(const ExistsTest& test, Run& run);
bool AskSize(const SizeTest& test, Run& run);
bool AskBody(const BodyTest& test, Run& run);
bool AskString(const StringTest& test, Run& run);
bool AskDate(const DateTest& test, Run& run);
bool AskFlag(const FlagTest& test, Run& run);
bool AskEnvironment(const EnvironmentTest& test, Run& run);
bool AskMailbox(const MailboxTest& test, Run& run);
bool AskDuplicate(const DuplicateTest& test, Run& run);
bool AskNotify(const NotifyTest& test, Run& run);
bool AskList(const ListTest& test, Run& run);
bool AskVerdict(const VerdictTest& test, Run& run);
bool AskAttachment(const AttachmentTest& test, Run& run);
bool AskExitCode(const ExitCodeTest& test, Run& run);
bool AskForeign(const ForeignCall& call, Run& run);

// The fields that a test is about, of all the names, and of them the one that `index` says.
std::vector<const MessageView::Field*> FieldsFor(const std::vector<std::string>& names,
                                                 const Index& index, const Run& run);
// "from" or "to", in lower case; the values that a test of the envelope compares.
std::vector<std::string> EnvelopeValues(absl::string_view field, AddressPart part, const Run& run);
// Both spellings of each address that is meant, at most 64 KiB together.
std::vector<std::string> Correspondents(bool sender, const Run& run);

}  // namespace postern::rules
