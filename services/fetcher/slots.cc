#include "services/fetcher/slots.h"

namespace postern::fetcher {

// FNV-1a; its upper half is folded in, for the low bits alone spread short ids badly.
Slot SlotOf(absl::string_view account_id) {
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char c : account_id) hash = (hash ^ c) * 1099511628211u;
  return static_cast<Slot>((hash ^ (hash >> 32)) % kSlots);
}

}  // namespace postern::fetcher
