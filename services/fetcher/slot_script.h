#pragma once

#include "lib/store/redis_client.h"

namespace postern::fetcher {

// The one script that changes who has which slot (slot_table.h tells the keys).
//   KEYS  members, slots, meta
//   ARGV  me, address, seat, lease ms, settling ms, number of slots, version known, leaving
//         ("1"); then "SLOT", "TOKEN" of each slot that is released
// Answers {version} when all is as it was at the version known; else {version, excess, how
// many were taken, {slot, token, ...} of mine, {member, address, ...}}. Where the caller has
// not settled yet the version is 0, and it asks for all again.
const store::Script& SlotScript();

}  // namespace postern::fetcher
