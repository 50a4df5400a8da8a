#include "services/xmpp-edge/answered_mail.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

// Mails that came in one batch (or one digest) lie together on the screen.
constexpr int64_t kTogetherSeconds = 60;
// Clients give a <thread/> to whatever is written next, so a thread in which several
// people wrote lately names none of them.
constexpr int64_t kThreadSeconds = 24 * 60 * 60;

// Who an answer would reach, comparable.
std::vector<std::string> Recipients(const MailThread& mail) {
  std::vector<std::string> specs;
  for (const mail::Address& address : mail.answer_to) {
    specs.push_back(absl::AsciiStrToLower(address.Spec()));
  }
  std::sort(specs.begin(), specs.end());
  return specs;
}

// Whether an answer to the first may as well be one to another, which is close to it
// or, since clocks are set back at times, to now.
bool IsAmbiguous(const std::vector<MailThread>& mails, int64_t seconds, int64_t now_unix) {
  const MailThread& last = mails.front();
  const std::vector<std::string> meant = Recipients(last);
  return std::any_of(mails.begin(), mails.end(), [&](const MailThread& mail) {
    const bool close =
        std::abs(last.at_unix - mail.at_unix) < seconds || now_unix - mail.at_unix < seconds;
    return close && Recipients(mail) != meant;
  });
}

}  // namespace

absl::StatusOr<AnsweredMail> ChooseAnsweredMail(AnswerCandidates candidates, int64_t now_unix,
                                                const Words& words) {
  AnsweredMail answered;
  if (candidates.replied) {
    answered.mail = *std::move(candidates.replied);
  } else if (!candidates.threaded.empty()) {
    if (IsAmbiguous(candidates.threaded, kThreadSeconds, now_unix)) {
      return absl::InvalidArgumentError(texts::AnswerIsAmbiguous(words));
    }
    answered.mail = std::move(candidates.threaded.front());
    answered.inferred = true;
  } else if (candidates.names_message) {
    return absl::InvalidArgumentError(texts::AnsweredMailUnknown(words));
  } else if (candidates.newest.empty()) {
    return absl::InvalidArgumentError(texts::WhoIsItFor(words));
  } else if (IsAmbiguous(candidates.newest, kTogetherSeconds, now_unix)) {
    return absl::InvalidArgumentError(texts::AnswerIsAmbiguous(words));
  } else {
    answered.mail = std::move(candidates.newest.front());
    answered.inferred = true;
  }
  if (answered.mail.answer_to.empty()) {
    return absl::InvalidArgumentError(texts::AnsweredMailHasNoSender(words));
  }
  return answered;
}

}  // namespace postern::xmpp_edge
