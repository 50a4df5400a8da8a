#include "services/rules/sieve/signature.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/sieve/scope.h"

namespace postern::rules::sieve {
namespace {

constexpr absl::string_view kMatchType = "match type";
constexpr absl::string_view kPart = "address part";
constexpr absl::string_view kAspect = "MIME option";

const std::vector<Tag>& TagsOf(Trait trait) {
  static const std::vector<Tag> matching = {
      {"is", Shape::kNothing, "", kMatchType},
      {"contains", Shape::kNothing, "", kMatchType},
      {"matches", Shape::kNothing, "", kMatchType},
      {"regex", Shape::kNothing, "regex", kMatchType},
      {"value", Shape::kString, "relational", kMatchType},
      {"count", Shape::kString, "relational", kMatchType},
      {"list", Shape::kNothing, "extlists", kMatchType},
      {"comparator", Shape::kString},
  };
  static const std::vector<Tag> part = {
      {"all", Shape::kNothing, "", kPart},
      {"localpart", Shape::kNothing, "", kPart},
      {"domain", Shape::kNothing, "", kPart},
      {"user", Shape::kNothing, "subaddress", kPart},
      {"detail", Shape::kNothing, "subaddress", kPart},
  };
  static const std::vector<Tag> indexed = {{"index", Shape::kNumber, "index"},
                                           {"last", Shape::kNothing, "index"}};
  static const std::vector<Tag> mime = {{"mime", Shape::kNothing, "mime"},
                                        {"anychild", Shape::kNothing, "mime"}};
  static const std::vector<Tag> aspect = {
      {"type", Shape::kNothing, "mime", kAspect},
      {"subtype", Shape::kNothing, "mime", kAspect},
      {"contenttype", Shape::kNothing, "mime", kAspect},
      {"param", Shape::kStrings, "mime", kAspect},
  };
  // The groups are RFC 5229's levels of precedence.
  static const std::vector<Tag> modifiers = {
      {"lower", Shape::kNothing, "", "modifier of precedence 40"},
      {"upper", Shape::kNothing, "", "modifier of precedence 40"},
      {"lowerfirst", Shape::kNothing, "", "modifier of precedence 30"},
      {"upperfirst", Shape::kNothing, "", "modifier of precedence 30"},
      {"quotewildcard", Shape::kNothing, "", "modifier of precedence 20"},
      {"quoteregex", Shape::kNothing, "regex", "modifier of precedence 20"},
      {"encodeurl", Shape::kNothing, "enotify", "modifier of precedence 15"},
      {"length", Shape::kNothing, "", "modifier of precedence 10"},
  };
  static const std::vector<Tag> flags = {{"flags", Shape::kStrings, "imap4flags"}};
  switch (trait) {
    case kMatching:
      return matching;
    case kAddressPart:
      return part;
    case kIndexed:
      return indexed;
    case kMime:
      return mime;
    case kMimeAspect:
      return aspect;
    case kModifiers:
      return modifiers;
    case kFlags:
      break;
  }
  return flags;
}

std::vector<const Tag*> TagsOf(const Signature& signature) {
  std::vector<const Tag*> all;
  for (const Tag& tag : signature.tags) all.push_back(&tag);
  for (const Trait trait :
       {kMatching, kAddressPart, kIndexed, kMime, kMimeAspect, kModifiers, kFlags}) {
    if ((signature.traits & trait) == 0) continue;
    for (const Tag& tag : TagsOf(trait)) all.push_back(&tag);
  }
  return all;
}

const Tag* FindTag(const Signature& signature, absl::string_view name) {
  for (const Tag* tag : TagsOf(signature))
    if (tag->name == name) return tag;
  return nullptr;
}

// " (there are ':copy', ':create')"
std::string KnownTags(const Signature& signature) {
  std::vector<std::string> names;
  for (const Tag* tag : TagsOf(signature)) names.push_back(absl::StrCat("':", tag->name, "'"));
  if (names.empty()) return " (it takes none)";
  return absl::StrCat(" (there are ", absl::StrJoin(names, ", "), ")");
}

bool Fits(Shape shape, const Argument& argument) {
  const bool string = argument.kind == Argument::Kind::kString;
  switch (shape) {
    case Shape::kNothing:
      return false;
    case Shape::kString:
      return string;
    case Shape::kStrings:
      return string || argument.kind == Argument::Kind::kStrings;
    case Shape::kNumber:
      return argument.kind == Argument::Kind::kNumber;
  }
  return false;
}

absl::string_view Word(Shape shape) {
  return shape == Shape::kNumber ? "number" : shape == Shape::kString ? "string" : "string list";
}

std::string Word(const Argument& argument) {
  switch (argument.kind) {
    case Argument::Kind::kTag:
      return absl::StrCat("the tag ':", argument.tag, "'");
    case Argument::Kind::kNumber:
      return "a number";
    case Argument::Kind::kString:
      return "a string";
    case Argument::Kind::kStrings:
      return "a string list";
  }
  return "";
}

}  // namespace

bool HasTag(const Signature& signature, absl::string_view name) {
  return FindTag(signature, name) != nullptr;
}

bool Arguments::Has(absl::string_view tag) const {
  return std::any_of(tags_.begin(), tags_.end(),
                     [tag](const Tagged& tagged) { return tagged.tag->name == tag; });
}

const Argument* Arguments::Value(absl::string_view tag) const {
  for (const Tagged& tagged : tags_)
    if (tagged.tag->name == tag) return tagged.value;
  return nullptr;
}

absl::string_view Arguments::OfGroup(absl::string_view group) const {
  for (const Tagged& tagged : tags_)
    if (tagged.tag->group == group) return tagged.tag->name;
  return "";
}

class Binder {
 public:
  Binder(const Signature& signature, const std::vector<Argument>& arguments, Scope& scope)
      : signature_(signature), arguments_(arguments), scope_(scope) {}

  bool Run(Arguments& bound) {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i].kind != Argument::Kind::kTag) {
        placed_.push_back(&arguments_[i]);
      } else if (!ReadTag(i, bound)) {
        return false;
      }
    }
    return Place(bound);
  }

 private:
  // Goes on to its value, when it has one.
  bool ReadTag(size_t& i, Arguments& bound) {
    const Argument& argument = arguments_[i];
    const Tag* tag = FindTag(signature_, argument.tag);
    const std::string said = absl::StrCat("':", argument.tag, "'");
    if (tag == nullptr)
      return Fail(argument.at, "unknown tagged argument ", said, " for the ", bound.name,
                  KnownTags(signature_));
    if (!placed_.empty())
      return Fail(argument.at, "unexpected ", said, " for the ", bound.name,
                  ": tags stand before the other arguments");
    if (!tag->extension.empty() && !scope_.Needs(tag->extension, said, argument.at)) return false;
    for (const auto& other : bound.tags_) {
      if (other.tag == tag) return Fail(argument.at, said, " stands twice in the ", bound.name);
      if (!tag->group.empty() && other.tag->group == tag->group)
        return Fail(argument.at, said, " can't stand beside ':", other.tag->name, "': the ",
                    bound.name, " takes one ", tag->group);
    }
    bound.tags_.push_back({tag, nullptr});
    if (tag->value == Shape::kNothing) return true;
    const bool last = i + 1 == arguments_.size();
    if (last || !Fits(tag->value, arguments_[i + 1]))
      return Fail(argument.at, said, " of the ", bound.name, " needs a ", Word(tag->value),
                  " after it", last ? "" : absl::StrCat(", not ", Word(arguments_[i + 1])));
    bound.tags_.back().value = &arguments_[++i];
    return true;
  }

  bool Place(Arguments& bound) {
    const size_t most = signature_.places.size();
    const bool flexible = signature_.optional != Signature::Optional::kNone;
    const size_t least = flexible ? most - 1 : most;
    const size_t given = placed_.size();
    if (given < least || given > most)
      return Fail(given > most ? placed_[most]->at : bound.at, "the ", bound.name,
                  given > most ? " takes " : " requires ",
                  flexible && given < least ? "at least " : "", given > most ? most : least,
                  " positional argument", (given > most ? most : least) == 1 ? "" : "s", ", but ",
                  given, given == 1 ? " is" : " are", " specified");
    bound.places_.assign(most, nullptr);
    const size_t shift = given < most && signature_.optional == Signature::Optional::kFirst ? 1 : 0;
    for (size_t i = 0; i < given; ++i) {
      const auto& place = signature_.places[i + shift];
      if (!Fits(place.shape, *placed_[i]))
        return Fail(placed_[i]->at, "the ", bound.name, " expects a ", Word(place.shape),
                    " as argument ", i + 1, " (", place.what, "), but ", Word(*placed_[i]),
                    " was found");
      bound.places_[i + shift] = placed_[i];
    }
    return true;
  }

  template <typename... Parts>
  bool Fail(Position at, const Parts&... parts) {
    scope_.Error(at, absl::StrCat(parts...));
    return false;
  }

  const Signature& signature_;
  const std::vector<Argument>& arguments_;
  Scope& scope_;
  std::vector<const Argument*> placed_;
};

std::optional<Arguments> Bind(const Signature& signature, const std::string& name, Position at,
                              const std::vector<Argument>& arguments, Scope& scope) {
  Arguments bound;
  bound.at = at;
  bound.name = name;
  if (!Binder(signature, arguments, scope).Run(bound)) return std::nullopt;
  return bound;
}

}  // namespace postern::rules::sieve
