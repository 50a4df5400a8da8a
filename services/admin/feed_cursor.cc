#include "services/admin/feed_cursor.h"

namespace postern::admin {
namespace {

constexpr int kRevisionBits = 44;
constexpr uint64_t kRevisionMask = (uint64_t{1} << kRevisionBits) - 1;
constexpr uint64_t kListing = uint64_t{1} << 63;

}  // namespace

FeedCursor FeedCursor::Decode(uint64_t number) {
  FeedCursor cursor;
  cursor.revision = number & kRevisionMask;
  cursor.listing = (number & kListing) != 0;
  cursor.trims = static_cast<uint32_t>(number >> kRevisionBits) % kTrimsModulus;
  return cursor;
}

uint64_t FeedCursor::Encode() const {
  if (!listing) return revision & kRevisionMask;
  return kListing | uint64_t{trims % kTrimsModulus} << kRevisionBits | (revision & kRevisionMask);
}

}  // namespace postern::admin
