#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/net/byte_stream.h"

namespace postern::testing {

// A server that answers each line by a function of its own.
class LivingStream : public net::ByteStream {
 public:
  explicit LivingStream(std::string greeting) { lines_.push_back(std::move(greeting)); }

  net::Task<absl::StatusOr<std::string>> ReadLine() override {
    if (lines_.empty()) co_return absl::UnavailableError("the peer is gone");
    std::string line = std::move(lines_.front());
    lines_.erase(lines_.begin());
    co_return line;
  }
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t) override {
    co_return absl::UnimplementedError("");
  }
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t) override {
    co_return absl::UnimplementedError("");
  }
  net::Task<absl::Status> Write(std::string bytes) override {
    writes_.push_back(bytes);
    const absl::string_view whole = absl::StripSuffix(bytes, "\r\n");
    for (absl::string_view line : absl::StrSplit(whole, "\r\n")) {
      heard_.push_back(std::string(line));
      Hear(std::string(line));
    }
    co_return absl::OkStatus();
  }
  absl::StatusOr<std::optional<std::string>> LineAtHand() override { return std::nullopt; }
  void WhenReadable(absl::AnyInvocable<void()>) override {}
  net::Task<absl::Status> StartTls(std::string) override { co_return absl::UnimplementedError(""); }
  bool IsEncrypted() const override { return true; }

  const std::vector<std::string>& heard() const { return heard_; }    // lines
  const std::vector<std::string>& writes() const { return writes_; }  // as they came

 protected:
  virtual void Hear(const std::string& line) = 0;
  void Say(std::string line) { lines_.push_back(std::move(line)); }
  bool IsSilent() const { return lines_.empty(); }

 private:
  std::vector<std::string> lines_, heard_, writes_;
};

}  // namespace postern::testing
