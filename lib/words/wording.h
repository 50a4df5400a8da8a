#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Sentences for users that one service writes and another one translates. Pure.
namespace postern::words {

// English, with $0 to $9 where the arguments go: the key of the message catalogues,
// so `text` is always a literal that stands in the source (Word below marks it).
struct Wording {
  std::string text;
  std::vector<std::string> arguments;  // as they are: host names, numbers, a server's words
  bool operator==(const Wording&) const = default;
  bool empty() const { return text.empty(); }
};

// The catalogues are made from the literals that stand in calls of Word.
template <class... Arguments>
Wording Word(absl::string_view text, const Arguments&... arguments) {
  return Wording{std::string(text), {absl::StrCat(arguments)...}};
}

// `text` with the arguments in their places. What names none ("$x", "$7" of two
// arguments) stays as it is; "$$" is a dollar sign.
std::string Fill(absl::string_view text, const std::vector<std::string>& arguments);

// For logs, operators, and users whose language has no catalogue.
std::string English(const Wording& wording);

// An error whose message is the English wording, after "field: " when a field is named.
// rpc carries the wording to the caller.
absl::Status Error(absl::StatusCode code, const Wording& wording, absl::string_view field = "");
// The wording of such an error, or of one that came from another service; nothing when
// it has only a message.
std::optional<Wording> WordingOf(const absl::Status& status);

// How a wording travels beside a status: the payload's name, and its bytes.
inline constexpr absl::string_view kPayload = "postern/wording";

}  // namespace postern::words
