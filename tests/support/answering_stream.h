#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/byte_stream.h"

namespace postern::testing {

// A peer that says its lines, whatever it is told, and remembers nothing of that.
class AnsweringStream : public net::ByteStream {
 public:
  explicit AnsweringStream(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  net::Task<absl::StatusOr<std::string>> ReadLine() override {
    if (next_ == lines_.size()) co_return absl::UnavailableError("the server hung up");
    co_return lines_[next_++];
  }
  // A line, however long.
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t) override {
    auto line = co_await ReadLine();
    if (!line.ok()) co_return line.status();
    Piece piece;
    piece.bytes = *std::move(line);
    co_return piece;
  }
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t) override {
    co_return absl::UnimplementedError("no bytes here");
  }
  absl::StatusOr<std::optional<std::string>> LineAtHand() override {
    if (next_ == lines_.size()) return absl::UnavailableError("the server hung up");
    return lines_[next_++];
  }
  void WhenReadable(absl::AnyInvocable<void()>) override {}
  net::Task<absl::Status> Write(std::string) override { co_return absl::OkStatus(); }
  net::Task<absl::Status> WriteSecret(const std::string&) override { co_return absl::OkStatus(); }
  net::Task<absl::Status> StartTls(std::string) override { co_return absl::OkStatus(); }
  bool IsEncrypted() const override { return true; }

 private:
  std::vector<std::string> lines_;
  size_t next_ = 0;
};

}  // namespace postern::testing
