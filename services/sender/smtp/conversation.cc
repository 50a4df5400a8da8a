#include "services/sender/smtp/conversation.h"

#include <utility>

#include "lib/words/wording.h"

namespace postern::sender::smtp {

bool HoldsLineBreak(absl::string_view words) {
  return words.find_first_of(absl::string_view("\r\n\0", 3)) != absl::string_view::npos;
}

absl::Status HidesALineBreak() {
  return words::Error(absl::StatusCode::kInvalidArgument,
                      words::Word("a line break hides in an address or in the login"));
}

absl::StatusOr<std::optional<Reply>> Conversation::ReplyAtHand() {
  for (;;) {
    auto line = stream_.LineAtHand();
    if (!line.ok()) return line.status();
    if (!*line) return std::nullopt;
    auto complete = assembler_.Add(**line);
    if (!complete.ok()) return complete.status();
    if (*complete) return assembler_.Take();
  }
}

net::Task<absl::StatusOr<Reply>> Conversation::Read() {
  for (;;) {
    auto line = co_await stream_.ReadLine();
    if (!line.ok()) co_return line.status();
    auto complete = assembler_.Add(*line);
    if (!complete.ok()) co_return complete.status();
    if (*complete) co_return assembler_.Take();
  }
}

absl::StatusOr<Reply> Conversation::Finish(absl::StatusOr<Reply> reply, net::Duration limit) {
  if (!reply.ok()) {
    failed_ = true;
    return InWords(reply.status(), limit);
  }
  if (due_ > 0) --due_;
  if (mask_) {
    for (std::string& line : reply->lines) line = mask_->Mask(line);
  }
  if (reply->code != 421) return reply;
  failed_ = said_goodbye_ = true;  // RFC 5321 section 3.8
  return words::Error(absl::StatusCode::kUnavailable,
                      words::Word("$0 hung up: $1", host_, reply->Text()));
}

net::Task<absl::StatusOr<Reply>> Conversation::ReadReply(net::Duration limit) {
  // Of replies that come together only the first is waited for: a deadline costs more than a line.
  auto at_hand = ReplyAtHand();
  if (!at_hand.ok()) co_return Finish(at_hand.status(), limit);
  if (*at_hand) co_return Finish(**std::move(at_hand), limit);
  auto reply = co_await net::WithDeadline(limit, Read());
  co_return Finish(std::move(reply), limit);
}

net::Task<absl::StatusOr<Reply>> Conversation::WriteAndRead(std::string bytes) {
  absl::Status sent = co_await stream_.Write(std::move(bytes));
  if (sent.ok()) {
    sending_ = false;
    co_return co_await Read();
  }
  // A server that hangs up mostly says why, and that tells more.
  failed_ = true;
  auto said = ReplyAtHand();
  if (said.ok() && *said) co_return **std::move(said);
  co_return sent;
}

net::Task<absl::StatusOr<Reply>> Conversation::Say(std::string bytes, size_t replies,
                                                   net::Duration limit) {
  due_ += replies;
  sending_ = true;
  auto reply = co_await net::WithDeadline(limit, WriteAndRead(std::move(bytes)));
  co_return Finish(std::move(reply), limit);
}

net::Task<absl::StatusOr<Reply>> Conversation::Ask(std::string command, net::Duration limit) {
  // The last line of defence against a second command inside the first.
  if (HoldsLineBreak(command)) co_return HidesALineBreak();
  command += "\r\n";
  co_return co_await Say(std::move(command), 1, limit);
}

net::Task<absl::StatusOr<Reply>> Conversation::AskSecretly(const std::string& line) {
  ++due_;
  absl::Status sent = co_await net::WithDeadline(waits_.command, stream_.WriteSecret(line));
  if (!sent.ok()) {
    failed_ = true;
    co_return InWords(sent, waits_.command);
  }
  co_return co_await ReadReply(waits_.command);
}

net::Task<absl::Status> Conversation::Send(std::string bytes, net::Duration limit, size_t replies) {
  due_ += replies;
  sending_ = true;
  absl::Status sent = co_await net::WithDeadline(limit, stream_.Write(std::move(bytes)));
  sending_ = false;
  if (!sent.ok()) failed_ = true;
  co_return InWords(sent, limit);
}

absl::StatusOr<Reply> Conversation::LastWords(const absl::Status& otherwise) {
  auto said = ReplyAtHand();
  if (!said.ok() || !*said) return otherwise;
  auto reply = Finish(**std::move(said), waits_.command);
  const bool refuses = !reply.ok() || reply->RefusedForNow() || reply->RefusedForGood();
  return refuses ? reply : otherwise;
}

net::Task<absl::Status> Conversation::StartTls() {
  absl::Status secured = co_await net::WithDeadline(waits_.tls, stream_.StartTls(host_));
  if (!secured.ok()) failed_ = true;
  co_return InWords(secured, waits_.tls);
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
