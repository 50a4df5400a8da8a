#include "services/rules/personal/condition_syntax.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/rules/personal/text_syntax.h"
#include "services/rules/personal/time_syntax.h"

namespace postern::rules::personal {
namespace {

using sieve::TestNode;
using v1::PersonalCondition;

Texts ValuesOf(const PersonalCondition& condition) {
  return Texts(condition.values().begin(), condition.values().end());
}

TestNode Exists(const Texts& fields) {
  std::vector<TestNode> tests;
  for (const std::string& field : fields) tests.push_back(MakeTest("exists", {Strings({field})}));
  return AnyOf(std::move(tests));
}

bool IsOfAddress(absl::string_view value) { return absl::StrContains(value, '@'); }

// The keys by which the name beside an address is found in its field, quoted there or not.
Texts NamePatterns(Operator comparison, const std::string& name) {
  const std::string plain = PlainPattern(name);
  const bool is = comparison == PersonalCondition::OPERATOR_IS;
  if (!is && comparison != PersonalCondition::OPERATOR_BEGINS)
    return {absl::StrCat("*", plain, " <*"), absl::StrCat("*", plain, "\" <*")};
  Texts patterns;
  for (const char* before : {"", "*, "}) {  // the first of them, or a later one
    patterns.push_back(absl::StrCat(before, plain, is ? " <*" : "*"));
    patterns.push_back(absl::StrCat(before, "\"", plain, is ? "\" <*" : "*"));
  }
  return patterns;
}

// IS, BEGINS and ENDS: of an address, or of the name beside it.
TestNode WholeCorrespondent(const PersonalCondition& condition, const Texts& fields,
                            Extensions& needed) {
  const Operator comparison = condition.comparison();
  const bool is = comparison == PersonalCondition::OPERATOR_IS;
  Texts addresses, domains, names;
  for (const std::string& value : condition.values()) {
    const bool of_address = IsOfAddress(value);
    if (is && absl::StartsWith(value, "@")) {
      domains.push_back(value.substr(1));
    } else if (of_address || !is) {
      addresses.push_back(value);
    }
    if (of_address) continue;
    for (std::string& pattern : NamePatterns(comparison, value))
      names.push_back(std::move(pattern));
  }
  std::vector<TestNode> tests;
  if (!addresses.empty())
    tests.push_back(TextTest("address", {}, fields, LookFor(comparison, addresses), needed));
  if (!domains.empty())
    tests.push_back(TextTest("address", {Tag("domain")}, fields, {"is", domains}, needed));
  if (!names.empty()) tests.push_back(TextTest("header", {}, fields, {"matches", names}, needed));
  return AnyOf(std::move(tests));
}

TestNode Correspondent(const PersonalCondition& condition, const Texts& fields,
                       Extensions& needed) {
  const Look look = LookFor(condition.comparison(), ValuesOf(condition));
  switch (condition.comparison()) {
    case PersonalCondition::OPERATOR_EXISTS:
      return Exists(fields);
    case PersonalCondition::OPERATOR_CONTAINS:
      return TextTest("header", {}, fields, look, needed);
    case PersonalCondition::OPERATOR_MATCHES:
    case PersonalCondition::OPERATOR_REGEX:
      return AnyOf({TextTest("address", {}, fields, look, needed),
                    TextTest("header", {}, fields, look, needed)});
    default:
      return WholeCorrespondent(condition, fields, needed);
  }
}

TestNode Header(const PersonalCondition& condition, const std::string& field, Extensions& needed) {
  if (condition.comparison() == PersonalCondition::OPERATOR_EXISTS) return Exists({field});
  const Look look = LookFor(condition.comparison(), ValuesOf(condition));
  return TextTest("header", {}, {field}, look, needed);
}

// "Talk of trains <trains.example.org>", or the id alone (RFC 2919).
TestNode List(const PersonalCondition& condition, Extensions& needed) {
  const Operator comparison = condition.comparison();
  const bool of_id = comparison == PersonalCondition::OPERATOR_IS ||
                     comparison == PersonalCondition::OPERATOR_BEGINS ||
                     comparison == PersonalCondition::OPERATOR_ENDS ||
                     comparison == PersonalCondition::OPERATOR_MATCHES;
  if (!of_id) return Header(condition, "list-id", needed);
  Texts ids;
  for (absl::string_view value : condition.values()) {
    if (absl::ConsumePrefix(&value, "<")) absl::ConsumeSuffix(&value, ">");
    ids.emplace_back(value);
  }
  return AnyOf({TextTest("header", {}, {"list-id"}, LookFor(comparison, ids), needed),
                TextTest("header", {}, {"list-id"}, LookFor(comparison, ids, "*<", ">*"), needed)});
}

// Nobody means all of a text.
TestNode Body(const PersonalCondition& condition, Extensions& needed) {
  needed.insert("body");
  const Look look = LookFor(condition.comparison(), ValuesOf(condition), "*", "*");
  return TextTest("body", {Tag("text")}, {}, look, needed);
}

TestNode Size(const PersonalCondition& condition) {
  const bool over = condition.comparison() == PersonalCondition::OPERATOR_OVER;
  const uint64_t bytes = ReadSize(condition.values(0)).value_or(0);
  return MakeTest("size", {Tag(over ? "over" : "under"), Number(bytes)});
}

TestNode Attachment(const PersonalCondition& condition, Extensions& needed) {
  needed.insert("vnd.postern.attachment");
  if (condition.values().empty()) return MakeTest("attachment");
  Look look = LookFor(condition.comparison(), ValuesOf(condition));
  std::vector<TestNode> tests;
  for (const std::string& key : look.keys) {
    std::string pattern = key;
    if (look.match == "is") pattern = PlainPattern(key);
    if (look.match == "contains") pattern = absl::StrCat("*", PlainPattern(key), "*");
    tests.push_back(MakeTest("attachment", {Tag("name"), Strings({pattern})}));
  }
  return AnyOf(std::move(tests));
}

TestNode Time(const PersonalCondition& condition, Extensions& needed) {
  std::vector<TestNode> tests;
  for (const std::string& value : condition.values()) {
    if (const auto hours = ReadHours(value)) tests.push_back(TimeTest(*hours, needed));
  }
  return AnyOf(std::move(tests));
}

TestNode Contact(const PersonalCondition& condition, Extensions& needed) {
  needed.insert("extlists");
  Texts lists = ValuesOf(condition);
  if (lists.empty()) lists.push_back(kContacts);
  return MakeTest("address", {Tag("list"), Strings({"from"}), Strings(lists)});
}

TestNode Environment(const std::string& item, const PersonalCondition& condition,
                     const Texts& values, Extensions& needed) {
  needed.insert("environment");
  return TextTest("environment", {}, {item}, LookFor(condition.comparison(), values), needed);
}

// Servers have other signs between the levels of folders, and some have all folders in INBOX.
TestNode Folder(const PersonalCondition& condition, Extensions& needed) {
  const bool is = condition.comparison() == PersonalCondition::OPERATOR_IS;
  Texts names;
  for (const std::string& value : condition.values()) {
    const std::string dotted = absl::StrReplaceAll(value, {{"/", "."}});
    names.push_back(value);
    if (!is || absl::EqualsIgnoreCase(value, "INBOX")) continue;
    if (dotted != value) names.push_back(dotted);
    if (absl::StartsWithIgnoreCase(dotted, "INBOX.")) continue;
    names.push_back(absl::StrCat("INBOX.", dotted));
    names.push_back(absl::StrCat("INBOX/", value));
  }
  return Environment("vnd.postern.mailbox", condition, names, needed);
}

TestNode Plain(const PersonalCondition& condition, Extensions& needed) {
  switch (condition.subject()) {
    case PersonalCondition::SUBJECT_FROM:
      return Correspondent(condition, {"from"}, needed);
    case PersonalCondition::SUBJECT_TO:
      return Correspondent(condition, {"to", "cc"}, needed);
    case PersonalCondition::SUBJECT_SUBJECT:
      return Header(condition, "subject", needed);
    case PersonalCondition::SUBJECT_BODY:
      return Body(condition, needed);
    case PersonalCondition::SUBJECT_HEADER:
      return Header(condition, condition.header(), needed);
    case PersonalCondition::SUBJECT_SIZE:
      return Size(condition);
    case PersonalCondition::SUBJECT_LIST:
      return List(condition, needed);
    case PersonalCondition::SUBJECT_ATTACHMENT:
      return Attachment(condition, needed);
    case PersonalCondition::SUBJECT_TIME:
      return Time(condition, needed);
    case PersonalCondition::SUBJECT_CONTACT:
      return Contact(condition, needed);
    case PersonalCondition::SUBJECT_PRESENCE:
      return Environment("vnd.postern.presence", condition, ValuesOf(condition), needed);
    case PersonalCondition::SUBJECT_FOLDER:
      return Folder(condition, needed);
    default:
      return MakeTest("false");
  }
}

}  // namespace

TestNode TestOf(const PersonalCondition& condition, Extensions& needed) {
  TestNode test = Plain(condition, needed);
  return condition.negated() ? Not(std::move(test)) : test;
}

std::optional<uint64_t> ReadSize(absl::string_view text) {
  constexpr uint64_t kMost = uint64_t{1} << 40;
  std::string upper = absl::AsciiStrToUpper(text);
  absl::string_view rest = upper;
  if (!absl::ConsumeSuffix(&rest, "IB")) absl::ConsumeSuffix(&rest, "B");
  int shift = 0;
  if (absl::ConsumeSuffix(&rest, "K"))
    shift = 10;
  else if (absl::ConsumeSuffix(&rest, "M"))
    shift = 20;
  else if (absl::ConsumeSuffix(&rest, "G"))
    shift = 30;
  rest = absl::StripAsciiWhitespace(rest);
  uint64_t number = 0;
  if (rest.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(rest[0])) ||
      !absl::SimpleAtoi(rest, &number) || number > kMost >> shift)
    return std::nullopt;
  return number << shift;
}

}  // namespace postern::rules::personal
