#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher::imap {

// How texts may travel in commands to this server.
struct WireForm {
  // RFC 7888: a literal need not be waited for. With LITERAL- that holds to 4096 bytes.
  enum class Literals { kAwaited, kShortAtOnce, kAtOnce };
  Literals literals = Literals::kAwaited;
  bool utf8 = false;  // quoted strings may hold UTF-8 (RFC 6855)
};

// A command without its tag, in the pieces that go out at one time: after each
// piece but the last, which ends in a literal's "{5}", the server must say "+".
class Command {
 public:
  explicit Command(absl::string_view words, WireForm form = {});
  ~Command();  // wipes its text, which may be a password
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Adds a space and `text` as a string: quoted where it can be, as a literal
  // where it holds 8-bit characters that can't (RFC 3501 section 4.3). kInvalidArgument for
  // CR, LF and NUL, whose only use would be to smuggle in a command of its own;
  // `what` names the text in the error.
  absl::Status AddString(absl::string_view text, absl::string_view what);
  void AddWords(absl::string_view words);

  const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  void AddQuoted(absl::string_view text);
  void AddLiteral(absl::string_view text);

  const WireForm form_;
  std::vector<std::string> pieces_;
};

}  // namespace postern::fetcher::imap
