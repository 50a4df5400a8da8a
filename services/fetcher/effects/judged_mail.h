#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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
  bool waits = false;  // for another of its batch to be dealt with: it is to be judged once more
  // What of `said` could not be done: for whoever asks later.
  std::vector<rules::v1::Mishap> mishaps;
  bool shown_instead = false;  // for that it is delivered, though its plan was another
};

// The action with this key could not be done; `why` OK: it was not tried, for another one had
// failed. What is beyond kMostMishaps is left out.
void NoteMishap(absl::string_view key, const absl::Status& why, JudgedMail& mail);
inline constexpr int kMostMishaps = 20;  // of one mail: rules.proto

// All of a mail as it came, at most so many bytes; nothing when it is gone meanwhile. An error
// that is not MayYetWork: it can't be had. Any other: not now.
using MaybeBytes = absl::StatusOr<std::optional<std::string>>;
using ReadWhole = std::function<net::Task<MaybeBytes>(const JudgedMail& mail, size_t most)>;

// What was read, or nothing of a mail that is gone or can't be had. An error: not now.
absl::StatusOr<std::string> BytesOrNone(MaybeBytes read);

// Whether an effect may yet come about: then its mail stays where it is, and comes again. What
// can never work is told, and the mail delivered.
bool MayYetWork(const absl::Status& status);
// For the owner: the wording of an error, else its message, on one line.
std::string WhyNot(const absl::Status& status);
// The same, to be translated.
words::Wording WordingFor(const absl::Status& status);
// The mail's subject for a sentence, or what stands for one.
std::string SubjectForPeople(const IncomingMail& mail);

}  // namespace postern::fetcher
