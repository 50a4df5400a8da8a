#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/rules/filter/condition.h"
#include "services/rules/filter/macro_text.h"
#include "services/rules/jsmail/regex.h"

// What conditions and actions read alike: expressions, and texts with macros.
namespace postern::rules::filter {

namespace {

// Where a problem is: a part of the line, or what was taken out of its quotes.
absl::string_view At(const Line& line, absl::string_view written, size_t offset = 0) {
  const char* const begin = line.text.data();
  const bool inside = std::greater_equal<>()(written.data(), begin) &&
                      std::less_equal<>()(written.data(), begin + line.text.size());
  return inside ? written.substr(offset) : line.text.substr(line.text.find('=') + 1);
}

}  // namespace

std::shared_ptr<const RE2> ReadPattern(absl::string_view written, const Line& line, bool any_case,
                                       bool many_lines, const Gathered& gathered, Source& source,
                                       size_t* groups) {
  jsmail::TranslatedRegex translated =
      jsmail::TranslateRegex(written, jsmail::RegexDialect::kContentFilter);
  if (translated.error) {
    source.Fail(line, At(line, written, translated.error->offset), translated.error->text);
    return nullptr;
  }
  for (const jsmail::RegexNote& note : translated.warnings) {
    source.Warn(line, At(line, written, note.offset), note.text);
  }
  if (groups != nullptr) *groups = translated.groups;
  const std::string re2 =
      many_lines ? absl::StrCat("(?m:", translated.re2, ")") : std::move(translated.re2);
  PatternOptions options;
  options.case_sensitive = !any_case;
  auto pattern = CompilePattern(re2, PatternMemory(gathered.patterns), options);
  if (!pattern.ok()) {
    source.Fail(line, At(line, written), std::string(pattern.status().message()));
    return nullptr;
  }
  return *std::move(pattern);
}

Text ReadText(absl::string_view written, const Line& line, const Rule& rule, uint32_t most,
              Gathered& gathered, Source& source) {
  MacroText read = ReadMacros(written, rule.name, most);
  for (const std::string& unknown : read.unknown) {
    source.Warn(line, line.text,
                absl::StrCat("rule \"", rule.name, "\": ", unknown,
                             " is no macro that is known here: it stays as it stands"));
  }
  if (read.of_body) gathered.program.needs_message = gathered.program.needs_body = true;
  return std::move(read.text);
}

}  // namespace postern::rules::filter
