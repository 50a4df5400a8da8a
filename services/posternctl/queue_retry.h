#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// Makes a mail due now, or (without an id) all that the filter fits and that wait, and tells how
// many. Those of the latter that wait for their date, or until they can't be undone, are left and
// counted; with `dated` they are made due one by one.
absl::Status RetryMails(Session& session, const std::string& id, sender::v1::QueueFilter filter,
                        bool dated);

// "1 mail is held.", "2 mails are held."
std::string MailsWords(uint64_t count, absl::string_view one, absl::string_view many);

}  // namespace postern::posternctl
