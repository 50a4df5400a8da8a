#include "services/rules/filter/questions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::rules::filter {
namespace {

constexpr uint64_t kMaxKilobytes = uint64_t{1} << 40;
constexpr size_t kMaxGroupName = 64;
constexpr int64_t kNotRun = -1;  // of a program, for its exit code

}  // namespace

Test InfectedTest() {
  VerdictTest test;
  test.kind = VerdictKind::kVirus;
  test.match.type = MatchType::kValue;
  test.match.collation = Collation::kAsciiNumeric;
  test.match.relation = Relation::kGreaterOrEqual;
  test.keys.texts.push_back(Text::Literal("4"));
  return test;
}

Test SignedTest() {
  HeaderTest test;
  test.names = {Text::Literal("content-type")};
  test.mime.aspect = MimeAspect::kContentType;
  test.mime.any_child = true;
  for (const char* type : {"multipart/signed", "application/pkcs7-signature",
                           "application/x-pkcs7-signature", "application/pgp-signature"}) {
    test.keys.texts.push_back(Text::Literal(type));
  }
  return test;
}

std::vector<Clause> ExitCodeClauses(int64_t code, bool negated, const Gathered& gathered) {
  std::vector<Clause> clauses;
  for (const uint32_t run : gathered.runs) {
    StringTest last;
    last.sources.emplace_back().pieces = {{Piece::kVariable, gathered.last_run, ""}};
    last.keys.texts.push_back(Text::Literal(absl::StrCat(run)));
    Clause clause;
    clause.push_back({std::move(last), false});
    if (negated) clause.push_back({ExitCodeTest{run, kNotRun}, true});
    clause.push_back({ExitCodeTest{run, code}, negated});
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

std::optional<uint64_t> ReadSize(absl::string_view written) {
  const std::string text = absl::AsciiStrToLower(absl::StripAsciiWhitespace(written));
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const absl::string_view unit = absl::StripAsciiWhitespace(absl::string_view(text).substr(digits));
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text.substr(0, digits), &number) || number > kMaxKilobytes) {
    return std::nullopt;
  }
  if (unit == "mb" || unit == "m") return number * 1024 * 1024;
  if (unit.empty() || unit == "kb" || unit == "k") return number * 1024;
  return std::nullopt;
}

std::string GroupName(absl::string_view text) {
  std::string name = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  std::replace(name.begin(), name.end(), ' ', '-');
  const bool good =
      name.size() <= kMaxGroupName && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
      });
  return good ? name : "";
}

}  // namespace postern::rules::filter
