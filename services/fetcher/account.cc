#include "services/fetcher/account.h"

#include <algorithm>

#include "services/fetcher/timetable.h"

namespace postern::fetcher {

Action PresenceActions::For(Show show) const {
  switch (show) {
    case Show::kChat:
      return chat;
    case Show::kOnline:
      return online;
    case Show::kAway:
      return away;
    case Show::kXa:
      return xa;
    case Show::kDnd:
      return dnd;
    case Show::kOffline:
      return offline;
  }
  return offline;
}

net::Endpoint Account::Endpoint() const {
  net::Endpoint endpoint;
  endpoint.host = host;
  endpoint.port = port;
  endpoint.tls = security == Security::kTls;
  return endpoint;
}

std::optional<int64_t> QuietUntil(const Account& account, int64_t now_unix) {
  return account.timetable ? account.timetable->QuietUntil(now_unix) : std::nullopt;
}

Disposition Decide(const Account& account, const Availability& availability, int64_t received_unix,
                   int64_t now_unix) {
  if (!availability.known) return Disposition::kWait;
  if (QuietUntil(account, now_unix)) return Disposition::kWait;
  if (account.live_email_only) {
    // Passed over when the user comes back, not now: should the edge have lost
    // sight of the user for a moment only, nothing is missed.
    if (availability.show == Show::kOffline) return Disposition::kWait;
    // INTERNALDATE has whole seconds: a mail within the very second counts as live.
    if (received_unix < availability.since_unix_ms / 1000) return Disposition::kPassOver;
  }
  switch (account.actions.For(availability.show)) {
    case Action::kNothing:
      return Disposition::kWait;
    case Action::kDigest:
      return Disposition::kDigest;
    case Action::kFull:
      return Disposition::kDeliver;
  }
  return Disposition::kWait;
}

bool Releases(const Account& account, const Availability& before, const Availability& now,
              std::optional<int64_t> waiting_since, int64_t now_unix) {
  if (before == now) return false;
  const int64_t received = waiting_since.value_or(now_unix);
  switch (Decide(account, now, received, now_unix)) {
    case Disposition::kWait:
      return false;
    case Disposition::kDigest:
      return waiting_since && DigestDue(account, received, now_unix) <= now_unix;
    case Disposition::kPassOver:
    case Disposition::kDeliver:
      return waiting_since || Decide(account, before, received, now_unix) != Disposition::kDeliver;
  }
  return false;
}

int64_t DigestDue(const Account& account, int64_t received_unix, int64_t now_unix) {
  return std::min(received_unix, now_unix) + account.interval_seconds;
}

}  // namespace postern::fetcher
