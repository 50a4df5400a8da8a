#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/xmpp-edge/sent_mail.h"

namespace postern::xmpp_edge {

// What the edge remembers of a message that stands for a mail, so that an answer
// finds its way: RFC 5322 section 3.6.4.
struct MailThread {
  std::string account_id;
  std::string contact;                   // bare JID the message came from (or went to)
  std::string message_id;                // of the mail; empty when it had none
  std::vector<std::string> references;   // of the mail, oldest first
  std::vector<mail::Address> answer_to;  // Reply-To, else From
  std::string subject;
  int64_t at_unix = 0;
  std::string thread_id;  // what stands in <thread/>
  std::string mail_ref;   // what the fetcher's ReadMails takes for it; empty: it can't be read
  bool is_own = false;    // the user wrote it
  mail::Address from;     // who wrote it; an empty domain: not known
  std::string list_id;    // its List-Id (RFC 2919) without brackets; empty: none, or not known
};

// Redis keys postern:thread:{user}:...; kept 90 days.
class ThreadStore {
 public:
  explicit ThreadStore(store::RedisClient& redis);

  // Remembers under an id that is ours alone, as the newest of its thread, and as
  // the newest from `contact`. `alias` is the id that the author's client gave the
  // message, if it did: clients count anew with each session, so an alias given to
  // two mails names neither.
  net::Task<absl::Status> Remember(std::string user, std::string id, MailThread thread,
                                   std::string alias = "");
  // By id or alias.
  net::Task<absl::StatusOr<std::optional<MailThread>>> ByStanza(std::string user,
                                                                std::string stanza_id);
  // The newest mails of a thread, the last one first, at most `count` (16 are kept).
  net::Task<absl::StatusOr<std::vector<MailThread>>> ByThread(std::string user,
                                                              std::string thread_id, int count);
  // The same of a contact.
  net::Task<absl::StatusOr<std::vector<MailThread>>> Newest(std::string user, std::string contact,
                                                            int count);

  // A mail that has been handed to the sender, by its Message-ID.
  net::Task<absl::Status> RememberSent(std::string user, std::string message_id, SentMail mail);
  net::Task<absl::StatusOr<std::optional<SentMail>>> SentByMessageId(std::string user,
                                                                     std::string message_id);
  // Whether nobody but `teller` ever asked this about the same news.
  net::Task<absl::StatusOr<bool>> IsFirstToTell(std::string user, std::string news,
                                                std::string teller);

 private:
  net::Task<absl::StatusOr<std::vector<MailThread>>> Listed(std::string user, std::string list,
                                                            int count);

  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
