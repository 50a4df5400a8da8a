#pragma once

#include <cstdint>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher {

// Accounts are spread over the fetchers by slots: each account is in one of them, and
// each slot belongs to one fetcher at a time.
using Slot = uint16_t;
inline constexpr Slot kSlots = 1024;

// The same in every process and every version: it decides who watches the account.
Slot SlotOf(absl::string_view account_id);

// The slots of a fetcher, each with the token that it was taken with: higher with every
// taking, the fence of what is written for its accounts.
using HeldSlots = absl::btree_map<Slot, uint64_t>;

}  // namespace postern::fetcher
