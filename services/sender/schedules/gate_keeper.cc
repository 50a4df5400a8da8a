#include "services/sender/schedules/gate_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/net/deadline.h"
#include "lib/process/metrics.h"

namespace postern::sender {
namespace {

auto& gates_shut = metrics::Gauge("postern_sender_gates_shut",
                                  "Accounts whose mail waits for a schedule or a route");
auto& runs_begun =
    metrics::Counter("postern_sender_runs_total", "Runs of schedules that let waiting mail go");

constexpr size_t kCountAtOnce = 500;
constexpr std::chrono::milliseconds kGather{100};
constexpr std::chrono::seconds kRedisPause{1};
constexpr std::chrono::minutes kIdle{1};
constexpr absl::Duration kForRetried = absl::Minutes(5);
// Another sender may have been asked to retry.
constexpr absl::Duration kTellAgain = absl::Minutes(15);
// We open gates ourselves. This is for one whose sender is gone for good.
constexpr std::chrono::hours kShut{24 * 366};

}  // namespace

GateKeeper::GateKeeper(boost::asio::any_io_executor executor, GateParts parts)
    : parts_(std::move(parts)), wake_(executor) {}

net::Task<void> GateKeeper::Run() {
  while (!parts_.accounts.loaded()) co_await wake_.WaitFor(kRedisPause);
  co_await Begin();
  for (;;) {
    if (mail_came_) co_await net::Sleep(kGather);  // for many that come together one look
    co_await Look();
    co_await TellGates();
    co_await TellNotes();
    const net::Duration pause = UntilNextAsk();
    co_await wake_.WaitFor(pause);
  }
}

net::Task<void> GateKeeper::Begin() {
  auto record = co_await parts_.record.Load();
  while (!record.ok()) {
    co_await net::Sleep(kRedisPause);
    record = co_await parts_.record.Load();
  }
  // Who had a gate may be to have none now.
  for (const auto& [name, time] : *record) {
    absl::string_view id = name;
    if (!absl::ConsumePrefix(&id, "account/")) continue;
    set_.emplace(id);
    untold_.emplace(id);
  }
  gates_.emplace(*std::move(record));
  tell_again_ = absl::Now() + kTellAgain;
  RoutesChanged();
}

void GateKeeper::AccountChanged(const std::string& id) {
  if (parts_.accounts.Find(id) == nullptr) {
    known_.erase(id);
  } else {
    known_.insert(id);
  }
  if (gates_) Review(id);
  wake_.Notify();
}

void GateKeeper::RoutesChanged() {
  if (!gates_) return;
  ReviewRoutes();
  for (const std::string& id : known_) Review(id);
  wake_.Notify();
}

void GateKeeper::ReviewRoutes() {
  const auto table = parts_.routes();
  const std::vector<std::string> before = std::exchange(routes_, {});
  for (const RouteSettings& route : table->routes) {
    if (!route.HasTimes()) continue;
    routes_.push_back(absl::AsciiStrToLower(route.name));
    std::string host;
    if (route.relay) host = route.relay->host;
    gates_->PutRoute(routes_.back(), std::move(host), route.schedule, absl::Now());
  }
  for (const std::string& name : before) {
    if (std::find(routes_.begin(), routes_.end(), name) == routes_.end()) gates_->RemoveRoute(name);
  }
}

void GateKeeper::Review(const std::string& id) {
  const Account* account = parts_.accounts.Find(id);
  if (account == nullptr) return gates_->Remove(id);
  Gates::Account kept;
  kept.id = id;
  kept.host = account->host;
  kept.schedule = account->sending.schedule;
  kept.time_zone = account->sending.time_zone;
  kept.route = absl::AsciiStrToLower(parts_.route_of(*account));
  gates_->Put(kept, absl::Now());
}

net::Task<void> GateKeeper::Look() {
  const absl::Time now = absl::Now();
  if (std::exchange(mail_came_, false)) gates_->MailCame(now);
  std::vector<std::string> ids = gates_->ToCount(now);
  Gates::Counts counts;
  for (size_t first = 0; first < ids.size(); first += kCountAtOnce) {
    const size_t end = std::min(ids.size(), first + kCountAtOnce);
    const std::vector<std::string> some(ids.begin() + first, ids.begin() + end);
    auto waiting = co_await parts_.outbox.CountWaiting(some);
    if (!waiting.ok()) break;  // what is not known stays as it is
    for (size_t i = 0; i < some.size() && i < waiting->size(); ++i) counts[some[i]] = (*waiting)[i];
  }
  gates_->Advance(now, counts);
  for (std::string& id : gates_->TakeChanged()) untold_.insert(std::move(id));
  if (now >= tell_again_) {
    untold_.insert(shut_.begin(), shut_.end());
    tell_again_ = now + kTellAgain;
  }
  runs_begun.Increment(
      static_cast<double>(gates_->begun() - std::exchange(begun_, gates_->begun())));
}

// Nothing of it is lost while Redis is away: it is tried again at the next look.
net::Task<void> GateKeeper::TellGates() {
  bool opened = false;
  const std::vector<std::string> ids(untold_.begin(), untold_.end());
  for (const std::string& id : ids) {
    const bool has_gate = gates_->HasGate(id), shut = gates_->IsShut(id);
    std::optional<milliseconds> for_so_long;
    if (shut) for_so_long = kShut;
    // On record first: a gate that nobody knows of would stay shut when its schedule goes.
    if (has_gate && !set_.contains(id)) {
      absl::Status noted = co_await parts_.record.Note("account/" + id, 1);
      if (!noted.ok()) break;
      set_.insert(id);
    }
    if (has_gate || set_.contains(id)) {
      absl::Status set = co_await parts_.outbox.SetGate(id, for_so_long);
      if (!set.ok()) break;
      opened = opened || !shut;
    }
    if (!has_gate && set_.erase(id) > 0) notes_["account/" + id] = 0;
    if (shut) {
      shut_.insert(id);
    } else {
      shut_.erase(id);
    }
    // It may be another one meanwhile.
    if (gates_->IsShut(id) == shut) untold_.erase(id);
  }
  gates_shut.Set(static_cast<double>(shut_.size()));
  if (opened) parts_.mail_due();
}

net::Task<void> GateKeeper::TellNotes() {
  Gates::Record news = gates_->TakeNotes();
  for (const auto& [name, time] : news) notes_[name] = time;
  while (!notes_.empty()) {
    const auto [name, time] = *notes_.begin();
    absl::Status status;
    if (time == 0) {
      status = co_await parts_.record.Forget(name);
    } else {
      status = co_await parts_.record.Note(name, time);
    }
    if (!status.ok()) co_return;
    notes_.erase(name);
  }
}

net::Duration GateKeeper::UntilNextAsk() const {
  if (!untold_.empty() || !notes_.empty()) return kRedisPause;
  const absl::Time now = absl::Now();
  const absl::Duration pause = gates_->NextAsk(now) - now;
  if (pause > absl::FromChrono(kIdle)) return kIdle;
  return absl::ToChronoMilliseconds(std::max(pause, absl::ZeroDuration()) + absl::Milliseconds(1));
}

void GateKeeper::MailCame() {
  if (!gates_ || gates_->empty() || std::exchange(mail_came_, true)) return;
  wake_.Notify();
}

void GateKeeper::Connected(absl::string_view host) {
  if (!gates_) return;
  gates_->Connected(host, absl::Now());
  if (gates_->NextAsk(absl::Now()) <= absl::Now()) wake_.Notify();
}

void GateKeeper::Retried() {
  tell_again_ = std::min(tell_again_, absl::Now() + kForRetried);
  wake_.Notify();
}

std::optional<absl::Time> GateKeeper::GoesAt(const std::string& account_id, absl::Time due) const {
  if (!gates_) return std::nullopt;
  return gates_->GoesAt(account_id, absl::Now(), due);
}

std::string GateKeeper::ShutBy(const std::string& account_id) const {
  if (!gates_ || !gates_->IsShut(account_id)) return "";
  if (gates_->IsShutByItself(account_id)) return "its schedule";
  const Account* account = parts_.accounts.Find(account_id);
  return account == nullptr ? "" : "route " + parts_.route_of(*account);
}

std::vector<std::string> GateKeeper::AccountsOf(absl::string_view route) const {
  if (!gates_) return {};
  return gates_->AccountsOf(absl::AsciiStrToLower(route));
}

bool GateKeeper::IsRouteOpen(absl::string_view route) const {
  return !gates_ || gates_->IsRouteOpen(absl::AsciiStrToLower(route));
}

std::optional<absl::Time> GateKeeper::NextRunOf(absl::string_view route) const {
  if (!gates_) return std::nullopt;
  return gates_->NextRunOf(absl::AsciiStrToLower(route), absl::Now());
}

}  // namespace postern::sender
