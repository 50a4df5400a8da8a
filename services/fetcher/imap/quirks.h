#pragma once

#include <chrono>

#include "absl/strings/string_view.h"
#include "services/fetcher/imap/capabilities.h"

namespace postern::fetcher::imap {

// What a provider's servers do otherwise than they say, or than everybody else. The one
// table is in quirks.cc, each row with its reason. The first row that fits counts, whole.
struct Quirks {
  // IDLE is begun anew after this at the latest; 0: as everywhere.
  std::chrono::seconds idle_limit{0};
  // IDLE is offered, and tells nothing: poll.
  bool no_idle = false;
  // NOOP tells nothing of new mail: the mailbox is opened anew at each poll.
  bool poll_by_reopening = false;
  // Between two polls, where the account's own interval is longer; 0: that one.
  std::chrono::seconds poll_limit{0};
  // IMAP4rev2 is offered, and does not work: it is not enabled, and nothing is expected of it.
  bool no_rev2 = false;
  // EXAMINE shows nothing new, or nothing that lasts: SELECT. All reading is by PEEK, so nothing
  // is marked as seen.
  bool needs_select = false;
  // Of one account, shared with the user's other clients; 0: nothing is known. With a
  // watcher and kVisitsOfOne visits an account has four.
  int most_connections = 0;
};

// What is known of the server. `host` as in the account; `name` is what it answers to ID
// (RFC 2971), or else how it greets. The answer lives for ever.
const Quirks& QuirksOf(absl::string_view host, const Capabilities& offered, absl::string_view name);

}  // namespace postern::fetcher::imap
