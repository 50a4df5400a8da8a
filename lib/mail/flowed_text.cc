#include "lib/mail/flowed_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::mail {

std::string UnwrapFlowed(absl::string_view text, bool del_sp) {
  std::string out;
  out.reserve(text.size());
  bool open = false;  // the line before flows into this one
  size_t open_depth = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t depth = std::min(line.find_first_not_of('>'), line.size());
    line.remove_prefix(depth);
    absl::ConsumePrefix(&line, " ");  // section 4.4: space-stuffing
    const bool signature = line == "-- ";
    if (open && (depth != open_depth || signature)) {
      out.push_back('\n');
      open = false;
    }
    if (!open && depth > 0) out.append(depth, '>').push_back(' ');

    open = !signature && absl::EndsWith(line, " ");
    open_depth = depth;
    if (open && del_sp) line.remove_suffix(1);
    out.append(line.data(), line.size());
    if (!open) out.push_back('\n');
  }
  if (absl::EndsWith(out, "\n")) out.pop_back();
  return out;
}

}  // namespace postern::mail
