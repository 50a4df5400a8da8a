#include "services/rules/personal/check_condition.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "services/rules/ir/posix_regex.h"
#include "services/rules/ir/program.h"
#include "services/rules/list_name.h"
#include "services/rules/personal/condition_syntax.h"
#include "services/rules/personal/time_syntax.h"
#include "services/rules/sieve/constants.h"

namespace postern::rules::personal {
namespace {

using v1::PersonalCondition;

// In which ways a subject can be compared; the first is meant when none is named.
struct Row {
  PersonalCondition::Subject subject;
  std::vector<PersonalCondition::Operator> comparisons;
};

const std::vector<Row>& Table() {
  using C = PersonalCondition;
  static const auto& table = *new std::vector<Row>{
      {C::SUBJECT_FROM,
       {C::OPERATOR_CONTAINS, C::OPERATOR_IS, C::OPERATOR_BEGINS, C::OPERATOR_ENDS,
        C::OPERATOR_MATCHES, C::OPERATOR_REGEX, C::OPERATOR_EXISTS}},
      {C::SUBJECT_BODY, {C::OPERATOR_CONTAINS, C::OPERATOR_MATCHES, C::OPERATOR_REGEX}},
      {C::SUBJECT_SIZE, {C::OPERATOR_OVER, C::OPERATOR_UNDER}},
      {C::SUBJECT_ATTACHMENT,
       {C::OPERATOR_MATCHES, C::OPERATOR_CONTAINS, C::OPERATOR_IS, C::OPERATOR_BEGINS,
        C::OPERATOR_ENDS, C::OPERATOR_EXISTS}},
      {C::SUBJECT_TIME, {C::OPERATOR_IS}},
      {C::SUBJECT_CONTACT, {C::OPERATOR_IS, C::OPERATOR_EXISTS}},
      {C::SUBJECT_PRESENCE, {C::OPERATOR_IS}},
      {C::SUBJECT_FOLDER,
       {C::OPERATOR_IS, C::OPERATOR_CONTAINS, C::OPERATOR_BEGINS, C::OPERATOR_ENDS,
        C::OPERATOR_MATCHES, C::OPERATOR_REGEX}},
  };
  return table;
}

// To, Subject, List-Id and other fields are compared as From is. Null: there is no such subject.
const Row* RowOf(PersonalCondition::Subject subject) {
  for (const PersonalCondition::Subject text :
       {PersonalCondition::SUBJECT_TO, PersonalCondition::SUBJECT_SUBJECT,
        PersonalCondition::SUBJECT_HEADER, PersonalCondition::SUBJECT_LIST}) {
    if (subject == text) subject = PersonalCondition::SUBJECT_FROM;
  }
  for (const Row& row : Table()) {
    if (row.subject == subject) return &row;
  }
  return nullptr;
}

// What is compared when no text is given: any attachment, the contacts.
bool MayBeEmpty(const PersonalCondition& condition) {
  return condition.comparison() == PersonalCondition::OPERATOR_EXISTS ||
         condition.subject() == PersonalCondition::SUBJECT_ATTACHMENT ||
         condition.subject() == PersonalCondition::SUBJECT_CONTACT;
}

Complaint CheckRegex(const std::string& value) {
  const auto translated = TranslatePosixRegex(value);
  auto pattern = translated.ok() ? CompilePattern(*translated, PatternMemory(kMaxRules))
                                 : absl::StatusOr<std::shared_ptr<const RE2>>(translated.status());
  if (!pattern.ok()) {
    absl::string_view why = pattern.status().message();
    for (absl::string_view known :
         {"the regular expression can't be used: ", "can't be compiled: "})
      absl::ConsumePrefix(&why, known);
    return words::Word("the regular expression \"$0\" can't be used: $1", value, why);
  }
  // What fits everything would act on every mail; "^$" fits one text alone.
  if (RE2::PartialMatch("", **pattern) && RE2::PartialMatch("\x01", **pattern))
    return words::Word("the regular expression \"$0\" fits every text", value);
  return std::nullopt;
}

Complaint CheckTime(const std::string& value) {
  if (ReadHours(value)) return std::nullopt;
  return words::Word("\"$0\" is no time of the day; write it like $1 or $2", value, "22:00-07:00",
                     "SA-SU 00:00-24:00");
}

Complaint CheckSize(const std::string& value) {
  if (ReadSize(value)) return std::nullopt;
  return words::Word("\"$0\" is no size; write it like $1 or $2", value, "500K", "2M");
}

Complaint CheckList(std::string& value) {
  value = NameOfList(value);
  if (IsListName(value)) return std::nullopt;
  return words::Word(
      "\"$0\" can't be the name of a list: it has letters, digits and $1, 64 at "
      "the most",
      value, "- _ .");
}

Complaint CheckPresence(std::string& value) {
  constexpr absl::string_view kWords[] = {"online", "chat", "away", "xa", "dnd", "offline"};
  absl::AsciiStrToLower(&value);
  if (std::find(std::begin(kWords), std::end(kWords), value) != std::end(kWords))
    return std::nullopt;
  return words::Word("\"$0\" is no presence; there are $1", value, absl::StrJoin(kWords, ", "));
}

// Whose address it is, in full; "@example.org": everybody there. What has no "@" is the name beside
// an address.
Complaint CheckCorrespondent(std::string& value) {
  absl::string_view domain = value;
  if (!absl::StrContains(value, "@")) return std::nullopt;
  const bool all = absl::ConsumePrefix(&domain, "*@") || absl::ConsumePrefix(&domain, "@");
  const auto address = mail::ParseAddress(all ? absl::StrCat("postmaster@", domain) : value);
  if (!address.ok() || absl::StrContains(address->local_part, "@"))
    return words::Word(
        "\"$0\" is no mail address; write it like ann@example.org, or @example.org for everybody "
        "there",
        value);
  value = all ? absl::StrCat("@", address->domain) : address->Spec();
  return std::nullopt;
}

bool IsCorrespondent(const PersonalCondition& condition) {
  return condition.comparison() == PersonalCondition::OPERATOR_IS &&
         (condition.subject() == PersonalCondition::SUBJECT_FROM ||
          condition.subject() == PersonalCondition::SUBJECT_TO);
}

Complaint CheckMeaning(const PersonalCondition& condition, std::string& value) {
  if (condition.comparison() == PersonalCondition::OPERATOR_REGEX) return CheckRegex(value);
  if (IsCorrespondent(condition)) return CheckCorrespondent(value);
  switch (condition.subject()) {
    case PersonalCondition::SUBJECT_TIME:
      return CheckTime(value);
    case PersonalCondition::SUBJECT_SIZE:
      return CheckSize(value);
    case PersonalCondition::SUBJECT_CONTACT:
      return CheckList(value);
    case PersonalCondition::SUBJECT_PRESENCE:
      return CheckPresence(value);
    default:
      return std::nullopt;
  }
}

Complaint CheckComparison(PersonalCondition& condition) {
  const Row* row = RowOf(condition.subject());
  if (row == nullptr) return words::Word("a condition does not say what of a mail it looks at");
  if (condition.comparison() == PersonalCondition::OPERATOR_UNSPECIFIED)
    condition.set_comparison(row->comparisons.front());
  const auto& known = row->comparisons;
  if (std::find(known.begin(), known.end(), condition.comparison()) == known.end())
    return words::Word("what a condition looks at can't be compared in this way");
  return std::nullopt;
}

Complaint CheckHeader(PersonalCondition& condition) {
  if (condition.subject() != PersonalCondition::SUBJECT_HEADER) {
    condition.clear_header();
    return std::nullopt;
  }
  absl::StripAsciiWhitespace(condition.mutable_header());
  if (absl::EndsWith(condition.header(), ":")) condition.mutable_header()->pop_back();
  const std::string& header = condition.header();
  if (sieve::IsHeaderName(header) && header.size() <= kMaxNameBytes) return std::nullopt;
  return words::Word("\"$0\" can't be the name of a header field; write it like $1",
                     mail::CleanLine(mail::CutUtf8(header, kMaxNameBytes)), "X-Priority");
}

Complaint CheckCount(const PersonalCondition& condition) {
  const int count = condition.values_size();
  if (count == 0 && !MayBeEmpty(condition))
    return words::Word("a condition has no text to compare with");
  if (count > kMaxValues) return words::Word("a condition has room for $0 texts", kMaxValues);
  if (count > 1 && condition.subject() == PersonalCondition::SUBJECT_SIZE)
    return words::Word("a condition has room for one size");
  return std::nullopt;
}

}  // namespace

Complaint CheckValue(std::string& value) {
  absl::StripAsciiWhitespace(&value);
  // Nothing at all is in every text: such a rule would act on every mail.
  if (value.empty()) return words::Word("a condition has no text to compare with");
  if (value.size() > kMaxValueBytes)
    return words::Word("a text has room for $0 bytes", kMaxValueBytes);
  if (!mail::IsUtf8(value) || mail::HasControls(value))
    return words::Word("\"$0\" has control characters in it", mail::CleanLine(value));
  return std::nullopt;
}

Complaint CheckCondition(PersonalCondition& condition) {
  if (Complaint wrong = CheckComparison(condition)) return wrong;
  if (Complaint wrong = CheckHeader(condition)) return wrong;
  auto& values = *condition.mutable_values();
  if (condition.comparison() == PersonalCondition::OPERATOR_EXISTS &&
      condition.subject() != PersonalCondition::SUBJECT_CONTACT)
    values.Clear();
  if (MayBeEmpty(condition) && values.size() == 1 && absl::StripAsciiWhitespace(values[0]).empty())
    values.Clear();
  if (Complaint wrong = CheckCount(condition)) return wrong;
  for (std::string& value : values) {
    if (Complaint wrong = CheckValue(value)) return wrong;
    if (Complaint wrong = CheckMeaning(condition, value)) return wrong;
  }
  return std::nullopt;
}

}  // namespace postern::rules::personal
