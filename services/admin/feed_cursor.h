#pragma once

#include <cstdint>

namespace postern::admin {

// Where a reader of the account changes stands: the number that it gets as
// `revision` and gives back as `since_revision`. For a reader that is up to date
// it is the feed's revision itself. A snapshot that does not fit into one answer
// is read on page by page, in the order of revisions; the number then carries
// also how often removals had been trimmed when it began, for a reader of old
// pages has to begin again only when removals were forgotten since then.
struct FeedCursor {
  uint64_t revision = 0;  // below 2^44
  bool listing = false;   // in the middle of a snapshot
  uint32_t trims = 0;     // modulo kTrimsModulus

  static constexpr uint32_t kTrimsModulus = 1u << 19;

  static FeedCursor Decode(uint64_t number);
  uint64_t Encode() const;
};

}  // namespace postern::admin
