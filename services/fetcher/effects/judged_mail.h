#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/fetcher/effects/plan.h"
#include "services/fetcher/incoming_mail.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// A mail, and what the rules said of it.
struct JudgedMail {
  IncomingMail mail;
  MailFacts facts;
  std::vector<std::string> flags;  // in its mailbox, where they are known
  rules::v1::EvaluateResponse said;
  Plan plan;
};

// All of a mail as it came, at most so many bytes; nothing when it is gone meanwhile.
// kResourceExhausted: it is larger. Any other error: not now.
using ReadWhole = std::function<net::Task<absl::StatusOr<std::optional<std::string>>>(
    const JudgedMail& mail, size_t most)>;

// Whether an effect may yet come about: then its mail stays where it is, and comes again. What
// can never work is told, and the mail delivered.
bool MayYetWork(const absl::Status& status);
// For the owner: the wording of an error, else its message, on one line.
std::string WhyNot(const absl::Status& status);
// The mail's subject for a sentence, or what stands for one.
std::string SubjectForPeople(const IncomingMail& mail);

}  // namespace postern::fetcher
