#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/fetcher/account.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/effects/notification.h"
#include "services/fetcher/effects/sending_book.h"

namespace postern::fetcher {

struct AnswerMail {
  std::string message_id;  // without angle brackets
  std::string mail;        // RFC 5322
};
// An answer that is to be filed, or has a MIME entity (RFC 5230 section 4.8), as a mail.
AnswerMail WriteAnswer(const rules::v1::Action& action, const mail::Address& from,
                       int64_t date_unix);

// The same of a notification (RFC 5436 section 2.7) that is to be filed.
AnswerMail WriteNotice(const rules::v1::Action& action, const MailNotification& notification,
                       const mail::Address& from, int64_t date_unix);

// Mails that rules send: by the owner's own sending account, each under the key of its action,
// so that a repeat sends nothing more. Their owner hears of those that fail for good.
//
// kFailedPrecondition, kInvalidArgument, kNotFound, kResourceExhausted: never, with words for the
// owner; what else goes wrong may yet work (MayYetWork).
class SendingOn {
 public:
  static constexpr size_t kMostBytes = 25 * 1024 * 1024;  // sender.proto

  SendingOn(sender::v1::SenderService::StubInterface& sender, const SendingBook& book)
      : sender_(sender), book_(book) {}

  // A copy of `mail`, which has the edits of the rules already.
  net::Task<absl::Status> Redirect(const Account& account, const rules::v1::Action& action,
                                   std::string mail);
  // From an address of the account that sends; another one that the rules name gives way to it.
  net::Task<absl::Status> Answer(const Account& account, const rules::v1::Action& action);
  // What that sends, for `filed_in`; the same Message-ID each time. Its own date.
  absl::StatusOr<AnswerMail> Written(const Account& account, const rules::v1::Action& action) const;
  net::Task<absl::Status> Mailto(const Account& account, const rules::v1::Action& action,
                                 const MailNotification& notification);
  // What that sends, as Written.
  absl::StatusOr<AnswerMail> WrittenNotice(const Account& account, const rules::v1::Action& action,
                                           const MailNotification& notification) const;

 private:
  // Under the action's key.
  net::Task<absl::Status> Submit(const Account& account, const rules::v1::Action& action,
                                 std::string account_id, sender::v1::Draft draft);
  net::Task<absl::Status> SubmitCopy(const Account& account, const rules::v1::Action& action,
                                     sender::v1::SubmitCopyRequest request);

  sender::v1::SenderService::StubInterface& sender_;
  const SendingBook& book_;
};

}  // namespace postern::fetcher
