#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

// What a client of ManageSieve says. RFC 5804 sections 1.2 and 4. Pure.
namespace postern::rules::managesieve {

// One argument: a string, which may be a secret, or a number.
struct Argument {
  crypto::Secret text;
  std::optional<uint32_t> number;

  const std::string& str() const { return text.Reveal(); }
};

struct Command {
  std::string name;  // in upper case; empty for a client's response within AUTHENTICATE
  std::vector<Argument> arguments;
};

// Puts lines and literals together until a command is whole. It never holds more than
// kMostLine, kMostArguments and the limit of the literals.
class CommandReader {
 public:
  enum class Mode {
    kCommand,
    kResponse,  // strings alone, with no name before them
  };
  static constexpr size_t kMostLine = 8 * 1024;
  static constexpr size_t kMostArguments = 8;
  // A literal over the limit is taken in and dropped, to read on behind it, up to this size.
  static constexpr size_t kMostDropped = 4 << 20;

  // `most`: bytes that all literals of the command together may have.
  CommandReader(Mode mode, size_t most) : mode_(mode), room_(most) {}

  // Takes a line without its CRLF. kInvalidArgument: it is no command, and was passed over.
  // kDataLoss: the same, but where the next command begins can't be told.
  absl::Status TakeLine(absl::string_view line);
  // The bytes of the literal that come next; nothing when a line does, or all has come.
  std::optional<size_t> due() const { return due_; }
  // How much of it will be kept.
  size_t kept() const { return dropping_ ? 0 : due_.value_or(0); }
  bool whole() const { return whole_; }
  // The next bytes of the literal, not more than are due.
  void TakeLiteral(absl::string_view bytes);

  // kResourceExhausted: a literal was over the limit, and the command is of no use.
  absl::StatusOr<Command> Finish();

 private:
  class Scanner;
  absl::Status Scan(absl::string_view line);
  absl::Status BeginLiteral(Scanner& scanner);

  const Mode mode_;
  size_t room_;
  Command command_;
  std::string literal_;
  std::optional<size_t> due_;
  bool dropping_ = false, dropped_ = false, begun_ = false, whole_ = false;
};

}  // namespace postern::rules::managesieve
