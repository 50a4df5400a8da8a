#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/task.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// Reads a mail's content piece by piece, so that many large mails to slow
// servers need little memory. kDataLoss when it ends before `size` bytes or goes
// on behind them: whoever else settled the mail meanwhile took its content away,
// and what is left must not go out as if it were the whole.
class OutboxContent : public smtp::ContentReader {
 public:
  OutboxContent(Outbox& outbox, std::string queue_id, uint64_t size)
      : outbox_(outbox), queue_id_(std::move(queue_id)), size_(size) {}
  // Of a small mail nothing is read: it came along.
  OutboxContent(Outbox& outbox, const TakenMail& mail)
      : outbox_(outbox),
        queue_id_(mail.lease.queue_id),
        size_(mail.envelope.size),
        inline_(mail.content) {}

  net::Task<absl::StatusOr<std::string>> Next() override {
    absl::StatusOr<std::string> piece = inline_.substr(std::min(offset_, inline_.size()));
    if (inline_.empty()) piece = co_await outbox_.Content(queue_id_, offset_, kPieceBytes);
    if (!piece.ok()) co_return piece;
    offset_ += piece->size();
    const bool ends_early = piece->empty() && offset_ != size_;
    if (ends_early || offset_ > size_) {
      co_return absl::DataLossError(
          absl::StrCat("the queue has ", offset_, " bytes of this mail, and should have ", size_));
    }
    co_return piece;
  }
  void Rewind() override { offset_ = 0; }

 private:
  Outbox& outbox_;
  std::string queue_id_;
  uint64_t size_;
  const std::string inline_;
  size_t offset_ = 0;
};

}  // namespace postern::sender
