#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_mask.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
#include "services/fetcher/imap/command.h"
#include "services/fetcher/imap/fetch_data.h"
#include "services/fetcher/imap/list_data.h"
#include "services/fetcher/imap/response.h"
#include "services/fetcher/password_rule.h"

namespace postern::fetcher::imap {

// What EXAMINE said of a mailbox.
struct Mailbox {
  uint32_t uid_validity = 0;
  uint32_t uid_next = 0;  // 0: the server didn't say
  uint32_t exists = 0;
};

using fetcher::PasswordRule;

// One IMAP4rev1 dialogue (RFC 3501) that only reads: EXAMINE and PEEK, so that
// nothing is ever marked as seen. The stream outlives it. One command at a time;
// every answer is waited for within a limit, but for AwaitNews.
//
// kUnauthenticated: login or password are wrong. kFailedPrecondition: a command was
// refused. kUnavailable: the server hung up, said BYE or "not now".
// kDataLoss: it makes no sense; drop it.
class Session {
 public:
  explicit Session(net::ByteStream& stream) : stream_(stream) {}

  // Reads the greeting. A PREAUTH in the clear is refused when TLS is to come:
  // it is how a man in the middle avoids STARTTLS (RFC 9051 section 11.4).
  net::Task<absl::Status> Greet(bool tls_to_come);
  net::Task<absl::Status> StartTls(const std::string& host);
  net::Task<absl::Status> Login(const std::string& login, const std::string& password,
                                PasswordRule rule);
  // All mailboxes that match, as they come; nothing stands for one that makes no sense.
  // `pattern` may hold "*" and "%" (RFC 3501 section 6.3.8).
  using ListSink = std::function<void(std::optional<ListedMailbox>)>;
  net::Task<absl::Status> List(const std::string& pattern, ListSink sink);
  // Opens a mailbox, named in UTF-8, for reading only.
  net::Task<absl::StatusOr<Mailbox>> Examine(const std::string& mailbox);

  // Hands each message's data to `sink` as it comes; others than those asked for
  // may be among them.
  using Sink = std::function<void(FetchData)>;
  net::Task<absl::Status> Fetch(const std::string& uids, const std::string& items, Sink sink);
  // The same, of messages by their numbers in the mailbox.
  net::Task<absl::Status> FetchByNumber(uint32_t first, uint32_t last, const std::string& items,
                                        Sink sink);
  // The items of one message; nothing when it is no longer there.
  net::Task<absl::StatusOr<std::optional<FetchData>>> FetchOne(uint32_t uid,
                                                               const std::string& items);
  // The highest UID of the mailbox, 0 when it is empty: for servers without UIDNEXT.
  net::Task<absl::StatusOr<uint32_t>> HighestUid();
  net::Task<absl::Status> Noop();

  // IDLE (RFC 2177): begin, await, end. AwaitNews has no limit of its own and may
  // be cancelled; it loses nothing, and HasNews keeps what it saw.
  bool CanIdle() const { return capabilities_.contains("IDLE"); }
  net::Task<absl::Status> BeginIdle();
  net::Task<absl::Status> AwaitNews();
  net::Task<absl::Status> EndIdle();

  // True when the mailbox grew since ForgetNews().
  bool HasNews() const { return has_news_; }
  void ForgetNews() { has_news_ = false; }

  // The server's words when it last refused something or hung up; not cleaned.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  enum class Patience { kLimited, kEndless };
  net::Task<absl::StatusOr<Response>> ReadResponse(Patience patience);
  net::Task<absl::StatusOr<std::string>> ReadLine(Patience patience);
  net::Task<absl::Status> Send(const std::string& bytes);  // keeps no copy
  net::Task<absl::StatusOr<Response>> ReadTagged(const std::string& tag);
  net::Task<absl::StatusOr<Response>> Execute(const Command& command);
  net::Task<absl::Status> Perform(const std::string& words);
  net::Task<absl::StatusOr<Response>> AskFetch(const std::string& uids, const std::string& items,
                                               Sink sink);
  net::Task<absl::StatusOr<Response>> ExecuteFetch(const std::string& words, Sink sink);
  net::Task<absl::StatusOr<Response>> AskExamine(const std::string& wire_name);
  net::Task<absl::Status> AskCapabilities();
  net::Task<absl::Status> SignIn(const std::string& login, const std::string& password);
  net::Task<absl::StatusOr<Response>> AuthenticatePlain(const std::string& login,
                                                        const std::string& password);
  net::Task<absl::StatusOr<Response>> LoginCommand(const std::string& login,
                                                   const std::string& password);
  net::Task<absl::Status> AfterLogin(const Response& answer);

  void NoteRefusal(const Response& answer);
  absl::Status Absorb(Response response);
  void AbsorbStatus(const Response& response);
  void LearnCapabilities(absl::string_view words);
  absl::Status Refusal(absl::string_view command, const Response& answer);

  net::ByteStream& stream_;
  ResponseAssembler assembler_;
  absl::flat_hash_set<std::string> capabilities_;
  Mailbox mailbox_;
  Sink sink_;
  ListSink list_sink_;
  std::string last_refusal_;
  crypto::PasswordMask mask_;  // while the password is on its way
  std::string idle_tag_;
  uint32_t next_tag_ = 1;
  bool knows_capabilities_ = false;
  bool preauthenticated_ = false;
  bool has_news_ = false;
};

}  // namespace postern::fetcher::imap
