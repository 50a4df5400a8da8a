#include "services/xmpp-edge/answered_mail.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

constexpr int64_t kAmbiguousSeconds = 60;

// Who an answer would reach, comparable.
std::vector<std::string> Recipients(const MailThread& mail) {
  std::vector<std::string> specs;
  for (const mail::Address& address : mail.answer_to) {
    specs.push_back(absl::AsciiStrToLower(address.Spec()));
  }
  std::sort(specs.begin(), specs.end());
  return specs;
}

bool IsAmbiguous(const std::vector<MailThread>& newest, int64_t now_unix) {
  const std::vector<std::string> last = Recipients(newest.front());
  return std::any_of(newest.begin(), newest.end(), [&](const MailThread& mail) {
    return now_unix - mail.at_unix < kAmbiguousSeconds && Recipients(mail) != last;
  });
}

}  // namespace

absl::StatusOr<AnsweredMail> ChooseAnsweredMail(AnswerCandidates candidates, int64_t now_unix) {
  AnsweredMail answered;
  if (candidates.replied) {
    answered.mail = *std::move(candidates.replied);
  } else if (candidates.threaded) {
    answered.mail = *std::move(candidates.threaded);
  } else if (candidates.names_message) {
    return absl::InvalidArgumentError(texts::kAnsweredMailUnknown);
  } else if (candidates.newest.empty()) {
    return absl::InvalidArgumentError(texts::kWhoIsItFor);
  } else if (IsAmbiguous(candidates.newest, now_unix)) {
    return absl::InvalidArgumentError(texts::kAnswerIsAmbiguous);
  } else {
    answered.mail = std::move(candidates.newest.front());
    answered.inferred = true;
  }
  if (answered.mail.answer_to.empty()) {
    return absl::InvalidArgumentError(texts::kAnsweredMailHasNoSender);
  }
  return answered;
}

}  // namespace postern::xmpp_edge
