#include "services/runner/program_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/words/operator_file.h"

namespace postern::runner {
namespace {

using words::FileLine;
using words::FileProblems;

constexpr absl::string_view kBlanks = " \t";
constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kShaDigits = 64;
constexpr size_t kMaxFields = 8 + kMaxReadable;

struct Field {
  absl::string_view at;  // as it stands in the line
  std::string text;
};

// The fields of a line; nothing when a quote is left open, or stands where none may.
std::optional<std::vector<Field>> Split(const FileLine& line, FileProblems& problems) {
  std::vector<Field> fields;
  absl::string_view rest = line.text;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    if (rest.empty()) return fields;
    Field field;
    const bool quoted = rest.front() == '"';
    const size_t begin = quoted ? 1 : 0;
    const size_t end =
        quoted ? rest.find('"', 1) : std::min(rest.find_first_of(kBlanks), rest.size());
    if (end == rest.npos) {
      problems.Add(line, rest, "the quote is not closed");
      return std::nullopt;
    }
    field.at = rest.substr(0, end + begin);
    field.text = std::string(rest.substr(begin, end - begin));
    rest.remove_prefix(end + begin);
    if (!quoted && absl::StrContains(field.text, '"')) {
      problems.Add(line, field.at, "a quote stands around a whole field, as \"read=/a b\"");
      return std::nullopt;
    }
    if (quoted && !rest.empty() && !absl::StrContains(kBlanks, rest.front())) {
      problems.Add(line, rest, "a blank is missing behind the quote");
      return std::nullopt;
    }
    if (fields.size() == kMaxFields) {
      problems.Add(line, field.at, "there are too many fields");
      return std::nullopt;
    }
    fields.push_back(std::move(field));
  }
}

// Why `path` can't be used; empty: it can.
std::string WhyNoPath(absl::string_view path) {
  if (path.empty() || path.front() != '/') return "has to be a whole path, from / on";
  if (path.size() > kMaxPathBytes) return absl::StrCat("is longer than ", kMaxPathBytes, " bytes");
  if (path == "/") return "must not be all there is";
  for (absl::string_view step : absl::StrSplit(path.substr(1), '/')) {
    if (step.empty() || step == "." || step == "..")
      return "must not have \"//\", \"/.\" or \"/..\" in it, or end with \"/\"";
  }
  return "";
}

class ListReader {
 public:
  absl::StatusOr<std::vector<ListedProgram>> Read(absl::string_view text) {
    for (const FileLine& line : words::LinesOf(text)) {
      const absl::string_view begin = absl::StripLeadingAsciiWhitespace(line.text);
      if (begin.empty() || begin.front() == '#' || problems_.HoldsControls(line)) continue;
      if (auto fields = Split(line, problems_)) Take(line, *fields);
    }
    if (absl::Status status = problems_.Told(); !status.ok()) return status;
    return std::move(programs_);
  }

 private:
  void Take(const FileLine& line, const std::vector<Field>& fields) {
    constexpr absl::string_view kNeeded[] = {"id", "path", "SHA-256", "number of seconds"};
    if (fields.size() < std::size(kNeeded)) {
      const absl::string_view end = line.text.substr(line.text.size());
      return problems_.Add(line, end,
                           absl::StrCat("the program's ", kNeeded[fields.size()],
                                        " is missing: ID PATH SHA256 SECONDS"));
    }
    if (programs_.size() == kMaxPrograms) {
      return problems_.Add(line, fields[0].at,
                           absl::StrCat("there are more than ", kMaxPrograms, " programs"));
    }
    ListedProgram program;
    TakeId(line, fields[0], program);
    program.path = fields[1].text;
    if (const std::string why = WhyNoPath(program.path); !why.empty())
      problems_.Add(line, fields[1].at, absl::StrCat("the program's path ", why));
    TakeSum(line, fields[2], program);
    TakeNumber(line, fields[3].at, fields[3].text, "seconds", 1, kMaxSeconds, program.seconds);
    for (size_t i = std::size(kNeeded); i < fields.size(); ++i)
      TakeOption(line, fields, i, program);
    programs_.push_back(std::move(program));
  }

  void TakeId(const FileLine& line, const Field& field, ListedProgram& program) {
    program.id = field.text;
    if (program.id.empty() || program.id.size() > kMaxIdBytes) {
      return problems_.Add(line, field.at, absl::StrCat("an id has 1 to ", kMaxIdBytes, " bytes"));
    }
    const auto [known, is_new] = lines_.emplace(program.id, line.number);
    if (is_new) return;
    problems_.Add(line, field.at,
                  absl::StrCat("there is a program ", program.id, " in line ", known->second));
  }

  void TakeSum(const FileLine& line, const Field& field, ListedProgram& program) {
    program.sha256 = absl::AsciiStrToLower(field.text);
    const bool is_sum =
        program.sha256.size() == kShaDigits &&
        std::all_of(program.sha256.begin(), program.sha256.end(), absl::ascii_isxdigit);
    if (is_sum) return;
    problems_.Add(line, field.at,
                  absl::StrCat("a SHA-256 has ", kShaDigits,
                               " hexadecimal digits; 'sha256sum PATH' tells it"));
  }

  void TakeNumber(const FileLine& line, absl::string_view at, absl::string_view text,
                  absl::string_view what, uint32_t least, uint32_t most, uint32_t& number) {
    const bool all_digits =
        !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
    if (all_digits && absl::SimpleAtoi(text, &number) && number >= least && number <= most) return;
    problems_.Add(line, at, absl::StrCat(what, " is a number from ", least, " to ", most));
  }

  void TakeOption(const FileLine& line, const std::vector<Field>& fields, size_t index,
                  ListedProgram& program) {
    const Field& field = fields[index];
    absl::string_view value = field.text;
    const size_t equals = value.find('=');
    const absl::string_view name = value.substr(0, equals);
    value.remove_prefix(equals == value.npos ? value.size() : equals + 1);
    for (size_t before = 4; before < index && name != "read"; ++before) {
      const std::string& text = fields[before].text;
      if (text.substr(0, text.find('=')) != name) continue;
      return problems_.Add(line, field.at, absl::StrCat(name, " stands twice"));
    }
    if (field.text == "network") {
      program.network = true;
    } else if (name == "cpu" && equals != field.text.npos) {
      TakeNumber(line, field.at, value, "cpu=", 1, kMaxSeconds, program.cpu_seconds);
    } else if (name == "memory" && equals != field.text.npos) {
      TakeNumber(line, field.at, value, "memory=", kMinMegabytes, kMaxMegabytes, program.megabytes);
    } else if (name == "read" && equals != field.text.npos) {
      TakeReadable(line, field, value, program);
    } else {
      problems_.Add(line, field.at, "expected network, cpu=SECONDS, memory=MEGABYTES or read=PATH");
    }
  }

  void TakeReadable(const FileLine& line, const Field& field, absl::string_view path,
                    ListedProgram& program) {
    if (const std::string why = WhyNoPath(path); !why.empty())
      return problems_.Add(line, field.at, absl::StrCat("the path of read= ", why));
    if (program.readable.size() == kMaxReadable) {
      return problems_.Add(line, field.at,
                           absl::StrCat("there are more than ", kMaxReadable, " of read="));
    }
    program.readable.emplace_back(path);
  }

  FileProblems problems_;
  std::vector<ListedProgram> programs_;
  absl::flat_hash_map<std::string, size_t> lines_;  // by id
};

}  // namespace

absl::StatusOr<std::vector<ListedProgram>> ParseProgramList(absl::string_view text) {
  return ListReader().Read(text);
}

}  // namespace postern::runner
