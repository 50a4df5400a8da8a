#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Lays out plain text from a stream of words and breaks: white space is
// collapsed, there is never more than one blank line, and the lines of quotes
// and lists carry their prefixes.
class TextFlow {
 public:
  explicit TextFlow(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Text whose white space means one space; line breaks of its own with `preformatted`.
  void Add(absl::string_view utf8, bool preformatted);

  // At least `newlines` line ends (1 or 2) before the next text; none before the first text.
  void Break(int newlines);
  // One line end more, as <br> asks for.
  void BreakLine();

  // What lines begin with from now on: `first` the next one, `rest` those after it.
  void PushPrefix(absl::string_view first, absl::string_view rest);
  void PopPrefix();

  // While set, breaks are mere spaces: the inside of a table row.
  void SetSingleLine(bool single_line);
  // A bar before the next text of the row; one for each call with `each`, else one at most.
  void OweBar(bool each) { bars_ = each ? bars_ + 1 : 1; }

  bool full() const { return full_; }
  std::string Take() { return std::move(out_); }

 private:
  struct Prefix {
    std::string first, rest;
    bool used = false;
  };

  void AddWord(absl::string_view word);
  void StartLine();
  void Append(absl::string_view text);

  size_t max_bytes_;
  std::string out_;
  std::vector<Prefix> prefixes_;
  int breaks_ = 0;             // line ends owed
  size_t blank_prefixes_ = 0;  // how many prefixes a blank line among them carries
  int bars_ = 0;               // owed
  bool space_ = false;         // owed
  std::string joiner_;         // kept for the case that a word follows it at once
  bool single_line_ = false;
  bool full_ = false;
};

}  // namespace postern::mail
