#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/sieve/syntax.h"

// What may stand after the name of a command or a test, as data: tables of it (commands.h, tests.h)
// are what this compiler knows of Sieve.
namespace postern::rules::sieve {

class Scope;

enum class Shape : uint8_t { kNothing, kString, kStrings, kNumber };

// An argument that is found by its name, and may be left out.
struct Tag {
  absl::string_view name;  // without the colon
  Shape value = Shape::kNothing;
  absl::string_view extension = "";  // to be required beside that of its command; empty: none
  absl::string_view group = "";      // of those of one group one may stand; its name for people
};

// An argument that is found by its place.
struct Place {
  Shape shape = Shape::kString;
  absl::string_view what;  // for people: "key list"
};

// Sets of tags that many have.
enum Trait : unsigned {
  kMatching = 1,     // match types and :comparator
  kAddressPart = 2,  // :all, :domain, …
  kIndexed = 4,      // :index, :last (RFC 5260)
  kMime = 8,         // :mime, :anychild (RFC 5703)
  kMimeAspect = 16,  // :type, :param, …
  kModifiers = 32,   // of "set" (RFC 5229)
  kFlags = 64,       // :flags (RFC 5232)
};

struct Signature {
  absl::string_view name;
  absl::string_view extension = "";  // that brings it; empty: RFC 5228's core
  unsigned traits = 0;
  std::vector<Tag> tags = {};
  std::vector<Place> places = {};
  enum class Optional : uint8_t { kNone, kFirst, kLast } optional = Optional::kNone;
  bool operator_only = false;
};

bool HasTag(const Signature& signature, absl::string_view name);

// The arguments of one call, sorted by the signature.
class Arguments {
 public:
  Position at;       // of the call
  std::string name;  // "header test"

  bool Has(absl::string_view tag) const;
  // Its value; null when the tag is not there.
  const Argument* Value(absl::string_view tag) const;
  // The first tag there of the group; empty: none.
  absl::string_view OfGroup(absl::string_view group) const;
  bool HasPlace(size_t place) const { return places_[place] != nullptr; }
  const Argument& At(size_t place) const { return *places_[place]; }

 private:
  friend class Binder;
  struct Tagged {
    const Tag* tag;
    const Argument* value;
  };
  std::vector<Tagged> tags_;
  std::vector<const Argument*> places_;
};

// `name` is what a problem calls it: "header test". Nothing after a problem, which has been told.
std::optional<Arguments> Bind(const Signature& signature, const std::string& name, Position at,
                              const std::vector<Argument>& arguments, Scope& scope);

}  // namespace postern::rules::sieve
