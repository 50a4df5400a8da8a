#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/byte_stream.h"

namespace postern::fuzz {

// A server that says `bytes`, whatever it is told, and hangs up.
class ByteFeed final : public net::ByteStream {
 public:
  explicit ByteFeed(absl::string_view bytes) : bytes_(bytes) {}

  net::Task<absl::StatusOr<std::string>> ReadLine() override {
    auto piece = Next(kLongestLine);
    if (piece.ok() && !piece->ends_line) co_return absl::DataLossError("too long");
    if (!piece.ok()) co_return piece.status();
    co_return std::move(piece->bytes);
  }
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t most) override { co_return Next(most); }
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t count) override {
    if (bytes_.size() < count) co_return absl::UnavailableError("the server hung up");
    std::string taken(bytes_.substr(0, count));
    bytes_.remove_prefix(count);
    co_return taken;
  }
  net::Task<absl::Status> Write(std::string) override { co_return absl::OkStatus(); }
  net::Task<absl::Status> StartTls(std::string) override { co_return absl::OkStatus(); }
  absl::StatusOr<std::optional<std::string>> LineAtHand() override {
    auto piece = Next(kLongestLine);
    if (!piece.ok()) return piece.status();
    return std::optional<std::string>(std::move(piece->bytes));
  }
  void WhenReadable(absl::AnyInvocable<void()>) override {}
  bool IsEncrypted() const override { return true; }

 private:
  static constexpr size_t kLongestLine = 64 * 1024;

  absl::StatusOr<Piece> Next(size_t most) {
    if (bytes_.empty()) return absl::UnavailableError("the server hung up");
    const size_t end = bytes_.find('\n');
    Piece piece;
    piece.ends_line = end != absl::string_view::npos && end <= most;
    const size_t length = piece.ends_line ? end : std::min(most, bytes_.size());
    piece.bytes = std::string(bytes_.substr(0, length));
    bytes_.remove_prefix(piece.ends_line ? length + 1 : length);
    if (piece.ends_line && !piece.bytes.empty() && piece.bytes.back() == '\r') {
      piece.bytes.pop_back();
    }
    return piece;
  }

  absl::string_view bytes_;
};

// Runs a dialogue to its end: nothing in it waits but for the feed, which never does.
inline void Run(net::Task<void> dialogue) {
  boost::asio::io_context io;
  boost::asio::co_spawn(io, std::move(dialogue), boost::asio::detached);
  io.poll();
}

}  // namespace postern::fuzz
