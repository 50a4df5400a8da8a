#include "lib/mail/text_flow.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr absl::string_view kNoBreakSpace = "\xC2\xA0";
// Newsletters stuff their preview text with these: zero-width space, soft hyphen, grapheme joiner.
constexpr absl::string_view kFillers[] = {"\xE2\x80\x8B", "\xC2\xAD", "\xCD\x8F", "\xEF\xBB\xBF"};
// These shape Persian words and emoji, and are fillers only where they join nothing.
constexpr absl::string_view kJoiners[] = {"\xE2\x80\x8C", "\xE2\x80\x8D"};

// Takes one of the strings off the front of `text`.
template <typename Strings>
bool ConsumeAny(absl::string_view& text, const Strings& strings) {
  for (absl::string_view s : strings) {
    if (absl::ConsumePrefix(&text, s)) return true;
  }
  return false;
}

// The length of the joiner that `text` begins with; 0 when there is none.
size_t LeadingJoiner(absl::string_view text) {
  absl::string_view rest = text;
  ConsumeAny(rest, kJoiners);
  return text.size() - rest.size();
}

}  // namespace

void TextFlow::Add(absl::string_view utf8, bool preformatted) {
  while (!utf8.empty() && !full_) {
    if (preformatted && !single_line_ && absl::ConsumePrefix(&utf8, "\n")) {
      BreakLine();
    } else if (preformatted && !single_line_ && (utf8[0] == ' ' || utf8[0] == '\t')) {
      AddWord(utf8.substr(0, 1));
      utf8.remove_prefix(1);
    } else if (absl::ascii_isspace(utf8[0])) {
      utf8 = absl::StripLeadingAsciiWhitespace(utf8);
      space_ = true;
    } else if (absl::ConsumePrefix(&utf8, kNoBreakSpace)) {
      space_ = true;
    } else if (const size_t joiner = LeadingJoiner(utf8); joiner > 0) {
      joiner_ = std::string(utf8.substr(0, joiner));
      utf8.remove_prefix(joiner);
    } else if (!ConsumeAny(utf8, kFillers)) {
      size_t end = 1;
      // A word ends at white space, or where a character may be one that is treated above.
      while (end < utf8.size() && !absl::ascii_isspace(utf8[end]) &&
             !absl::StrContains("\xC2\xCD\xE2\xEF", utf8[end])) {
        ++end;
      }
      AddWord(utf8.substr(0, end));
      utf8.remove_prefix(end);
    }
  }
}

void TextFlow::AddWord(absl::string_view word) {
  const bool joins = breaks_ == 0 && bars_ == 0 && !space_ && !out_.empty();
  if (breaks_ > 0 || out_.empty()) {
    StartLine();
  } else if (bars_ > 0) {
    for (; bars_ > 0; --bars_) Append(" |");
    Append(" ");
  } else if (space_) {
    Append(" ");
  }
  if (joins) Append(joiner_);
  joiner_.clear();
  bars_ = 0;
  space_ = false;
  Append(word);
}

void TextFlow::SetSingleLine(bool single_line) {
  single_line_ = single_line;
  bars_ = 0;
}

void TextFlow::StartLine() {
  if (!out_.empty() && breaks_ > 0) Append("\n");
  if (!out_.empty() && breaks_ > 1) {
    std::string blank;
    for (size_t i = 0; i < blank_prefixes_; ++i) blank += prefixes_[i].rest;
    Append(absl::StripTrailingAsciiWhitespace(blank));
    Append("\n");
  }
  for (Prefix& prefix : prefixes_) {
    Append(prefix.used ? prefix.rest : prefix.first);
    prefix.used = true;
  }
  breaks_ = 0;
}

void TextFlow::Break(int newlines) {
  if (single_line_) {
    space_ = true;
    return;
  }
  if (breaks_ == 0) blank_prefixes_ = prefixes_.size();
  breaks_ = std::max(breaks_, newlines);
}

void TextFlow::BreakLine() { Break(std::min(breaks_ + 1, 2)); }

void TextFlow::PushPrefix(absl::string_view first, absl::string_view rest) {
  if (breaks_ == 0) Break(1);
  prefixes_.push_back({std::string(first), std::string(rest)});
}

void TextFlow::PopPrefix() {
  if (breaks_ == 0) Break(1);
  prefixes_.pop_back();
  blank_prefixes_ = std::min(blank_prefixes_, prefixes_.size());
}

void TextFlow::Append(absl::string_view text) {
  if (full_) return;
  const absl::string_view fits = CutUtf8(text, max_bytes_ - out_.size());
  out_.append(fits.data(), fits.size());
  full_ = fits.size() < text.size();
}

}  // namespace postern::mail
