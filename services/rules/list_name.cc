#include "services/rules/list_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxName = 64;

}  // namespace

std::string NameOfList(absl::string_view said) {
  const std::string name = absl::AsciiStrToLower(said);
  absl::string_view rest = name;
  absl::ConsumePrefix(&rest, "urn:ietf:params:sieve");
  if (rest == ":addrbook:default") return "contacts";
  rest = name;
  for (absl::string_view prefix : {"tag:postern,group:", "urn:postern:list:"}) {
    if (absl::ConsumePrefix(&rest, prefix)) return std::string(rest);
  }
  return name;
}

bool IsListName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace postern::rules
