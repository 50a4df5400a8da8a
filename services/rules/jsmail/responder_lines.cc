#include "services/rules/jsmail/responder_lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/csv.h"

namespace postern::rules::jsmail {
namespace {

constexpr char kFileMark[] = "#file ";
constexpr char kLineMark[] = "#|";
constexpr size_t kMaxNameBytes = 255;

// "c:\jsmail\info.txt" is info.txt.
std::string NameOf(absl::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  return std::string(
      absl::StripAsciiWhitespace(slash == path.npos ? path : path.substr(slash + 1)));
}

bool IsFileName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= kMaxNameBytes &&
         !mail::HasControls(name);
}

class Reader {
 public:
  explicit Reader(Source& source) : source_(source) {}

  ResponderLines Run() {
    for (const Line& line : source_.Entries()) {
      if (read_.entries.size() == kMaxRules) {
        source_.Fail(line, line.text,
                     absl::StrCat("more than ", kMaxRules, " entries in one file"));
        break;
      }
      ReadEntry(line);
    }
    ReadTexts();
    return std::move(read_);
  }

 private:
  void ReadEntry(const Line& line) {
    const CsvLine split = SplitCsv(line.text);
    const std::vector<CsvField>& fields = split.fields;
    if (split.unclosed) return source_.Fail(line, *split.unclosed, "this quote has no end");
    if (fields.size() < 2) {
      return source_.Fail(line, fields[0].at,
                          "an entry is SUBJECT,TEXT[,PROGRAM[,FORWARD]]; the text is missing");
    }
    if (fields.size() > 4) {
      return source_.Fail(line, fields[4].at,
                          "more than four fields; one with commas in it must stand in quotes");
    }
    if (fields[0].text.empty()) {
      return source_.Fail(line, fields[0].at, "the subject to look for is missing");
    }
    ResponderLine entry;
    entry.line = line;
    entry.subject = fields[0].text;
    entry.text_at = fields[1].at;
    if (!ReadName(line, fields[1], "text", entry.text_file)) return;
    if (fields.size() > 2 && !ReadProgram(line, fields[2], entry)) return;
    if (fields.size() > 3) {
      entry.forward = fields[3].text;
      entry.forward_at = fields[3].at;
    }
    if (entry.text_file.empty() && entry.forward.empty()) {
      return source_.Fail(line, fields[1].at,
                          "the text is missing; only an entry that forwards may have none");
    }
    read_.entries.push_back(std::move(entry));
  }

  bool ReadProgram(const Line& line, const CsvField& field, ResponderLine& entry) {
    entry.program_at = field.at;
    if (field.text == "!") return true;
    if (field.text.empty()) {
      source_.Warn(line, field.at, "no program; write \"!\" in its place");
      return true;
    }
    return ReadName(line, field, "program", entry.program);
  }

  // Only the name counts: texts lie beside the file, programs are in the operator's list.
  bool ReadName(const Line& line, const CsvField& field, absl::string_view what,
                std::string& name) {
    if (field.text.empty()) return true;
    name = NameOf(field.text);
    if (IsFileName(name)) return true;
    source_.Fail(line, field.at, absl::StrCat("this can't be the name of a ", what));
    return false;
  }

  // "#file NAME", and the "#|" lines below it.
  void ReadTexts() {
    std::string* text = nullptr;
    for (const Line& line : source_.lines()) {
      absl::string_view rest = line.text;
      if (absl::ConsumePrefix(&rest, kLineMark)) {
        if (text != nullptr) AddLine(line, rest, *text);
        continue;
      }
      text = nullptr;
      if (absl::ConsumePrefix(&rest, kFileMark)) text = BeginText(line, rest);
    }
  }

  std::string* BeginText(const Line& line, absl::string_view rest) {
    const std::string name(absl::StripAsciiWhitespace(rest));
    if (!IsFileName(name) || NameOf(name) != name) {
      source_.Fail(line, rest, "a name of a file, without a folder, must follow #file");
      return nullptr;
    }
    const auto [text, is_new] = read_.texts.try_emplace(name);
    if (is_new) return &text->second;
    source_.Fail(line, rest, "this text stands here already");
    return nullptr;
  }

  void AddLine(const Line& line, absl::string_view rest, std::string& text) {
    if (text.size() + rest.size() >= kMaxReplyBytes) {
      return source_.Fail(line, line.text,
                          absl::StrCat("a text may have at most ", kMaxReplyBytes / 1024, " KiB"));
    }
    absl::StrAppend(&text, mail::CleanText(rest), "\n");
  }

  Source& source_;
  ResponderLines read_;
};

}  // namespace

ResponderLines ReadResponders(Source& source) { return Reader(source).Run(); }

std::vector<std::string> TextsWanted(absl::string_view bytes) {
  Source source(bytes, "");
  const ResponderLines read = ReadResponders(source);
  std::vector<std::string> wanted;
  for (const ResponderLine& entry : read.entries) {
    const std::string& name = entry.text_file;
    if (name.empty() || read.texts.contains(name)) continue;
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(name);
  }
  return wanted;
}

std::string EmbeddedText(absl::string_view name, absl::string_view text) {
  std::string embedded = absl::StrCat(kFileMark, name, "\n");
  const std::string clean = mail::CleanText(text);
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(clean, "\n"), '\n')) {
    absl::StrAppend(&embedded, kLineMark, line, "\n");
  }
  return embedded;
}

}  // namespace postern::rules::jsmail
