#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/evaluate.h"

// Mailboxes and a mail server in memory: where the suite's scripts put their mails.
namespace postern::rules::suite {

struct SuiteMail {
  std::string text;
  std::vector<std::string> flags;
  std::string envelope_from, envelope_to;  // of a mail that was sent
};

struct Mails {
  std::map<std::string, std::vector<SuiteMail>> folders = {{"INBOX", {}}};
  std::vector<SuiteMail> sent;
};

// INBOX is that in any case; what is below it, too.
std::string FolderName(absl::string_view name);

// Line ends as mail servers have them, whatever the suite's files have.
std::string WithCrlf(absl::string_view text);

// `text` with those of `edits` that change its header.
std::string Edited(const std::string& text, const std::vector<Edit>& edits);

// Who a mail is from and for as Pigeonhole's suite takes it from its header.
struct Envelope {
  std::string from, to;
};
Envelope EnvelopeOfHeader(const MessageView& message);

// What is to be done with a mail.
struct Outcome {
  std::vector<Action> actions;
  std::vector<Edit> edits;              // in order; Action::edits says how many an action has
  std::vector<std::string> keep_flags;  // of an implicit keep
};
// Files and sends `text`, and what answers it (suite_sending.h). What could not be done is told in
// `errors`; then the mail is kept. A reject says nothing to anybody: the mail was fetched. What is
// neither filed nor mailed (deliver, hold, quarantine, note) is left to others.
void CarryOut(const Outcome& outcome, const std::string& text, const Facts& facts, Mails& mails,
              std::vector<std::string>& errors);

}  // namespace postern::rules::suite
