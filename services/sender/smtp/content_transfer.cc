#include "services/sender/smtp/content_transfer.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::sender::smtp {
namespace {

constexpr size_t kEnoughForAWrite = 64 * 1024;
// Each is answered, so they are larger.
constexpr size_t kEnoughForAChunk = 256 * 1024;
constexpr size_t kMostChunksUnanswered = 4;

}  // namespace

void ContentTransfer::Take(absl::string_view piece) {
  if (!by_data_) {
    as_it_is_.Add(piece, ready_);
  } else if (!proving_) {
    doubled_.Add(piece, ready_);
  } else {
    std::string formed;
    as_it_is_.Add(piece, formed);
    doubled_.Add(formed, ready_);
  }
}

void ContentTransfer::TakeEnd() {
  ended_ = true;
  if (by_data_) {
    doubled_.End(ready_);
  } else {
    as_it_is_.End(ready_);
  }
}

net::Task<absl::Status> ContentTransfer::Fill(size_t enough) {
  while (!ended_ && ready_.size() < enough) {
    auto piece = co_await content_.Next();
    if (!piece.ok()) co_return piece.status();
    if (piece->empty()) {
      TakeEnd();
    } else {
      Take(*piece);
    }
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> ContentTransfer::Mark() {
  if (before_dot_ != nullptr) {
    absl::Status marked = co_await before_dot_->Mark();
    if (!marked.ok()) co_return marked;
  }
  transaction_.dot_sent = transaction_.dot_began = true;
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<Reply>> ContentTransfer::AsData() {
  by_data_ = true;
  if (proving_) {
    std::string formed = std::exchange(ready_, std::string());
    doubled_.Add(formed, ready_);
    if (ended_) TakeEnd();
  }
  for (;;) {
    absl::Status filled = co_await Fill(kEnoughForAWrite);
    if (!filled.ok()) co_return filled;
    if (ended_) break;
    std::string bytes = std::exchange(ready_, std::string());
    absl::Status sent = co_await server_.Send(std::move(bytes), server_.waits().data_block);
    if (!sent.ok()) co_return server_.LastWords(sent);
  }
  absl::Status marked = co_await Mark();
  if (!marked.ok()) co_return marked;
  // RFC 5321 section 4.5.3.2.6: ten minutes, for giving up early makes duplicates.
  co_return co_await server_.Say(std::move(ready_), 1, server_.waits().data_end);
}

net::Task<absl::StatusOr<Reply>> ContentTransfer::InChunks(bool many) {
  const size_t most_unanswered = many ? kMostChunksUnanswered : 1;
  for (size_t unanswered = 0;;) {
    absl::Status filled = co_await Fill(kEnoughForAChunk);
    if (!filled.ok()) co_return filled;
    std::string bytes = absl::StrCat("BDAT ", ready_.size(), ended_ ? " LAST\r\n" : "\r\n", ready_);
    ready_.clear();
    if (ended_) {
      absl::Status marked = co_await Mark();
      if (!marked.ok()) co_return marked;
    }
    ++unanswered;
    absl::Status sent = co_await server_.Send(std::move(bytes), server_.waits().data_block, 1);
    if (!sent.ok()) co_return server_.LastWords(sent);
    std::optional<Reply> refusal;
    while (unanswered > 0 && (ended_ || refusal || unanswered >= most_unanswered)) {
      const auto limit = ended_ ? server_.waits().data_end : server_.waits().data_block;
      auto reply = co_await server_.ReadReply(limit);
      if (!reply.ok()) co_return reply;
      --unanswered;
      const bool last = ended_ && unanswered == 0;
      if (!refusal && (last || !reply->Accepted())) refusal = *std::move(reply);
    }
    if (refusal) co_return *std::move(refusal);
  }
}

net::Task<absl::StatusOr<Reply>> ContentTransfer::ProveChunks() {
  proving_ = true;
  while (!ended_ && ready_.find('\n') == std::string::npos) {
    absl::Status filled = co_await Fill(ready_.size() + 1);
    if (!filled.ok()) co_return filled;
  }
  const size_t line_bytes = ready_.find('\n') + 1;  // 0: the mail is empty
  std::string bytes = absl::StrCat("BDAT ", line_bytes, "\r\n", ready_.substr(0, line_bytes));
  auto reply = co_await server_.Say(std::move(bytes), 1, server_.waits().data_block);
  if (reply.ok() && reply->Accepted()) ready_.erase(0, line_bytes);
  co_return reply;
}

net::Task<absl::Status> ContentTransfer::Recover() {
  auto reply = co_await server_.Ask("RSET");
  // The first refusal may have been of "BDAT" alone, and this one of the line behind it.
  if (reply.ok() && !reply->Accepted()) reply = co_await server_.ReadReply(server_.waits().command);
  if (!reply.ok()) co_return reply.status();
  co_return absl::OkStatus();
}

}  // namespace postern::sender::smtp
