#include "services/sender/smtp/conversation.h"

#include <utility>

#include "absl/strings/str_cat.h"

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
  if (reply.code == 421) {  // RFC 5321 section 3.8
    co_return absl::UnavailableError(absl::StrCat("hung up: ", reply.Text()));
  }
  co_return reply;
}

net::Task<absl::StatusOr<Reply>> Conversation::ReadReply(net::Duration limit) {
  co_return co_await net::WithDeadline(limit, Read());
}

net::Task<absl::StatusOr<Reply>> Conversation::Ask(std::string command, net::Duration limit) {
  // The last line of defence against a second command inside the first.
  if (command.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    co_return absl::InvalidArgumentError("a line break hides in an address or a login");
  }
  absl::Status sent = co_await Send(std::move(command) + "\r\n", limit);
  if (!sent.ok()) co_return sent;
  co_return co_await ReadReply(limit);
}

net::Task<absl::Status> Conversation::Send(std::string bytes, net::Duration limit) {
  co_return co_await net::WithDeadline(limit, stream_.Write(std::move(bytes)));
}

net::Task<absl::Status> Conversation::StartTls(std::string host) {
  co_return co_await net::WithDeadline(kTlsLimit, stream_.StartTls(std::move(host)));
}

}  // namespace postern::sender::smtp
