#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/run.h"
#include "services/rules/engine/wildcard.h"

namespace postern::rules {

// Compares the values that a test is about with its keys:
//
//   Matcher matcher(test.match, test.keys, run);
//   for (value : values)
//     if (matcher.Takes(value)) return true;
//   return matcher.AtEnd();
class Matcher {
 public:
  // The arguments must outlive it. `sets_values`: wildcards set ${n} (RFC 5173 section 6: not in
  // bodies).
  Matcher(const Match& match, const Keys& keys, Run& run, bool sets_values = true);

  bool Takes(absl::string_view value);
  bool AtEnd() const;  // of ":count"

 private:
  struct Key {
    std::string text;  // folded, but for those of kValue and kList
    std::optional<Wildcard> wildcard;
    std::shared_ptr<const RE2> pattern;
  };

  void Prepare();
  void PrepareKey(size_t index);
  std::shared_ptr<const RE2> CompileAtRun(absl::string_view text) const;
  bool IsTaken(const Key& key, absl::string_view value, absl::string_view folded,
               std::vector<std::string>* captures) const;
  bool TakesPattern(const RE2& pattern, absl::string_view value,
                    std::vector<std::string>* captures) const;
  bool IsListed(const std::string& list, absl::string_view value) const;

  const Match& match_;
  const Keys& source_;
  Run& run_;
  bool sets_values_;
  bool prepared_ = false;
  std::vector<Key> keys_;
  size_t count_ = 0;
};

}  // namespace postern::rules
