#pragma once

#include "lib/store/redis_client.h"

// The scripts of UserMemory. KEYS[1] is a hash of a user's marks, digest -> the mail that left it;
// KEYS[2] the time in ms at which each ends. Time is Redis's.
namespace postern::rules {

// ARGV: mail, digest, mail, digest, … Answers "1" or "0" for each.
const store::Script& SeenScript();
// ARGV: mail, most marks, digest, seconds, digest, seconds, …
const store::Script& LeaveScript();
// KEYS[3] and on are budgets. ARGV: ms that a claim holds, most marks; then for each claim: mail,
// action, digest or "", number of budgets, and for each of these: index in KEYS, most, ms.
// Answers "yes", "before" or "spent" for each.
const store::Script& TakeScript();

}  // namespace postern::rules
