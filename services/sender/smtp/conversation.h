#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
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
struct Waits {
  net::Duration greeting = std::chrono::minutes(5);
  net::Duration command = std::chrono::minutes(5);
  net::Duration tls = std::chrono::minutes(1);
  net::Duration data_start = std::chrono::minutes(2);
  net::Duration data_block = std::chrono::minutes(3);
  net::Duration data_end = std::chrono::minutes(10);
  net::Duration farewell = std::chrono::seconds(5);
};

// Commands and replies, each wait with its limit. The errors are those of the connection:
// kUnavailable, kDeadlineExceeded, kDataLoss. A 421 is one of them, whatever it answers: the
// server is about to hang up. Each is a sentence for the user (lib/words) that names `host`.
class Conversation {
 public:
  Conversation(net::ByteStream& stream, std::string host, Waits waits)
      : stream_(stream), host_(std::move(host)), waits_(waits) {}

  net::Task<absl::StatusOr<Reply>> ReadReply(net::Duration limit);
  // Sends `command` (without CRLF) and reads the answer. kInvalidArgument, and
  // nothing is sent, when a line break or NUL hides in it.
  net::Task<absl::StatusOr<Reply>> Ask(std::string command) {
    return Ask(std::move(command), waits_.command);
  }
  net::Task<absl::StatusOr<Reply>> Ask(std::string command, net::Duration limit);
  // The same for a line with a password in it, which comes with its CRLF: no copy is kept.
  net::Task<absl::StatusOr<Reply>> AskSecretly(const std::string& line);
  // Sends `bytes`, lines that are whole, to which `replies` are due (1 or more), and reads the
  // first. What the server said before it hung up is read, too.
  net::Task<absl::StatusOr<Reply>> Say(std::string bytes, size_t replies, net::Duration limit);
  // Sends what gets no answer of its own, or `replies` that are read later.
  net::Task<absl::Status> Send(std::string bytes, net::Duration limit, size_t replies = 0);
  // What the server said before it hung up, while it was told more: a refusal. Else `otherwise`.
  absl::StatusOr<Reply> LastWords(const absl::Status& otherwise);
  // Checks the certificate against `host`.
  net::Task<absl::Status> StartTls();

  // Takes a password out of the replies from now on.
  void Mask(crypto::PasswordMask mask) { mask_ = std::move(mask); }
  void AlsoMask(absl::string_view form) { mask_->AlsoMask(form); }
  void MaskNothing() { mask_.reset(); }

  // The server took its leave (421).
  bool said_goodbye() const { return said_goodbye_; }
  // Everything was sent and answered, and nothing went wrong.
  bool IsAtRest() const { return due_ == 0 && !sending_ && !failed_; }
  const std::string& host() const { return host_; }
  const Waits& waits() const { return waits_; }
  bool IsEncrypted() const { return stream_.IsEncrypted(); }

 private:
  net::Task<absl::StatusOr<Reply>> Read();
  net::Task<absl::StatusOr<Reply>> WriteAndRead(std::string bytes);
  // The reply whose last line has come; never waits.
  absl::StatusOr<std::optional<Reply>> ReplyAtHand();
  absl::StatusOr<Reply> Finish(absl::StatusOr<Reply> reply, net::Duration limit);
  absl::Status InWords(const absl::Status& status, net::Duration limit) const;

  net::ByteStream& stream_;
  const std::string host_;
  const Waits waits_;
  std::optional<crypto::PasswordMask> mask_;
  ReplyAssembler assembler_;
  size_t due_ = 0;        // replies
  bool sending_ = false;  // a write that was cancelled leaves half a line behind
  bool failed_ = false;
  bool said_goodbye_ = false;
};

// That a line break or a NUL hides in an address or in the login; kInvalidArgument.
absl::Status HidesALineBreak();
bool HoldsLineBreak(absl::string_view words);

}  // namespace postern::sender::smtp
