#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Records in Redis are lists of netstrings ("5:hello"): any byte may stand in a field.
namespace postern::xmpp_edge {

inline void AppendNetstring(std::string& out, absl::string_view field) {
  absl::StrAppend(&out, field.size(), ":", field);
}

class NetstringReader {
 public:
  explicit NetstringReader(absl::string_view text) : rest_(text) {}

  // "" once something could not be read.
  std::string Next() {
    const size_t colon = rest_.find(':');
    size_t size = 0;
    if (colon == absl::string_view::npos || !absl::SimpleAtoi(rest_.substr(0, colon), &size) ||
        rest_.size() - colon - 1 < size) {
      failed_ = true;
      rest_ = "";
      return "";
    }
    std::string field(rest_.substr(colon + 1, size));
    rest_.remove_prefix(colon + 1 + size);
    return field;
  }
  int64_t NextNumber() {
    int64_t number = 0;
    if (!absl::SimpleAtoi(Next(), &number)) failed_ = true;
    return number;
  }
  bool failed() const { return failed_; }
  size_t left() const { return rest_.size(); }

 private:
  absl::string_view rest_;
  bool failed_ = false;
};

}  // namespace postern::xmpp_edge
