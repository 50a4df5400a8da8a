#include "services/rules/sieve/matching.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/ir/posix_regex.h"

namespace postern::rules::sieve {
namespace {

struct Comparator {
  absl::string_view name;
  Collation collation;
  bool built_in;    // RFC 5228 section 2.7.3: needs no require
  bool substrings;  // :contains and :matches have a meaning (RFC 4790 section 4.2.4)
};
constexpr Comparator kComparators[] = {
    {"i;octet", Collation::kOctet, true, true},
    {"i;ascii-casemap", Collation::kAsciiCasemap, true, true},
    {"i;ascii-numeric", Collation::kAsciiNumeric, false, false},
    {"i;unicode-casemap", Collation::kUnicodeCasemap, false, true},
};

struct NamedRelation {
  absl::string_view name;
  Relation relation;
};
constexpr NamedRelation kRelations[] = {
    {"gt", Relation::kGreater},     {"ge", Relation::kGreaterOrEqual}, {"lt", Relation::kLess},
    {"le", Relation::kLessOrEqual}, {"eq", Relation::kEqual},          {"ne", Relation::kNotEqual},
};

struct NamedMatchType {
  absl::string_view name;
  MatchType type;
  bool substrings;  // needs a comparator that has them
};
constexpr NamedMatchType kMatchTypes[] = {
    {"is", MatchType::kIs, false},          {"contains", MatchType::kContains, true},
    {"matches", MatchType::kMatches, true}, {"regex", MatchType::kRegex, true},
    {"value", MatchType::kValue, false},    {"count", MatchType::kCount, false},
    {"list", MatchType::kList, false},
};

const NamedMatchType& MatchTypeOf(const Arguments& arguments) {
  const absl::string_view said = arguments.OfGroup("match type");
  for (const NamedMatchType& type : kMatchTypes)
    if (type.name == said) return type;
  return kMatchTypes[0];
}

const Comparator* ReadComparator(Scope& scope, const Arguments& arguments) {
  const Argument* said = arguments.Value("comparator");
  if (said == nullptr) return &kComparators[1];
  const std::optional<std::string> name = scope.MakeConstant(*said, "the name of a comparator");
  if (!name) return nullptr;
  for (const Comparator& comparator : kComparators) {
    if (comparator.name != *name) continue;
    const bool usable = comparator.built_in ||
                        scope.Needs(absl::StrCat("comparator-", *name),
                                    absl::StrCat("the comparator \"", *name, "\""), said->at);
    return usable ? &comparator : nullptr;
  }
  scope.Error(said->at, absl::StrCat("unknown comparator \"", *name,
                                     "\"; there are i;octet, i;ascii-casemap, i;ascii-numeric and "
                                     "i;unicode-casemap"));
  return nullptr;
}

std::optional<Relation> ReadRelation(Scope& scope, const Argument& said) {
  const std::optional<std::string> name = scope.MakeConstant(said, "a relation");
  if (!name) return std::nullopt;
  for (const NamedRelation& relation : kRelations)
    if (absl::EqualsIgnoreCase(relation.name, *name)) return relation.relation;
  return scope.Error(said.at, absl::StrCat("\"", *name,
                                           "\" is no relation; there are gt, ge, lt, le, "
                                           "eq and ne"));
}

bool CompileKeys(Scope& scope, const Match& match, const Argument& said, Keys& keys) {
  for (size_t i = 0; i < keys.texts.size(); ++i) {
    keys.patterns.push_back(nullptr);
    if (!keys.texts[i].constant()) continue;
    keys.patterns.back() = MakePattern(scope, keys.texts[i].literal(),
                                       match.collation == Collation::kOctet, said.strings[i].at);
    if (keys.patterns.back() == nullptr) return false;
  }
  return true;
}

}  // namespace

std::shared_ptr<const RE2> MakePattern(Scope& scope, absl::string_view posix, bool case_sensitive,
                                       Position at) {
  const size_t most = scope.all().options.limits.patterns;
  if (++scope.all().made_patterns > most) {
    if (scope.all().made_patterns == most + 1)
      scope.Error(at, absl::StrCat("the script has more than ", most, " regular expressions"));
    return nullptr;
  }
  const auto re2 = TranslatePosixRegex(posix);
  if (!re2.ok()) {
    scope.Error(at, std::string(re2.status().message()));
    return nullptr;
  }
  PatternOptions options;
  options.case_sensitive = case_sensitive;
  options.longest_match = true;
  auto pattern = CompilePattern(*re2, PatternMemory(scope.all().patterns), options);
  if (pattern.ok()) return *std::move(pattern);
  scope.Error(at, absl::StrCat("the regular expression ", pattern.status().message()));
  return nullptr;
}

std::optional<Match> ReadMatch(Scope& scope, const Arguments& arguments) {
  Match match;
  const NamedMatchType& type = MatchTypeOf(arguments);
  const Comparator* comparator = ReadComparator(scope, arguments);
  if (comparator == nullptr) return std::nullopt;
  if (type.substrings && !comparator->substrings)
    return scope.Error(arguments.at, absl::StrCat("the comparator \"", comparator->name,
                                                  "\" can't be used with ':", type.name,
                                                  "': it compares numbers only"));
  match.type = type.type;
  match.collation = comparator->collation;
  if (const Argument* said = arguments.Value(type.name)) {
    const std::optional<Relation> relation = ReadRelation(scope, *said);
    if (!relation) return std::nullopt;
    match.relation = *relation;
  }
  return match;
}

std::optional<Matching> ReadMatching(Scope& scope, const Arguments& arguments, size_t place) {
  const std::optional<Match> match = ReadMatch(scope, arguments);
  if (!match) return std::nullopt;
  const Argument& said = arguments.At(place);
  std::optional<std::vector<Text>> texts = scope.MakeTexts(said);
  if (!texts) return std::nullopt;
  Matching matching{*match, {*std::move(texts), {}}};
  if (match->type == MatchType::kRegex && !CompileKeys(scope, *match, said, matching.keys))
    return std::nullopt;
  return matching;
}

AddressPart ReadAddressPart(const Arguments& arguments) {
  const absl::string_view part = arguments.OfGroup("address part");
  if (part == "localpart") return AddressPart::kLocalPart;
  if (part == "domain") return AddressPart::kDomain;
  if (part == "user") return AddressPart::kUser;
  if (part == "detail") return AddressPart::kDetail;
  return AddressPart::kAll;
}

std::optional<Index> ReadIndex(Scope& scope, const Arguments& arguments) {
  constexpr uint64_t kMost = 1'000'000;
  Index index;
  const Argument* number = arguments.Value("index");
  index.from_last = arguments.Has("last");
  if (number == nullptr) {
    if (index.from_last)
      return scope.Error(arguments.at, absl::StrCat("':last' of the ", arguments.name,
                                                    " needs ':index' with a number beside it"));
    return index;
  }
  if (number->number == 0 || number->number > kMost)
    return scope.Error(number->at, absl::StrCat("':index' counts from 1 to ", kMost));
  index.number = static_cast<int32_t>(number->number);
  return index;
}

std::optional<MimeScope> ReadMimeScope(Scope& scope, const Arguments& arguments) {
  MimeScope mime;
  const absl::string_view aspect = arguments.OfGroup("MIME option");
  mime.any_child = arguments.Has("anychild");
  if (!arguments.Has("mime")) {
    if (mime.any_child || !aspect.empty())
      return scope.Error(arguments.at,
                         absl::StrCat("':", mime.any_child ? "anychild" : aspect, "' of the ",
                                      arguments.name, " needs ':mime' beside it"));
    return mime;
  }
  scope.program().needs_message = true;
  mime.aspect = aspect == "type"          ? MimeAspect::kType
                : aspect == "subtype"     ? MimeAspect::kSubtype
                : aspect == "contenttype" ? MimeAspect::kContentType
                : aspect == "param"       ? MimeAspect::kParameter
                                          : MimeAspect::kWhole;
  if (mime.aspect == MimeAspect::kParameter) {
    auto parameters = scope.MakeTexts(*arguments.Value("param"));
    if (!parameters) return std::nullopt;
    mime.parameters = *std::move(parameters);
  }
  return mime;
}

std::vector<Modifier> ReadModifiers(const Arguments& arguments) {
  struct Named {
    absl::string_view name;
    Modifier modifier;
  };
  constexpr Named kInOrder[] = {
      {"lower", Modifier::kLower},
      {"upper", Modifier::kUpper},
      {"lowerfirst", Modifier::kLowerFirst},
      {"upperfirst", Modifier::kUpperFirst},
      {"quotewildcard", Modifier::kQuoteWildcard},
      {"quoteregex", Modifier::kQuoteRegex},
      {"encodeurl", Modifier::kEncodeUrl},
      {"length", Modifier::kLength},
  };
  std::vector<Modifier> modifiers;
  for (const Named& named : kInOrder)
    if (arguments.Has(named.name)) modifiers.push_back(named.modifier);
  return modifiers;
}

}  // namespace postern::rules::sieve
