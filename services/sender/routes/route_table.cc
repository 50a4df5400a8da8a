#include "services/sender/routes/route_table.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/sender/operator_file.h"
#include "services/sender/routes/route_attributes.h"

namespace postern::sender {
namespace {

// What a section may say beside JSMail's words.
constexpr absl::string_view kKeys[] = {"relay",  "security", "login", "password-file",
                                       "source", "up",       "down",  "keep"};

absl::string_view KeyOf(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos) return {};
  const absl::string_view key = absl::StripAsciiWhitespace(line.substr(0, colon));
  for (const absl::string_view known : kKeys) {
    if (absl::EqualsIgnoreCase(key, known)) return known;
  }
  return {};
}

constexpr absl::string_view kJsmailsKeys[] = {"user", "password", "domain", "type", "tz"};

// Whether this is a word before a colon that means nothing here; a time is none.
bool IsUnknownKey(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos || !KeyOf(line).empty()) return false;
  const absl::string_view key = absl::StripAsciiWhitespace(line.substr(0, colon));
  const bool is_word = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalpha(c) || c == '-' || c == '_';
  });
  return is_word &&
         std::none_of(std::begin(kJsmailsKeys), std::end(kJsmailsKeys),
                      [&](absl::string_view k) { return absl::EqualsIgnoreCase(k, key); });
}

bool IsHeader(absl::string_view line) {
  return absl::StartsWith(absl::StripAsciiWhitespace(line), "[");
}

class RouteParser {
 public:
  explicit RouteParser(const RouteRules& rules) : rules_(rules) {}

  absl::StatusOr<RouteTable> Read(absl::string_view text);

 private:
  // Takes our own lines out; what is left is JSMail's, with every line in its place.
  std::string TakeOurs(absl::string_view text);
  void Take(const FileLine& line, absl::string_view key, bool any_section);
  std::optional<schedule::Schedule> ReadJsmails(std::string text);
  void AddSection(schedule::Section section, const FileLine& header, const RouteValues& values);

  const RouteRules rules_;
  std::vector<FileLine> headers_;
  std::vector<RouteValues> ours_;                // of each section, as headers_
  std::map<std::string, RouteValues> of_route_;  // by name in lower case
  RouteTable table_;
  FileProblems problems_;
};

absl::StatusOr<RouteTable> RouteParser::Read(absl::string_view text) {
  if (text.size() > kMaxRoutesBytes) {
    problems_.Add(absl::StrCat("1:1: the file may have at most ", kMaxRoutesBytes, " bytes"));
    return problems_.Told();
  }
  auto parsed = ReadJsmails(TakeOurs(text));
  if (!parsed) return problems_.Told();
  for (const schedule::Warning& warning : parsed->warnings) {
    const auto header = std::find_if(headers_.begin(), headers_.end(), [&](const FileLine& line) {
      return line.number == warning.line;
    });
    // A route needs no times: mail may take it always.
    const size_t section = header - headers_.begin();
    const bool of_times = header != headers_.end() && parsed->sections[section].triggers.empty() &&
                          parsed->sections[section].times.Count() == 0;
    if (!of_times) table_.warnings.push_back(ToString(warning));
  }
  for (size_t i = 0; i < parsed->sections.size(); ++i) {
    AddSection(std::move(parsed->sections[i]), headers_[i], ours_[i]);
  }
  for (RouteSettings& route : table_.routes) {
    ReadAttributes(of_route_[absl::AsciiStrToLower(route.name)], rules_, route, problems_);
  }
  if (!problems_.empty()) return problems_.Told();
  return std::move(table_);
}

std::string RouteParser::TakeOurs(absl::string_view text) {
  std::string rest;
  for (const FileLine& line : LinesOf(text)) {
    if (line.number > 1) rest += '\n';
    const absl::string_view trimmed = absl::StripAsciiWhitespace(line.text);
    const absl::string_view key = KeyOf(trimmed);
    if (IsHeader(trimmed)) {
      headers_.push_back(line);
      ours_.emplace_back();
    } else if (!trimmed.empty() && trimmed.front() != '#' && headers_.empty()) {
      problems_.Add(line, trimmed, "a section has to come first, like [NAME]");
      continue;
    }
    if (!IsHeader(trimmed) && IsUnknownKey(trimmed)) {
      problems_.Add(line, trimmed,
                    absl::StrCat("must be one of ", absl::StrJoin(kJsmailsKeys, ", "), ", ",
                                 absl::StrJoin(kKeys, ", ")));
    } else if (key.empty()) {
      absl::StrAppend(&rest, line.text);
    } else if (!problems_.HoldsControls(line)) {
      Take(line, key, !headers_.empty());
    }
  }
  return rest;
}

void RouteParser::Take(const FileLine& line, absl::string_view key, bool any_section) {
  if (!any_section) return;  // told already
  const absl::string_view value =
      absl::StripAsciiWhitespace(line.text.substr(line.text.find(':') + 1));
  if (value.empty()) {
    problems_.Add(line, line.text.substr(line.text.size()), "the value is missing");
  } else if (!ours_.back().try_emplace(key, RouteValue{line, value}).second) {
    problems_.Add(line, line.text, "this is given twice in one section");
  }
}

// JSMail's own lines, one error after the other: the line that is wrong is left out, to see
// what else is. Behind a wrong header nothing can be said.
std::optional<schedule::Schedule> RouteParser::ReadJsmails(std::string text) {
  for (size_t tries = 0; tries <= FileProblems::kMost; ++tries) {
    auto parsed = schedule::ParseSchedule(text, schedule::Syntax::kExtended, absl::UTCTimeZone());
    if (parsed.ok()) {
      if (parsed->sections.size() == headers_.size()) return *std::move(parsed);
      if (problems_.empty()) problems_.Add("1:1: its sections can't be told apart");
      return std::nullopt;
    }
    problems_.Add(std::string(parsed.status().message()));
    size_t number = 0;
    if (!absl::SimpleAtoi(absl::string_view(parsed.status().message())
                              .substr(0, parsed.status().message().find(':')),
                          &number)) {
      return std::nullopt;
    }
    std::vector<std::string> lines = absl::StrSplit(text, '\n');
    if (number == 0 || number > lines.size() || IsHeader(lines[number - 1])) return std::nullopt;
    lines[number - 1].clear();
    text = absl::StrJoin(lines, "\n");
  }
  return std::nullopt;
}

void RouteParser::AddSection(schedule::Section section, const FileLine& header,
                             const RouteValues& values) {
  const std::string folded = absl::AsciiStrToLower(section.name);
  const auto [known, is_new] = of_route_.try_emplace(folded);
  if (is_new) table_.routes.emplace_back().name = section.name;
  for (const auto& [key, value] : values) {
    if (!known->second.try_emplace(key, value).second) {
      problems_.Add(value.line, value.line.text,
                    absl::StrCat("another section of ", section.name, " says this already"));
    }
  }
  if (section.password_line != 0) {
    table_.warnings.push_back(
        absl::StrCat(section.password_line,
                     ":1: a password in this file is not used; name a file by password-file:"));
  }
  section.password = crypto::Secret();
  const bool sends = section.traffic != schedule::Traffic::kFetch;
  if (!sends && is_new && values.empty()) {
    table_.warnings.push_back(absl::StrCat(PlaceOf(header, header.text),
                                           ": a section of type POP3 alone carries no mail out"));
  }
  if (!sends) return;
  const auto route = std::find_if(
      table_.routes.begin(), table_.routes.end(),
      [&](const RouteSettings& r) { return absl::EqualsIgnoreCase(r.name, section.name); });
  route->schedule.sections.push_back(std::move(section));
}

}  // namespace

bool RouteSettings::HasTimes() const {
  return std::any_of(schedule.sections.begin(), schedule.sections.end(), [](const auto& section) {
    return section.any_connection || !section.triggers.empty() || section.times.Count() > 0;
  });
}

const RouteSettings* RouteTable::Find(absl::string_view name) const {
  for (const RouteSettings& route : routes) {
    if (absl::EqualsIgnoreCase(route.name, name)) return &route;
  }
  return nullptr;
}

absl::StatusOr<RouteTable> ParseRoutes(absl::string_view text, const RouteRules& rules) {
  return RouteParser(rules).Read(text);
}

}  // namespace postern::sender
