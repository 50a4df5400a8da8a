#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_mask.h"
#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "services/sender/smtp/reply.h"

namespace postern::sender::smtp {

// How long the server may take for each step. RFC 5321 section 4.5.3.2.
inline constexpr std::chrono::minutes kGreetingLimit{5}, kCommandLimit{5}, kTlsLimit{1},
    kDataStartLimit{2}, kDataBlockLimit{3}, kDataEndLimit{10};

// Commands and replies, one command in flight, each wait with its limit. The
// errors are those of the connection: kUnavailable, kDeadlineExceeded, kDataLoss.
// A 421 is one of them, whatever it answers: the server is about to hang up. Each
// is a sentence for the user (lib/words) that names `host`.
class Conversation {
 public:
  Conversation(net::ByteStream& stream, std::string host)
      : stream_(stream), host_(std::move(host)) {}

  net::Task<absl::StatusOr<Reply>> ReadReply(net::Duration limit);
  // Sends `command` (without CRLF) and reads the answer. kInvalidArgument, and
  // nothing is sent, when a line break or NUL hides in it.
  net::Task<absl::StatusOr<Reply>> Ask(std::string command, net::Duration limit = kCommandLimit);
  // The same for a line with a password in it, which comes with its CRLF: no copy is kept.
  net::Task<absl::StatusOr<Reply>> AskSecretly(const std::string& line);
  // Takes a password out of the replies from now on.
  void Mask(crypto::PasswordMask mask) { mask_ = std::move(mask); }
  net::Task<absl::Status> Send(std::string bytes, net::Duration limit);
  // Checks the certificate against `host`.
  net::Task<absl::Status> StartTls();
  const std::string& host() const { return host_; }
  bool IsEncrypted() const { return stream_.IsEncrypted(); }

 private:
  net::Task<absl::StatusOr<Reply>> Read();
  absl::Status InWords(const absl::Status& status, net::Duration limit) const;

  net::ByteStream& stream_;
  const std::string host_;
  crypto::PasswordMask mask_;
};

}  // namespace postern::sender::smtp
