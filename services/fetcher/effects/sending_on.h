#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/fetcher/account.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/effects/notification.h"
#include "services/fetcher/effects/sending_book.h"

namespace postern::fetcher {

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
  net::Task<absl::Status> Answer(const Account& account, const rules::v1::Action& action);
  net::Task<absl::Status> Mailto(const Account& account, const rules::v1::Action& action,
                                 const MailNotification& notification);

 private:
  net::Task<absl::Status> Submit(const Account& account, std::string key, std::string account_id,
                                 sender::v1::Draft draft);
  net::Task<absl::Status> SubmitCopy(const Account& account, sender::v1::SubmitCopyRequest request);

  sender::v1::SenderService::StubInterface& sender_;
  const SendingBook& book_;
};

// A vacation notice that is a MIME entity (RFC 5230 section 4.8), as a mail.
std::string MimeAnswer(const rules::v1::Action& action, const mail::Address& from,
                       int64_t date_unix);

}  // namespace postern::fetcher
