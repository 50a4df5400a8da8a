#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "services/rules/filter/action_reader.h"
#include "services/rules/filter/compile.h"
#include "services/rules/filter/words.h"

// Actions that change the mail itself.
namespace postern::rules::filter {
namespace {

// The fetcher takes no longer ones; "(?i)" and "(?m:)" come to it.
constexpr size_t kMaxReplacedPattern = 1000;

bool MindsCase(absl::string_view word) {
  const std::string joined = Joined(word);
  return IsYes(word) || joined == "matchcase" || joined == "casesensitive" || joined == "case";
}

}  // namespace

void ActionReader::Change(ChangeBody change) {
  gathered_.program.needs_message = gathered_.program.needs_body = true;
  Do(std::move(change));
}

void ActionReader::AddField() {
  std::string name = Argument(0), value = Argument(1);
  // "X-Spam: yes" in one
  const size_t colon = name.find(':');
  if (colon != name.npos) {
    if (value.empty()) value = std::string(absl::StripAsciiWhitespace(name.substr(colon + 1)));
    name.resize(colon);
  }
  if (!IsFieldName(name)) return Fail("the name of the header field can't be that");
  AddHeader add;
  add.name = Text::Literal(name);
  add.value = TextOf(value);
  Do(std::move(add));
}

void ActionReader::DeleteField() {
  std::string name = Argument(0);
  if (absl::EndsWith(name, ":")) name.pop_back();
  if (!IsFieldName(name)) return Fail("the name of the header field can't be that");
  DeleteHeader remove;
  remove.name = Text::Literal(name);
  Do(std::move(remove));
}

void ActionReader::Append() {
  const bool quoted = absl::StartsWith(line_.arguments, "\"") || arguments_.size() < 2;
  const std::string text = quoted ? Argument(0) : std::string(line_.arguments);
  if (text.empty()) return Fail("the text to append is missing");
  const bool file = text.find_first_of(" \n") == text.npos || IsPath(text);
  if (file && (absl::EndsWithIgnoreCase(text, ".txt") || absl::EndsWithIgnoreCase(text, ".htm") ||
               absl::EndsWithIgnoreCase(text, ".html"))) {
    return Lose("texts that lie in files of their own are not read: write the text itself there");
  }
  Change({BodyChange::kAppend, TextOf(WithLines(text)), "", nullptr});
}

void ActionReader::Replace(bool in_header) {
  size_t next = 0;
  ChangeBody change;
  change.change = in_header ? BodyChange::kReplaceHeader : BodyChange::kReplaceText;
  if (in_header) {
    change.header = Argument(next++);
    if (absl::EndsWith(change.header, ":")) change.header.pop_back();
    if (!IsFieldName(change.header)) return Fail("the name of the header field can't be that");
  }
  const std::string sought = Argument(next), with = Argument(next + 1);
  const bool any_case = !MindsCase(Argument(next + 2));
  size_t groups = 0;
  change.pattern =
      ReadPattern(sought, line_.line, any_case, !in_header, gathered_, source_, &groups);
  if (!change.pattern) return;
  if (change.pattern->pattern().size() > kMaxReplacedPattern) {
    return Fail("the expression is too long to replace anything by it");
  }
  Text text = TextOf(with);
  for (TextPiece& piece : text.pieces) {
    if (piece.kind != Piece::kLiteral) continue;
    auto translated = TranslateReplacement(piece.text, groups);
    if (!translated.ok()) return Fail(std::string(translated.status().message()));
    piece.text = *std::move(translated);
  }
  change.text = std::move(text);
  Change(std::move(change));
}

}  // namespace postern::rules::filter
