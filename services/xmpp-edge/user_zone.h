#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// The time zone that a user has named for an account of theirs, for its quiet hours or for mails
// that are sent later; else for another one. UTC: for none.
absl::TimeZone ZoneOf(const AccountDirectory& directory, const std::string& user,
                      absl::string_view account_id);

// "2026-11-23 07:00 (Europe/Berlin)", or as the gateway tells times of which it knows no zone.
std::string TimeIn(absl::TimeZone zone, int64_t unix_seconds, const Words& words);

}  // namespace postern::xmpp_edge
