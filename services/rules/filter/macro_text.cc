#include "services/rules/filter/macro_text.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::rules::filter {
namespace {

constexpr size_t kMaxMacroName = 90;  // "HEADER:" and a field's name

enum class Source : uint8_t { kSite, kHeader, kBody };
constexpr struct {
  absl::string_view name;
  Source source;
} kMacros[] = {
    {"ACTUALTO", Source::kHeader},
    {"ACTUALFROM", Source::kHeader},
    {"AV_VERSION", Source::kSite},
    {"CURRENTTIME", Source::kSite},
    {"FILTERRULENAME", Source::kSite},
    {"GEN_GUID", Source::kSite},
    {"LIST_ATTACHMENTS_REMOVED", Source::kBody},
    {"LIST_VIRUSES_FOUND", Source::kHeader},
    {"MESSAGEFILENAME", Source::kSite},
    {"MESSAGEID", Source::kHeader},
    {"PRIMARYDOMAIN", Source::kSite},
    {"PRIMARYIP", Source::kSite},
    {"RECIPIENT", Source::kHeader},
    {"RECIPIENTDOMAIN", Source::kHeader},
    {"RECIPIENTMAILBOX", Source::kHeader},
    {"REPLYTO", Source::kHeader},
    {"SENDER", Source::kHeader},
    {"SENDERDOMAIN", Source::kHeader},
    {"SENDERMAILBOX", Source::kHeader},
    {"FROM", Source::kHeader},
    {"FROMDOMAIN", Source::kHeader},
    {"FROMMAILBOX", Source::kHeader},
    {"SUBJECT", Source::kHeader},
    // of automatic answers (*.RSP)
    {"HEADERS", Source::kBody},
    {"BODY", Source::kBody},
    {"BODY-AS-TEXT", Source::kBody},
    {"ATTACHMENTS", Source::kBody},
    {"ATTACHMENTCOUNT", Source::kBody},
    {"CONTENTTYPE", Source::kHeader},
    {"PARTBOUNDARY", Source::kHeader},
    {"DATESTAMP", Source::kSite},
    {"PRODUCTID", Source::kSite},
};

bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("_-:().", c);
}

// "ATTACHMENT(2)"
bool IsAttachment(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "ATTACHMENT(") || !absl::ConsumeSuffix(&name, ")")) return false;
  return !name.empty() && name.size() <= 4 && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

std::optional<Source> SourceOf(const std::string& name) {
  for (const auto& macro : kMacros) {
    if (macro.name == name) return macro.source;
  }
  if (IsAttachment(name)) return Source::kBody;
  if (absl::StartsWith(name, "HEADER:") && name.size() > 7) return Source::kHeader;
  return std::nullopt;
}

// What stands between the dollar sign that `text` begins with and the next one; empty: nothing
// that could be a name.
absl::string_view NameAt(absl::string_view text) {
  size_t end = 1;
  while (end < text.size() && end <= kMaxMacroName && IsNameChar(text[end])) ++end;
  if (end >= text.size() || text[end] != '$') return {};
  return text.substr(1, end - 1);
}

// "$FOO_BAR$" was meant for one; "$100$" hardly.
bool LooksLikeMacro(absl::string_view name) {
  return name.size() > 2 && absl::ascii_isupper(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return !absl::ascii_islower(static_cast<unsigned char>(c)); });
}

class MacroReader {
 public:
  MacroReader(absl::string_view rule_name, uint32_t most) : rule_name_(rule_name), most_(most) {}

  MacroText Run(absl::string_view text) {
    while (!text.empty()) {
      const size_t dollar = std::min(text.find('$'), text.size());
      absl::StrAppend(&literal_, text.substr(0, dollar));
      text.remove_prefix(dollar);
      if (!text.empty()) text.remove_prefix(ReadDollar(text));
    }
    Flush();
    return std::move(result_);
  }

 private:
  // How much of the text was taken.
  size_t ReadDollar(absl::string_view text) {
    const absl::string_view written = NameAt(text);
    const std::string name = absl::AsciiStrToUpper(written);
    const auto source = SourceOf(name);
    if (!source) {
      if (LooksLikeMacro(written)) result_.unknown.push_back(absl::StrCat("$", written, "$"));
      literal_ += '$';
      return 1;
    }
    if (name == "FILTERRULENAME") {
      absl::StrAppend(&literal_, rule_name_);
    } else {
      Flush();
      result_.text.pieces.push_back({Piece::kMacro, most_, name});
      result_.of_mail = result_.of_mail || *source != Source::kSite;
      result_.of_body = result_.of_body || *source == Source::kBody;
    }
    return written.size() + 2;
  }

  void Flush() {
    if (!literal_.empty()) result_.text.pieces.push_back({Piece::kLiteral, 0, literal_});
    literal_.clear();
  }

  const absl::string_view rule_name_;
  const uint32_t most_;
  MacroText result_;
  std::string literal_;
};

}  // namespace

MacroText ReadMacros(absl::string_view text, absl::string_view rule_name, uint32_t most) {
  return MacroReader(rule_name, most).Run(text);
}

std::string OnlyMacro(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() || text[0] != '$') return "";
  const absl::string_view written = NameAt(text);
  std::string name = absl::AsciiStrToUpper(written);
  return written.size() + 2 == text.size() && SourceOf(name) ? name : "";
}

std::string WithLines(absl::string_view text) {
  std::string lines;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'n' || next == 't' || next == '\\') {
      lines += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      ++i;
    } else if (next == 'r') {
      ++i;
    } else {
      lines += text[i];
    }
  }
  return lines;
}

}  // namespace postern::rules::filter
