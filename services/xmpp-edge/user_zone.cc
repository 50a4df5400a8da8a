#include "services/xmpp-edge/user_zone.h"

#include <optional>

#include "lib/schedule/wall_clock.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

std::optional<absl::TimeZone> NamedFor(const admin::v1::Account& account) {
  for (const std::string* name :
       {&account.watching().time_zone(), &account.sending().time_zone()}) {
    if (name->empty()) continue;
    if (const auto zone = schedule::FindZone(*name); zone.ok()) return *zone;
  }
  return std::nullopt;
}

}  // namespace

absl::TimeZone ZoneOf(const AccountDirectory& directory, const std::string& user,
                      absl::string_view account_id) {
  const AccountDirectory::Account meant = directory.FindById(account_id);
  if (meant != nullptr && meant->owner() == user) {
    if (const auto zone = NamedFor(*meant)) return *zone;
  }
  for (const AccountDirectory::Account& other : directory.Of(user)) {
    if (const auto zone = NamedFor(*other)) return *zone;
  }
  return absl::UTCTimeZone();
}

std::string TimeIn(absl::TimeZone zone, int64_t unix_seconds, const Words& words) {
  if (zone == absl::UTCTimeZone()) return texts::ReadableDate(words, unix_seconds);
  return texts::ZonedDate(words, absl::FromUnixSeconds(unix_seconds), zone);
}

}  // namespace postern::xmpp_edge
