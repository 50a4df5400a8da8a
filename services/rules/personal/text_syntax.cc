#include "services/rules/personal/text_syntax.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::rules::personal {
namespace {

using v1::PersonalCondition;

constexpr char kUnicode[] = "i;unicode-casemap";

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Look Patterns(const Texts& values, absl::string_view before, absl::string_view after,
              bool has_wildcards) {
  Look look{"matches", {}};
  for (const std::string& value : values)
    look.keys.push_back(absl::StrCat(before, has_wildcards ? value : PlainPattern(value), after));
  return look;
}

}  // namespace

std::string PlainPattern(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"*", "\\*"}, {"?", "\\?"}});
}

Look LookFor(Operator comparison, const Texts& values, absl::string_view before,
             absl::string_view after) {
  switch (comparison) {
    case PersonalCondition::OPERATOR_IS:
      if (before.empty() && after.empty()) return {"is", values};
      return Patterns(values, before, after, false);
    case PersonalCondition::OPERATOR_BEGINS:
      return Patterns(values, before, "*", false);
    case PersonalCondition::OPERATOR_ENDS:
      return Patterns(values, "*", after, false);
    case PersonalCondition::OPERATOR_MATCHES:
      return Patterns(values, before, after, true);
    case PersonalCondition::OPERATOR_REGEX:
      return {"regex", values};
    default:
      return {"contains", values};
  }
}

sieve::TestNode TextTest(absl::string_view name, Arguments tags, const Texts& subjects,
                         const Look& look, Extensions& needed) {
  const bool regex = look.match == "regex";
  if (regex) needed.insert("regex");
  tags.push_back(Tag(look.match));
  if (!regex && !std::all_of(look.keys.begin(), look.keys.end(), IsAscii)) {
    needed.insert(absl::StrCat("comparator-", kUnicode));
    tags.push_back(Tag("comparator"));
    tags.push_back(Strings({kUnicode}));
  }
  if (!subjects.empty()) tags.push_back(Strings(subjects));
  tags.push_back(Strings(look.keys));
  return MakeTest(name, std::move(tags));
}

}  // namespace postern::rules::personal
