#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/rules/filter/action.h"
#include "services/rules/jsmail/csv.h"

namespace postern::rules::filter {
namespace {

constexpr uint32_t kDefaultWait = 10, kLongestWait = 60;  // seconds

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitArguments(absl::string_view text) {
  absl::ConsumeSuffix(&text, "|");
  std::vector<std::string> arguments;
  if (text.empty()) return arguments;
  // Pages that show such files have curly quotes.
  const std::string straight = absl::StrReplaceAll(text, {{"\u201C", "\""}, {"\u201D", "\""}});
  jsmail::CsvLine split = jsmail::SplitCsv(straight);
  if (split.unclosed) return absl::InvalidArgumentError("a quote of this line has no end");
  for (jsmail::CsvField& field : split.fields) arguments.push_back(std::move(field.text));
  return arguments;
}

absl::StatusOr<std::string> TranslateReplacement(absl::string_view text, size_t groups) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      out += "\\0";
      continue;
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      absl::StrAppend(&out, text[i] == '\\' ? "\\\\" : text.substr(i, 1));
      continue;
    }
    const char next = text[++i];
    if (absl::ascii_isdigit(static_cast<unsigned char>(next))) {
      if (static_cast<size_t>(next - '0') > groups) {
        return absl::InvalidArgumentError(absl::StrCat(
            "the replacement names group ", text.substr(i, 1), ", the expression has ", groups));
      }
      absl::StrAppend(&out, "\\", text.substr(i, 1));
    } else {
      absl::StrAppend(&out, next == '\\' ? "\\\\" : text.substr(i, 1));
    }
  }
  return out;
}

CommandLine ReadCommandLine(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::string_view path = text, rest;
  if (absl::ConsumePrefix(&path, "\"")) {
    const size_t end = std::min(path.find('"'), path.size());
    rest = path.substr(std::min(end + 1, path.size()));
    path = path.substr(0, end);
  } else {
    // Folders have blanks in their names: the program ends with its ending.
    const std::string lower = absl::AsciiStrToLower(path);
    size_t end = path.npos;
    for (absl::string_view ending : {".exe", ".bat", ".cmd", ".com", ".vbs", ".ps1", ".sh"}) {
      const size_t found = lower.find(absl::StrCat(ending, " "));
      if (found != lower.npos) end = std::min(end, found + ending.size());
      if (absl::EndsWith(lower, ending)) end = std::min(end, lower.size());
    }
    if (end == path.npos) end = std::min(path.find(' '), path.size());
    rest = path.substr(end);
    path = path.substr(0, end);
  }
  const size_t folder = path.find_last_of("/\\");
  return {std::string(folder == path.npos ? path : path.substr(folder + 1)),
          std::string(absl::StripAsciiWhitespace(rest))};
}

uint32_t WaitSeconds(const std::vector<std::string>& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::string digits = arguments[i];
    std::erase_if(digits, [](unsigned char c) { return !absl::ascii_isdigit(c); });
    uint32_t seconds = 0;
    if (absl::SimpleAtoi(digits, &seconds) && seconds > 0) return std::min(seconds, kLongestWait);
    if (absl::StrContains(absl::AsciiStrToLower(arguments[i]), "forever")) return kLongestWait;
  }
  return kDefaultWait;
}

bool IsFieldName(absl::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isgraph(c) && c != ':'; });
}

bool IsPath(absl::string_view name) {
  const bool drive =
      name.size() > 1 && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) && name[1] == ':';
  return drive || absl::StartsWith(name, "\\\\") || absl::StartsWith(name, "/");
}

}  // namespace postern::rules::filter
