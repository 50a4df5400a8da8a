#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/spool/file_thread.h"
#include "services/xmpp-edge/spool/spool_folder.h"
#include "services/xmpp-edge/spool/spool_rules.h"
#include "services/xmpp-edge/spool/spool_view.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// Tells the messages of the folder, one after the other, as long as `may_tell` says so. Each is
// taken by rename first and removed when all receivers have it; `tell` drops repeats, so one that
// a crash left behind is told once more by whoever finds it, and comes once. What can't be told
// goes to failed/.
class SpoolWatcher {
 public:
  // NotificationDesk::NotifyUnlessRefused.
  using Tell = std::function<net::Task<absl::Status>(edge::v1::NotifyRequest)>;

  SpoolWatcher(SpoolRules rules, std::string worker, Tell tell, std::function<bool()> may_tell)
      : rules_(std::move(rules)),
        worker_(std::move(worker)),
        tell_(std::move(tell)),
        may_tell_(std::move(may_tell)),
        folder_(rules_.folder),
        view_(worker_, rules_.pass_stale_locks) {}

  // Looks every second, for ever; at once returns when there is no folder.
  net::Task<void> Watch();
  // `ticks`: of a clock that never jumps.
  net::Task<void> Look(std::chrono::nanoseconds now, std::chrono::nanoseconds ticks);
  // Of each stanza that comes. A message that was told and is sent back later, as other servers do,
  // is in the log; nobody has its file any more.
  void Hear(const Element& stanza);

 private:
  struct Told {
    std::string id, to, file;
  };
  static constexpr size_t kMaxRemembered = 1000;  // of what may yet be sent back

  net::Task<void> TakeAndTell(const SpoolFile& file);
  // False: not now; what is in hand stays there.
  net::Task<bool> TellInHand();
  // Why it can't be told; empty: it was. kUnavailable and its like: not now.
  net::Task<absl::StatusOr<std::string>> TellAll();
  // Others see that it is.
  net::Task<void> KeepInHand();
  net::Task<absl::Status> Settle(const std::string& problem);
  void Complain(absl::string_view what, const absl::Status& status);

  const SpoolRules rules_;
  const std::string worker_;
  const Tell tell_;
  const std::function<bool()> may_tell_;
  const SpoolFolder folder_;
  SpoolView view_;
  FileThread files_;
  std::optional<SpooledWork> in_hand_;
  std::deque<Told> told_;
  std::map<std::string, std::chrono::steady_clock::time_point> complained_;  // of what, when last
};

}  // namespace postern::xmpp_edge
