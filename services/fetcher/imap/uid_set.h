#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher::imap {

// UIDs as IMAP writes them: "1:5,9" (RFC 3501 "sequence-set"). Ranges stay ranges: a server
// may name four thousand million mails in a dozen bytes.
class UidSet {
 public:
  // Takes in such a text; false when it makes no sense ("*" does not, in an answer).
  bool Add(absl::string_view text);
  void Add(uint32_t first, uint32_t last);
  uint64_t size() const;
  // How many of them, which is what it costs.
  size_t ranges() const { return ranges_.size(); }
  bool Contains(uint32_t uid) const;
  // The highest below `uid`, downwards; at most `most`.
  std::vector<uint32_t> Below(uint32_t uid, size_t most) const;

 private:
  absl::btree_map<uint32_t, uint32_t> ranges_;  // first to last, apart from one another
};

// "3:5,9" for a command: in their order, runs upwards as ranges.
std::string WriteUids(const std::vector<uint32_t>& uids);

}  // namespace postern::fetcher::imap
