#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/mail/mail.h"
#include "lib/net/task.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher {

// Mails up to this size are fetched whole.
inline constexpr uint64_t kWholeBytes = 1024 * 1024;

// How much of a mail to ask for. A mail that breaks the connection or the next
// service is read with less each time, so that it never blocks its mailbox.
enum class Depth { kAll, kHeader, kNothing };

struct WantedMail {
  MailFacts facts;
  Depth depth = Depth::kAll;
  // Not null: the bytes of the mail go there as well, as they came, the first kWholeBytes.
  std::shared_ptr<std::string> raw = nullptr;
};

// What came of the first ones of those that were wanted, in their order.
struct ReadMails {
  std::vector<std::optional<mail::Mail>> mails;  // nothing stands for one that is gone
  // OK: at least one is answered. Else the connection is no longer good, and the mail
  // behind the last one answered may be why.
  absl::Status status;
  bool sure = true;  // that it is why
};

// Fetches and reads one mail. What is small comes whole; of what is large, the
// header, the structure and the beginning of its text. Nothing when the mail is
// no longer in the mailbox; a Status when the connection is no longer good.
net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadMail(imap::Session& session,
                                                              MailFacts facts, Depth depth);
// The same, with its bytes where they are wanted.
net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadMail(imap::Session& session,
                                                              WantedMail wanted);
net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadMail(pop3::Session& session,
                                                              WantedMail wanted);
// The first bytes of a mail, at most so many, as they are; nothing when it is gone.
net::Task<absl::StatusOr<std::optional<std::string>>> ReadBeginning(imap::Session& session,
                                                                    uint32_t uid, size_t most);
// The same by POP3, which tells no structure: of what is large, the beginning. The time it
// was received is that of its topmost Received field, else what `facts` says.
net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadMail(pop3::Session& session,
                                                              MailFacts facts, Depth depth);
// What POP3's RETR brought of a mail; its size as `facts` says.
mail::Mail MailOf(const pop3::MailText& text, const MailFacts& facts);
// The answer for the first of the mails that are wanted, and what it says of the rest.
ReadMails JustOne(absl::StatusOr<std::optional<mail::Mail>> mail);
// What is shown of a mail that can't be read.
mail::Mail NotRead();
// The header alone, by POP3's TOP. kFailedPrecondition: the server has no TOP, or no such mail.
net::Task<absl::StatusOr<mail::Mail>> ReadHeader(pop3::Session& session, uint32_t number);

}  // namespace postern::fetcher
