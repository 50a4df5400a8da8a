#include "services/xmpp-edge/answered_mail.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "services/xmpp-edge/texts/forwarding.h"
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

using Likeness = bool (*)(const MailThread&, const MailThread&);

bool HaveSameRecipients(const MailThread& a, const MailThread& b) {
  return Recipients(a) == Recipients(b);
}

// A mail that was fetched once more is the same one.
bool AreSameMail(const MailThread& a, const MailThread& b) {
  return a.account_id == b.account_id && a.mail_ref == b.mail_ref && a.message_id == b.message_id;
}

// Whether the first may as well stand for another that is unlike it, and close to it
// or, since clocks are set back at times, to now.
bool IsAmbiguous(const std::vector<MailThread>& mails, int64_t seconds, int64_t now_unix,
                 Likeness alike) {
  const MailThread& last = mails.front();
  return std::any_of(mails.begin(), mails.end(), [&](const MailThread& mail) {
    const bool close =
        std::abs(last.at_unix - mail.at_unix) < seconds || now_unix - mail.at_unix < seconds;
    return close && !alike(mail, last);
  });
}

void LeaveOthersMails(std::vector<MailThread>& mails) {
  std::erase_if(mails, [](const MailThread& mail) { return mail.is_own; });
}

}  // namespace

absl::StatusOr<AnsweredMail> ChooseAnsweredMail(AnswerCandidates candidates, int64_t now_unix,
                                                const Words& words) {
  AnsweredMail answered;
  if (candidates.replied) {
    answered.mail = *std::move(candidates.replied);
  } else if (!candidates.threaded.empty()) {
    if (IsAmbiguous(candidates.threaded, kThreadSeconds, now_unix, HaveSameRecipients)) {
      return absl::InvalidArgumentError(texts::AnswerIsAmbiguous(words));
    }
    answered.mail = std::move(candidates.threaded.front());
    answered.inferred = true;
  } else if (candidates.names_message) {
    return absl::InvalidArgumentError(texts::AnsweredMailUnknown(words));
  } else if (candidates.newest.empty()) {
    return absl::InvalidArgumentError(texts::WhoIsItFor(words));
  } else if (IsAmbiguous(candidates.newest, kTogetherSeconds, now_unix, HaveSameRecipients)) {
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

absl::StatusOr<AnsweredMail> ChooseForwardedMail(AnswerCandidates candidates, int64_t now_unix,
                                                 const Words& words) {
  AnsweredMail forwarded;
  if (candidates.replied) {
    forwarded.mail = *std::move(candidates.replied);
    return forwarded;
  }
  // A digest, say.
  if (candidates.names_message) return absl::InvalidArgumentError(texts::ForwardIsAmbiguous(words));
  LeaveOthersMails(candidates.threaded);
  LeaveOthersMails(candidates.newest);
  const bool threaded = !candidates.threaded.empty();
  const std::vector<MailThread>& mails = threaded ? candidates.threaded : candidates.newest;
  if (mails.empty()) return absl::InvalidArgumentError(texts::NothingToForward(words));
  const int64_t seconds = threaded ? kThreadSeconds : kTogetherSeconds;
  if (IsAmbiguous(mails, seconds, now_unix, AreSameMail)) {
    return absl::InvalidArgumentError(texts::ForwardIsAmbiguous(words));
  }
  forwarded.mail = mails.front();
  forwarded.inferred = true;
  return forwarded;
}

}  // namespace postern::xmpp_edge
