#include "services/xmpp-edge/watching_text.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "lib/schedule/quiet_hours.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

std::string Fetched(const admin::v1::Account& account, absl::TimeZone zone, absl::Time now,
                    const Words& words) {
  const admin::v1::Watching& watching = account.watching();
  if (watching.schedule().empty()) {
    return account.type() == admin::v1::ACCOUNT_TYPE_POP3
               ? texts::FetchedEvery(words, account.name(), account.interval_minutes())
               : texts::FetchedAsItArrives(words, account.name());
  }
  const auto times =
      schedule::ParseSchedule(watching.schedule(), schedule::Syntax::kExtended, zone);
  const auto next = times.ok() ? NextRun(*times, schedule::Traffic::kFetch, now) : std::nullopt;
  if (!next) return texts::FetchedWhenConnected(words, account.name());
  return texts::FetchedNextAt(words, account.name(), texts::ZonedDate(words, *next, zone));
}

}  // namespace

std::string WatchingText(const admin::v1::Account& account, absl::Time now, const Words& words) {
  const admin::v1::Watching& watching = account.watching();
  const absl::TimeZone zone =
      schedule::FindZone(watching.time_zone()).value_or(absl::UTCTimeZone());
  std::vector<std::string> said{Fetched(account, zone, now, words)};
  const auto quiet = schedule::QuietHours::Parse(watching.quiet_hours(), zone);
  if (!watching.quiet_hours().empty()) {
    said.push_back(texts::QuietAt(words, watching.quiet_hours()));
  }
  const auto until = quiet.ok() ? quiet->Until(now) : std::nullopt;
  if (until) said.push_back(texts::QuietNow(words, texts::ZonedDate(words, *until, zone)));
  if (watching.more_mailboxes_size() > 0) {
    said.push_back(texts::OtherFolders(words, absl::StrJoin(watching.more_mailboxes(), ", ")));
  }
  if (watching.remove_after_days() > 0) {
    said.push_back(texts::RemovedAfter(words, watching.remove_after_days()));
  }
  return absl::StrJoin(said, " ");
}

}  // namespace postern::xmpp_edge
