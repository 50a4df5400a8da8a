#include "services/sender/smtp/conversation.h"

#include <utility>

#include "lib/words/wording.h"

namespace postern::sender::smtp {

net::Task<absl::StatusOr<Reply>> Conversation::Read() {
  ReplyAssembler assembler;
  for (;;) {
    auto line = co_await stream_.ReadLine();
    if (!line.ok()) co_return line.status();
    auto complete = assembler.Add(*line);
    if (!complete.ok()) co_return complete.status();
    if (*complete) break;
  }
  Reply reply = assembler.Take();
  for (std::string& line : reply.lines) line = mask_.Mask(line);
  if (reply.code == 421) {  // RFC 5321 section 3.8
    co_return words::Error(absl::StatusCode::kUnavailable,
                           words::Word("$0 hung up: $1", host_, reply.Text()));
  }
  co_return reply;
}

net::Task<absl::StatusOr<Reply>> Conversation::ReadReply(net::Duration limit) {
  auto reply = co_await net::WithDeadline(limit, Read());
  if (!reply.ok()) co_return InWords(reply.status(), limit);
  co_return reply;
}

net::Task<absl::StatusOr<Reply>> Conversation::Ask(std::string command, net::Duration limit) {
  // The last line of defence against a second command inside the first.
  if (command.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("a line break hides in an address or in the login"));
  }
  absl::Status sent = co_await Send(std::move(command) + "\r\n", limit);
  if (!sent.ok()) co_return sent;
  co_return co_await ReadReply(limit);
}

net::Task<absl::StatusOr<Reply>> Conversation::AskSecretly(const std::string& line) {
  absl::Status sent = co_await net::WithDeadline(kCommandLimit, stream_.WriteSecret(line));
  if (!sent.ok()) co_return InWords(sent, kCommandLimit);
  co_return co_await ReadReply(kCommandLimit);
}

net::Task<absl::Status> Conversation::Send(std::string bytes, net::Duration limit) {
  absl::Status sent = co_await net::WithDeadline(limit, stream_.Write(std::move(bytes)));
  co_return InWords(sent, limit);
}

net::Task<absl::Status> Conversation::StartTls() {
  absl::Status secured = co_await net::WithDeadline(kTlsLimit, stream_.StartTls(host_));
  co_return InWords(secured, kTlsLimit);
}

absl::Status Conversation::InWords(const absl::Status& status, net::Duration limit) const {
  if (status.ok() || words::WordingOf(status)) return status;
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded: {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
      return words::Error(status.code(),
                          words::Word("$0 did not answer within $1 s", host_, seconds));
    }
    case absl::StatusCode::kUnavailable:
      return words::Error(status.code(), words::Word("$0 closed the connection", host_));
    case absl::StatusCode::kDataLoss:
      return words::Error(status.code(),
                          words::Word("$0 did not answer like a mail server", host_));
    default:
      return status;
  }
}

}  // namespace postern::sender::smtp
