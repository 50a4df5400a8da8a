#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// Does something with mails, one after the other. What fails stops none of the others: the error
// has a line for each.
using WithMail = absl::FunctionRef<absl::Status(const std::string& id)>;
absl::Status ForEachMail(const std::vector<std::string>& ids, WithMail act);
// The same with their whole ids, which the record of what operators did is to have.
absl::Status ForEachWholeId(Session& session, const std::vector<std::string>& beginnings,
                            WithMail act);

// Makes mails due now, or (without an id) all that the filter fits and that wait, and tells how
// many. Those of the latter that wait for their date, or until they can't be undone, are left and
// counted, but for `dated`.
absl::Status RetryMails(Session& session, const std::vector<std::string>& ids,
                        const sender::v1::QueueFilter& filter, bool dated);

// "1 mail is held.", "2 mails are held."
std::string MailsWords(uint64_t count, absl::string_view one, absl::string_view many);

}  // namespace postern::posternctl
