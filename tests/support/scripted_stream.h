#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/byte_stream.h"

namespace postern::testing {

// A peer played from a script. "C: " lines are what the code under test must
// write, "S: " lines what the peer sends (CRLF is added). "S- " sends without a
// line end; "STARTTLS" on a line of its own expects the upgrade; "CLOSE" hangs
// up. Blank lines and "#" comments are skipped; indentation is ignored.
// After the last line the peer hangs up (kUnavailable). Lines have the limit of a TcpStream.
class ScriptedStream : public net::ByteStream {
 public:
  explicit ScriptedStream(absl::string_view script, bool encrypted = true);
  // Of the script; nobody waits for the copy yet.
  ScriptedStream(const ScriptedStream& other);

  net::Task<absl::StatusOr<std::string>> ReadLine() override;
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t most) override;
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t count) override;
  net::Task<absl::Status> Write(std::string bytes) override;
  // What the peer says up to the client's next line has come.
  absl::StatusOr<std::optional<std::string>> LineAtHand() override;
  void WhenReadable(absl::AnyInvocable<void()> wake) override { wake_ = std::move(wake); }
  net::Task<absl::Status> StartTls(std::string host) override;
  bool IsEncrypted() const override { return encrypted_; }

  // The peer says these lines as well, now: to a client that waits with WhenReadable.
  void Say(absl::string_view lines);

  // The script lines not played yet, joined by "\n"; "" when all were.
  std::string Remaining() const;
  // What the code wrote where the script expected something else; "" when it never did.
  const std::string& mismatch() const { return mismatch_; }
  size_t size() const { return steps_.size(); }
  // Keeps the first `count` steps only: the peer hangs up after them.
  void CutAfter(size_t count);

 private:
  struct Step {
    enum class Kind { kClient, kServer, kStartTls, kClose } kind;
    std::string bytes;
    std::string line;  // as in the script
  };
  absl::Status Refill();
  net::Task<absl::StatusOr<std::string>> NextLine();

  std::vector<Step> steps_;
  size_t next_ = 0;
  std::string readable_;  // sent by the peer, not read yet
  std::string written_;   // written by the code, not matched yet
  std::string mismatch_;
  bool encrypted_;
  absl::AnyInvocable<void()> wake_;
};

}  // namespace postern::testing
