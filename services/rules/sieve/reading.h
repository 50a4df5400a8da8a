#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/signature.h"

// How the makers of tests and statements read single arguments.
namespace postern::rules::sieve {

inline std::optional<std::vector<Test>> One(Test test) {
  std::vector<Test> list;
  list.push_back(std::move(test));
  return list;
}

// The string at a place. Nothing after a problem.
inline std::optional<Text> TextAt(Scope& scope, const Arguments& arguments, size_t place) {
  return scope.MakeText(arguments.At(place).strings.front());
}

// The string of a tag, when it is there. False after a problem.
inline bool ReadText(Scope& scope, const Arguments& arguments, absl::string_view tag,
                     std::optional<Text>& text) {
  const Argument* value = arguments.Value(tag);
  if (value == nullptr) return true;
  text = scope.MakeText(value->strings.front());
  return text.has_value();
}

// The strings of a tag, when it is there. False after a problem.
inline bool ReadTexts(Scope& scope, const Arguments& arguments, absl::string_view tag,
                      std::vector<Text>& texts) {
  const Argument* value = arguments.Value(tag);
  if (value == nullptr) return true;
  auto read = scope.MakeTexts(*value);
  if (read) texts = *std::move(read);
  return read.has_value();
}

}  // namespace postern::rules::sieve
