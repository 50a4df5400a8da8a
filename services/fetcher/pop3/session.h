#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_mask.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "lib/sasl/exchange.h"
#include "services/fetcher/password_rule.h"
#include "services/fetcher/pop3/response.h"

namespace postern::fetcher::pop3 {

// More mails than this are not watched: each look asks for the ids of them all.
constexpr size_t kMaxMails = 100'000;

// A mail, or its beginning.
struct MailText {
  std::string bytes;  // CRLF line ends, dots taken off
  bool cut = false;   // there was more than was to be kept
};

// One POP3 dialogue (RFC 1939, 2449, 2595, 5034). Mails stay on the server, but for those
// that Delete names. The stream outlives it. Several commands go out at once where the
// server offers PIPELINING, else one; each answer is waited for within a limit, and so is
// the text behind it, by its size.
//
// APOP only where the connection is not encrypted, and the operator lets passwords go there:
// then it is better than the password itself. Under TLS it would be worse than useless: it
// hides nothing, and makes servers keep passwords in the clear.
//
// kUnauthenticated: login or password are wrong. kFailedPrecondition: a command was
// refused. kUnavailable: the server hung up, or said "not now" (in use, too soon).
// kDataLoss: it makes no sense; kResourceExhausted: it is too much; drop it.
class Session {
 public:
  explicit Session(net::ByteStream& stream) : stream_(stream) {}

  net::Task<absl::Status> Greet();
  net::Task<absl::Status> StartTls(const std::string& host);
  // By the strongest way that both sides know; USER and PASS are the last resort. The next one
  // is tried only when the one before can't have been refused because of a wrong password.
  net::Task<absl::Status> Login(const sasl::Credentials& credentials, PasswordRule rule);
  // Mechanisms that are offered, but not for this login: they were refused, and then another
  // one was not. Whoever logs in again passes them over, for a server counts each refusal.
  void Avoid(sasl::Mechanisms unfit) { unfit_ = unfit; }
  sasl::Mechanisms unfit() const { return unfit_; }

  // Hands the ids of all mails to `sink`, oldest first as servers do it; not asked
  // for when there are none. With a wording: kFailedPrecondition, the server gives no ids,
  // and kResourceExhausted, there are more than kMaxMails.
  using Sink = std::function<void(UniqueId)>;
  net::Task<absl::Status> ListUniqueIds(Sink sink);
  // So many mails did the server claim to have before it listed them.
  uint32_t counted() const { return counted_; }
  net::Task<absl::StatusOr<uint64_t>> SizeOf(uint32_t number);
  // The whole mail; `size` is what SizeOf said. Of its bytes `keep` are kept, and more
  // than `most` are kResourceExhausted.
  net::Task<absl::StatusOr<MailText>> Retrieve(uint32_t number, uint64_t size, size_t keep,
                                               size_t most);
  // The header and `lines` lines of the body; kFailedPrecondition also where the server
  // has no TOP.
  net::Task<absl::StatusOr<MailText>> Top(uint32_t number, uint32_t lines, size_t keep,
                                          size_t most);
  // One command at a time from now on, whatever is offered.
  void SendOneByOne() { capabilities_.pipelining = false; }
  // Several commands may be under way at once.
  bool CanPipeline() const { return capabilities_.pipelining; }
  // As SizeOf and Retrieve, of several: kFailedPrecondition is that mail's alone. The caller
  // bounds how many, and how large they are together.
  using Texts = std::vector<absl::StatusOr<MailText>>;
  net::Task<absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>>> SizesOf(
      std::vector<uint32_t> numbers);
  // In their order; the first error that is not kFailedPrecondition is the last element, and
  // the connection is of no more use.
  net::Task<Texts> RetrieveSeveral(std::vector<NumberAndOctets> mails, size_t keep, size_t most);
  // Marks these as removed: QUIT alone makes that true (RFC 1939 section 6). Answers those
  // that the server took.
  net::Task<absl::StatusOr<std::vector<uint32_t>>> Delete(std::vector<uint32_t> numbers);
  // Says good-bye, and so unlocks the mailbox. OK: what was to be removed is.
  net::Task<absl::Status> Quit();

  // How long the server wants between two logins; 0: it doesn't say.
  int64_t login_delay_seconds() const { return capabilities_.login_delay_seconds; }
  // A mail that was read is removed by the server after so many days; nothing: never.
  std::optional<int64_t> expire_days() const { return capabilities_.expire_days; }
  // The server's words when it last refused something; not cleaned.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  using LineSink = std::function<absl::Status(std::string line)>;
  net::Task<absl::Status> Send(std::string line);
  net::Task<absl::StatusOr<StatusLine>> ReadStatusLine();
  net::Task<absl::StatusOr<StatusLine>> Ask(std::string line);
  net::Task<absl::StatusOr<StatusLine>> AskSecretly(const std::string& line_with_end);
  net::Task<absl::Status> ReadText(uint64_t expected_bytes, LineSink sink);
  net::Task<absl::Status> ReadLines(const LineSink& sink);
  net::Task<absl::Status> ReadContent(MailText& text, size_t keep, size_t most);
  net::Task<absl::StatusOr<MailText>> AskMail(std::string line, uint64_t expected_bytes,
                                              size_t keep, size_t most);
  net::Task<absl::Status> AskCapabilities();
  net::Task<absl::Status> SignIn(const sasl::Credentials& credentials);
  net::Task<absl::StatusOr<StatusLine>> Authenticate(sasl::Mechanism mechanism,
                                                     sasl::Exchange& exchange);
  net::Task<absl::StatusOr<StatusLine>> Apop(const sasl::Credentials& credentials);
  net::Task<absl::StatusOr<StatusLine>> UserAndPass(const sasl::Credentials& credentials);
  bool PrefersApop(sasl::Mechanisms left, const sasl::Credentials& credentials) const;
  bool CanSendPassword(sasl::Credentials::Kind kind) const;
  absl::Status NoWayToLogIn(sasl::Credentials::Kind kind) const;
  net::Task<absl::Status> SendEach(absl::string_view command, const std::vector<uint32_t>& numbers);
  net::Task<absl::StatusOr<MailText>> ReadMailText(absl::string_view command, uint64_t expected,
                                                   size_t keep, size_t most);
  net::Task<absl::StatusOr<uint64_t>> ReadSize(uint32_t number);
  absl::Status Refused(absl::string_view command, const StatusLine& answer);
  void NoteRefusal(const StatusLine& answer);

  net::ByteStream& stream_;
  Capabilities capabilities_;
  std::string last_refusal_;
  sasl::Mechanisms unfit_;
  crypto::PasswordMask mask_;        // while the password is on its way
  bool knows_capabilities_ = false;  // asked, and answered by a list
  bool asked_capabilities_ = false;
  std::optional<std::string> timestamp_;  // in the greeting, for APOP
  uint32_t counted_ = 0;
};

}  // namespace postern::fetcher::pop3
