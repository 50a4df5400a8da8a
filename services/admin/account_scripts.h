#pragma once

#include "lib/store/redis_client.h"

// The Lua scripts of AccountStore: each is one step that happens wholly or not
// at all, whatever dies. All keys carry the hash tag {accounts}.
//
//   postern:account:{accounts}:feed      HASH  revision, floor, trims: see feed_cursor.h. Removals
//                                              up to the revision `floor` have been forgotten
//   postern:account:{accounts}:settings  HASH  id -> Account without its health, password sealed;
//   the user's
//                                              preferences stand in each
//   postern:account:{accounts}:health    HASH  id -> Health
//   postern:account:{accounts}:changed   ZSET  id by the revision of its last change
//   postern:account:{accounts}:removed   ZSET  id by the revision of its removal
//   postern:user:{accounts}:created      HASH  bare JID -> time of the first account
//   postern:user:{accounts}:of:JID       HASH  name/NAME -> id; revision: that of the last change
//   postern:audit:{accounts}:log         STREAM
//
// The feed's revision begins at 1, for 0 asks for everything. Each account that
// changes takes a revision of its own, so a page of the feed can end anywhere.
namespace postern::admin::scripts {

extern const store::Script kReadOwner;
extern const store::Script kReadAccount;
extern const store::Script kReadChanges;
extern const store::Script kCommit;
extern const store::Script kWriteHealth;

}  // namespace postern::admin::scripts
