// MDaemon's spooled instant messages: IM-n.SEM, held back by IM-n.LCK.

#include "services/xmpp-edge/spool/spool_watcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/notification_desk.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::seconds kLookEvery{1}, kTellFor{3}, kComplainEvery{60};
// Both together are less than SpoolView::kAbandoned: who is slow is not taken for gone.
constexpr std::chrono::seconds kTellLimit{10}, kTouchEvery{3};

auto& told_total = metrics::Counter("postern_edge_spooled_messages_total",
                                    "Spooled instant messages that are done", {{"result", "told"}});
auto& failed_total =
    metrics::Counter("postern_edge_spooled_messages_total",
                     "Spooled instant messages that are done", {{"result", "failed"}});

bool IsForGood(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status) ||
         absl::IsFailedPrecondition(status);
}

std::chrono::nanoseconds WallClock() { return std::chrono::system_clock::now().time_since_epoch(); }

}  // namespace

net::Task<void> SpoolWatcher::Watch() {
  if (rules_.folder.empty()) co_return;
  for (;;) {
    co_await net::Sleep(kLookEvery);
    const std::chrono::nanoseconds now = WallClock();
    const std::chrono::nanoseconds ticks = std::chrono::steady_clock::now().time_since_epoch();
    co_await Look(now, ticks);
  }
}

net::Task<void> SpoolWatcher::Look(std::chrono::nanoseconds now, std::chrono::nanoseconds ticks) {
  using Files = absl::StatusOr<std::vector<SpoolFile>>;
  std::function<Files()> list = [folder = folder_, held = in_hand_]() -> Files {
    if (held) folder.Touch(*held);
    return folder.List();
  };
  Files files = co_await files_.Run(std::move(list));
  Complain("the folder of spooled messages can't be read", files.status());
  if (!files.ok()) co_return;
  const SpoolView::Sight sight = view_.Look(*files, now, ticks);
  for (const std::string& lock : sight.stale_locks) {
    log::Warn("a lock of a spooled message is older than ten minutes",
              {{"file", lock}, {"passed_over", rules_.pass_stale_locks}});
  }
  const bool free = co_await TellInHand();
  if (!free) co_return;
  std::vector<SpoolFile> found = sight.abandoned;
  found.insert(found.end(), sight.ready.begin(), sight.ready.end());
  const auto begun = std::chrono::steady_clock::now();
  for (const SpoolFile& file : found) {
    // What was seen long ago may be otherwise now.
    const bool fresh = std::chrono::steady_clock::now() - begun < kTellFor;
    if (in_hand_ || !fresh || !may_tell_()) co_return;
    co_await TakeAndTell(file);
  }
}

net::Task<void> SpoolWatcher::TakeAndTell(const SpoolFile& file) {
  using Work = absl::StatusOr<SpooledWork>;
  std::function<Work()> take = [folder = folder_, file, worker = worker_]() -> Work {
    return folder.Take(file, worker);
  };
  Work work = co_await files_.Run(std::move(take));
  if (absl::IsNotFound(work.status())) co_return;  // another edge has it
  Complain("a spooled message can't be taken", work.status());
  if (!work.ok()) co_return;
  in_hand_ = *std::move(work);
  (void)co_await TellInHand();
}

net::Task<bool> SpoolWatcher::TellInHand() {
  if (!in_hand_) co_return true;
  if (!may_tell_()) co_return false;
  const absl::StatusOr<std::string> problem = co_await TellAll();
  if (!problem.ok()) {
    log::Debug("a spooled message waits",
               {{"file", in_hand_->file}, {"reason", problem.status().message()}});
    co_return false;
  }
  const absl::Status settled = co_await Settle(*problem);
  Complain("a spooled message that is done can't be removed", settled);
  if (!settled.ok()) co_return false;
  if (problem->empty()) {
    told_total.Increment();
  } else {
    failed_total.Increment();
    log::Warn("a spooled message can't be told; it is in failed/",
              {{"file", in_hand_->file}, {"reason", *problem}});
  }
  in_hand_.reset();
  co_return true;
}

net::Task<absl::StatusOr<std::string>> SpoolWatcher::TellAll() {
  if (!in_hand_->problem.empty()) co_return in_hand_->problem;
  const auto message = ParseSpooledMessage(in_hand_->bytes);
  if (!message.ok()) co_return std::string(message.status().message());
  auto requests = RequestsOf(*message, in_hand_->key, rules_);
  if (!requests.ok()) co_return std::string(requests.status().message());
  std::vector<std::string> problems;
  auto touched = std::chrono::steady_clock::now();
  for (const edge::v1::NotifyRequest& request : *requests) {
    if (std::chrono::steady_clock::now() - touched > kTouchEvery) {
      co_await KeepInHand();
      touched = std::chrono::steady_clock::now();
    }
    net::Task<absl::Status> telling = tell_(request);
    const absl::Status told = co_await net::WithDeadline(kTellLimit, std::move(telling));
    if (told.ok()) {
      told_.push_back({request.notification_id(), request.to(), in_hand_->file});
      if (told_.size() > kMaxRemembered) told_.pop_front();
      continue;
    }
    if (!IsForGood(told)) co_return told;
    problems.push_back(absl::StrCat(request.to(), ": ", told.message()));
  }
  const size_t told = requests->size() - problems.size();
  if (!problems.empty() && told > 0) problems.push_back("all other receivers have it");
  co_return absl::StrJoin(problems, "\n");
}

void SpoolWatcher::Hear(const Element& stanza) {
  const std::string condition = RefusalCondition(stanza);
  if (condition.empty()) return;
  const auto from = ParseJid(stanza.Attr("from"));
  if (!from.ok()) return;
  const std::string bare = from->Bare();
  const auto sent_back = std::find_if(told_.begin(), told_.end(), [&](const Told& told) {
    return told.id == stanza.Attr("id") && told.to == bare;
  });
  if (sent_back == told_.end()) return;
  log::Warn("a spooled message did not reach a receiver",
            {{"file", sent_back->file}, {"to", bare}, {"reason", RefusalWords(condition)}});
  told_.erase(sent_back);
}

net::Task<void> SpoolWatcher::KeepInHand() {
  std::function<bool()> touch = [folder = folder_, work = *in_hand_] {
    folder.Touch(work);
    return true;
  };
  co_await files_.Run(std::move(touch));
}

net::Task<absl::Status> SpoolWatcher::Settle(const std::string& problem) {
  std::function<absl::Status()> settle = [folder = folder_, work = *in_hand_, problem] {
    return problem.empty() ? folder.Remove(work) : folder.Fail(work, problem);
  };
  co_return co_await files_.Run(std::move(settle));
}

// Once a minute for each trouble, not every second.
void SpoolWatcher::Complain(absl::string_view what, const absl::Status& status) {
  if (status.ok()) return;
  const auto now = std::chrono::steady_clock::now();
  const auto [last, is_new] = complained_.try_emplace(std::string(what), now);
  if (!is_new && now - last->second < kComplainEvery) return;
  last->second = now;
  log::Error(what, {{"error", status.message()}});
}

}  // namespace postern::xmpp_edge
