#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/text.h"

namespace postern::rules::filter {

inline constexpr uint32_t kInHeader = 998, kInMessage = 256;  // code points of one macro's value

struct MacroText {
  Text text;
  bool of_mail = false;              // holds what a mail says: it names no receiver
  bool of_body = false;              // its header is not enough
  std::vector<std::string> unknown;  // "$FOO$", which stay as they stand
};

// "New mail from $SENDER$": rules reference 2.3. `rule_name` is $FILTERRULENAME$. "$$" is no
// escape, and what can't be a macro stays.
MacroText ReadMacros(absl::string_view text, absl::string_view rule_name,
                     uint32_t most = kInHeader);

// The one macro that the text is, in capitals and without its dollar signs; empty: it is not one.
std::string OnlyMacro(absl::string_view text);

// As MDaemon's dialogs keep texts of several lines: \n is a line end, \t a TAB, \\ a backslash.
std::string WithLines(absl::string_view text);

}  // namespace postern::rules::filter
