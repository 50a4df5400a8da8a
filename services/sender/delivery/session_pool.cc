#include "services/sender/delivery/session_pool.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "lib/process/metrics.h"

namespace postern::sender {
namespace {

auto& sessions_open =
    metrics::Gauge("postern_sender_sessions", "Connections to mail servers", {{"state", "open"}});
auto& sessions_idle =
    metrics::Gauge("postern_sender_sessions", "Connections to mail servers", {{"state", "idle"}});
auto& opened = metrics::Counter("postern_sender_sessions_opened_total",
                                "Connections to mail servers that were opened");
auto& reused = metrics::Counter("postern_sender_sessions_reused_total",
                                "Times a connection served a further mail");

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTidyEvery{1};
constexpr std::chrono::milliseconds kStopGrace{300};
constexpr size_t kMostEras = 10'000;
constexpr size_t kMostFarewells = 256;  // past that a connection is just closed

net::Task<void> SayGoodBye(std::unique_ptr<SessionPool::Lent> lent) {
  co_await (*lent)->session.Quit();
}

void CountDown(absl::flat_hash_map<std::string, size_t>& counts, const std::string& of) {
  const auto found = counts.find(of);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

size_t CountOf(const absl::flat_hash_map<std::string, size_t>& counts, const std::string& of) {
  const auto found = counts.find(of);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

SessionPool::Lent::Lent(SessionPool& pool, SessionPlace place,
                        std::unique_ptr<RelaySession> connection)
    : pool_(pool), place_(std::move(place)), connection_(std::move(connection)) {
  ++pool_.open_;
  if (!place_.owner.empty()) ++pool_.of_owner_[place_.owner];
  ++pool_.of_host_[place_.host];
}

SessionPool::Lent::~Lent() {
  --pool_.open_;
  if (!place_.owner.empty()) CountDown(pool_.of_owner_, place_.owner);
  CountDown(pool_.of_host_, place_.host);
  pool_.ShowCounts();
}

// A server that says something between two mails says that it is over (421), or hangs up.
void SessionPool::Lent::Arm() {
  armed_ = true;
  connection_->stream->WhenReadable([this] { Heard(); });
}

void SessionPool::Lent::Heard() {
  armed_ = false;
  const auto line = connection_->stream->LineAtHand();
  if (line.ok() && !line->has_value()) return Arm();  // TLS of its own, such as a ticket
  const auto mine = std::find_if(pool_.idle_.begin(), pool_.idle_.end(),
                                 [this](const auto& one) { return one.get() == this; });
  if (mine != pool_.idle_.end()) pool_.Drop(mine);
}

SessionPool::SessionPool(boost::asio::any_io_executor executor, PoolLimits limits)
    : executor_(executor),
      limits_(limits),
      self_(std::make_shared<SessionPool*>(this)),
      farewells_(executor) {}

SessionPool::~SessionPool() { *self_ = nullptr; }

void SessionPool::ShowCounts() const {
  sessions_open.Set(static_cast<double>(open_));
  sessions_idle.Set(static_cast<double>(idle_.size()));
}

uint64_t SessionPool::EraOf(const std::string& key) const {
  const auto found = eras_.find(key);
  return found == eras_.end() ? first_era_ : found->second;
}

std::unique_ptr<SessionPool::Lent> SessionPool::Add(SessionPlace place,
                                                    std::unique_ptr<RelaySession> connection,
                                                    uint64_t era) {
  opened.Increment();
  std::unique_ptr<Lent> lent(new Lent(*this, std::move(place), std::move(connection)));
  lent->era_ = era;
  ShowCounts();
  return lent;
}

std::unique_ptr<SessionPool::Lent> SessionPool::Take(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  std::unique_ptr<Lent> lent = Pull(found->second.back());
  reused.Increment();
  return lent;
}

std::unique_ptr<SessionPool::Lent> SessionPool::Pull(Idle::iterator one) {
  std::unique_ptr<Lent> lent = std::move(*one);
  const auto siblings = by_key_.find(lent->place_.key);
  std::erase(siblings->second, one);
  if (siblings->second.empty()) by_key_.erase(siblings);
  idle_.erase(one);
  if (lent->armed_) lent->connection_->stream->WhenReadable(nullptr);
  lent->armed_ = false;
  return lent;
}

void SessionPool::Drop(Idle::iterator one) { Pull(one).reset(); }
void SessionPool::Retire(Idle::iterator one) { Farewell(Pull(one)); }

void SessionPool::Farewell(std::unique_ptr<Lent> lent) {
  if (farewells_.size() >= kMostFarewells) return;
  farewells_.Spawn("good-bye", SayGoodBye(std::move(lent)));
}

bool SessionPool::GiveWay(const std::string SessionPlace::*whose, const std::string& to) {
  const auto oldest = std::find_if(idle_.begin(), idle_.end(), [&](const auto& one) {
    return whose == nullptr || one->place_.*whose == to;
  });
  if (oldest == idle_.end()) return false;
  // At once: the place is wanted now, and a good-bye would keep it.
  Drop(oldest);
  return true;
}

void SessionPool::MakeRoom(const SessionPlace& place) {
  while (!place.owner.empty() && CountOf(of_owner_, place.owner) >= limits_.per_owner) {
    if (!GiveWay(&SessionPlace::owner, place.owner)) break;
  }
  while (CountOf(of_host_, place.host) >= limits_.per_host) {
    if (!GiveWay(&SessionPlace::host, place.host)) break;
  }
  while (open_ >= limits_.in_all) {
    if (!GiveWay(nullptr, "")) break;
  }
}

void SessionPool::GiveBack(std::unique_ptr<Lent> lent, size_t most) {
  ++lent->mails_;
  const bool stale = lent->era_ != EraOf(lent->place_.key);
  if (stopped_ || stale || lent->mails_ >= most || !lent->connection_->session.Reusable()) {
    return Farewell(std::move(lent));
  }
  std::vector<Idle::iterator>& siblings = by_key_[lent->place_.key];
  lent->idle_until_ = Clock::now() + limits_.idle;
  siblings.push_back(idle_.insert(idle_.end(), std::move(lent)));
  if (siblings.size() > limits_.idle_of_one) Retire(siblings.front());
  ArmLater();
}

// Most go on with another mail before anybody could have said something.
void SessionPool::ArmLater() {
  if (std::exchange(arming_, true)) return;
  boost::asio::post(executor_, [self = self_] {
    SessionPool* pool = *self;
    if (pool == nullptr) return;
    pool->arming_ = false;
    for (auto one = pool->idle_.rbegin(); one != pool->idle_.rend() && !(*one)->armed_; ++one) {
      (*one)->Arm();
    }
    pool->ShowCounts();
  });
}

void SessionPool::End(const std::string& key) {
  if (eras_.size() >= kMostEras) {
    eras_.clear();
    first_era_ = ++ends_;  // for all: a little more is closed than has to be
  }
  eras_[key] = ++ends_;
  for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key)) {
    Retire(found->second.front());
  }
}

net::Task<void> SessionPool::KeepTidy() {
  for (;;) {
    const auto now = Clock::now();
    while (!idle_.empty() && idle_.front()->idle_until_ <= now) Retire(idle_.begin());
    ShowCounts();
    co_await net::Sleep(kTidyEvery);
  }
}

net::Task<void> SessionPool::Stop() {
  stopped_ = true;
  while (!idle_.empty()) Retire(idle_.begin());
  for (auto waited = kStopGrace; farewells_.size() > 0 && waited.count() > 0;) {
    constexpr std::chrono::milliseconds kLook{10};
    co_await net::Sleep(kLook);
    waited -= kLook;
  }
  co_await farewells_.Stop();
}

}  // namespace postern::sender
