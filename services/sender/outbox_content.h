#pragma once

#include <string>
#include <utility>

#include "lib/net/task.h"
#include "services/sender/outbox.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// Reads a mail's content piece by piece, so that many large mails to slow
// servers need little memory.
class OutboxContent : public smtp::ContentReader {
 public:
  OutboxContent(Outbox& outbox, std::string queue_id)
      : outbox_(outbox), queue_id_(std::move(queue_id)) {}

  net::Task<absl::StatusOr<std::string>> Next() override {
    auto piece = co_await outbox_.Content(queue_id_, offset_, kPieceBytes);
    if (piece.ok()) offset_ += piece->size();
    co_return piece;
  }

 private:
  static constexpr size_t kPieceBytes = 128 * 1024;

  Outbox& outbox_;
  std::string queue_id_;
  size_t offset_ = 0;
};

}  // namespace postern::sender
