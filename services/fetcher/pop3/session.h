#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_mask.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
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

// One POP3 dialogue (RFC 1939, 2449, 2595, 5034) that only reads: there is no DELE,
// so every mail stays on the server. The stream outlives it. One command at a time;
// each answer is waited for within a limit, and so is the text behind it, by its size.
//
// No APOP: a man in the middle finds the password out by MD5 collisions, and
// who only listens by guessing; it would be of use only without TLS, where we send
// no password at all unless the operator says so.
//
// kUnauthenticated: login or password are wrong. kFailedPrecondition: a command was
// refused. kUnavailable: the server hung up, or said "not now" (in use, too soon).
// kDataLoss: it makes no sense; kResourceExhausted: it is too much; drop it.
class Session {
 public:
  explicit Session(net::ByteStream& stream) : stream_(stream) {}

  net::Task<absl::Status> Greet();
  net::Task<absl::Status> StartTls(const std::string& host);
  net::Task<absl::Status> Login(const std::string& login, const std::string& password,
                                PasswordRule rule);

  // Hands the ids of all mails to `sink`, oldest first as servers do it; not asked
  // for when there are none. With a wording: kFailedPrecondition, the server gives no ids,
  // and kResourceExhausted, there are more than kMaxMails.
  using Sink = std::function<void(UniqueId)>;
  net::Task<absl::Status> ListUniqueIds(Sink sink);
  net::Task<absl::StatusOr<uint64_t>> SizeOf(uint32_t number);
  // The whole mail; `size` is what SizeOf said. Of its bytes `keep` are kept, and more
  // than `most` are kResourceExhausted.
  net::Task<absl::StatusOr<MailText>> Retrieve(uint32_t number, uint64_t size, size_t keep,
                                               size_t most);
  // The header and `lines` lines of the body; kFailedPrecondition also where the server
  // has no TOP.
  net::Task<absl::StatusOr<MailText>> Top(uint32_t number, uint32_t lines, size_t keep,
                                          size_t most);
  // Says good-bye, and so unlocks the mailbox.
  net::Task<absl::Status> Quit();

  // How long the server wants between two logins; 0: it doesn't say.
  int64_t login_delay_seconds() const { return capabilities_.login_delay_seconds; }
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
  net::Task<absl::Status> SignIn(const std::string& login, const std::string& password);
  net::Task<absl::StatusOr<StatusLine>> AuthPlain(const std::string& login,
                                                  const std::string& password);
  net::Task<absl::StatusOr<StatusLine>> UserAndPass(const std::string& login,
                                                    const std::string& password);
  absl::Status Refused(absl::string_view command, const StatusLine& answer);
  void NoteRefusal(const StatusLine& answer);

  net::ByteStream& stream_;
  Capabilities capabilities_;
  std::string last_refusal_;
  crypto::PasswordMask mask_;        // while the password is on its way
  bool knows_capabilities_ = false;  // asked, and answered by a list
  bool asked_capabilities_ = false;
};

}  // namespace postern::fetcher::pop3
