#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
// A 421 is one of them, whatever it answers: the server is about to hang up.
class Conversation {
 public:
  explicit Conversation(net::ByteStream& stream) : stream_(stream) {}

  net::Task<absl::StatusOr<Reply>> ReadReply(net::Duration limit);
  // Sends `command` (without CRLF) and reads the answer. kInvalidArgument, and
  // nothing is sent, when a line break or NUL hides in it.
  net::Task<absl::StatusOr<Reply>> Ask(std::string command, net::Duration limit = kCommandLimit);
  net::Task<absl::Status> Send(std::string bytes, net::Duration limit);
  net::Task<absl::Status> StartTls(std::string host);
  bool IsEncrypted() const { return stream_.IsEncrypted(); }

 private:
  net::Task<absl::StatusOr<Reply>> Read();

  net::ByteStream& stream_;
};

}  // namespace postern::sender::smtp
