#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/evaluate.h"

// The arguments of Pigeonhole's test commands, which the compiler hands on as they stand.
namespace postern::rules::suite {

struct Arguments {
  std::map<std::string, std::string> tags;           // with what follows those that take something
  std::vector<std::vector<std::string>> positional;  // strings, lists, numbers

  bool Has(absl::string_view tag) const;
  std::string Tag(absl::string_view tag) const;  // what follows it; empty: absent
  std::string Text(size_t position) const;       // the first string there; empty: none
  int Number(size_t position) const;             // 0: none
};
Arguments Sort(const std::vector<Foreign::Argument>& arguments);

// `test_error :index 2 :matches "*no such*"` and its like, of `values`: match type, comparator and
// :index from the tags, keys from the first position. The default is :is by octets, as there.
bool MatchesAny(const Arguments& arguments, const std::vector<std::string>& values);

}  // namespace postern::rules::suite
