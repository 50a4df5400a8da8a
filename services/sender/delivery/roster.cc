#include "services/sender/delivery/roster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postern::sender {
namespace {

using Time = Roster::Time;

constexpr std::chrono::minutes kMinute{1};
// A server that takes a mail within this is worth preparing the next ones.
constexpr std::chrono::seconds kQuick{2};

size_t CountOf(const absl::flat_hash_map<std::string, size_t>& counts, const std::string& of) {
  const auto found = counts.find(of);
  return found == counts.end() ? 0 : found->second;
}

void CountDown(absl::flat_hash_map<std::string, size_t>& counts, const std::string& of) {
  const auto found = counts.find(of);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace

struct Roster::Lane {
  LaneOf spec;
  std::deque<Line*> turns;  // those with mails that are ready
  size_t lines = 0, under_way = 0, ready = 0;
  bool stalled = false;
};

struct Roster::Line {
  std::string account, owner;
  Lane* lane = nullptr;
  std::deque<MailInHand*> ready;
  size_t under_way = 0, settling = 0;
  std::deque<Time> begun;  // of the last minute, where that is limited
  Time last_used;
  bool more = false;    // may wait in the queue
  bool asking = false;  // for them
  bool quick = false;   // the last mail went quickly

  bool Empty() const { return ready.empty() && under_way == 0 && settling == 0; }
};

Roster::Roster(WorkerLimits limits) : limits_(limits) {}
Roster::~Roster() = default;

std::string Roster::KeyOf(const Lease& lease) {
  return absl::StrCat(lease.queue_id, "/", lease.token);
}

Roster::Line& Roster::LineOf(const TakenMail& mail, const LaneOf& spec) {
  std::unique_ptr<Line>& line = lines_[mail.account_id];
  if (!line) {
    line = std::make_unique<Line>();
    line->account = mail.account_id;
    line->owner = mail.owner;
  }
  // What is on its way still goes by the old lane.
  if (line->lane != nullptr && (!line->Empty() || line->lane->spec.lane == spec.lane)) {
    if (line->lane->spec.lane == spec.lane) line->lane->spec = spec;
    return *line;
  }
  if (line->lane != nullptr) Leave(*line);
  std::unique_ptr<Lane>& lane = lanes_[spec.lane];
  if (!lane) lane = std::make_unique<Lane>();
  lane->spec = spec;
  ++lane->lines;
  line->lane = lane.get();
  return *line;
}

void Roster::Leave(Line& line) {
  Lane* lane = std::exchange(line.lane, nullptr);
  if (--lane->lines > 0) return;
  stalled_.remove(lane->spec.lane);
  lanes_.erase(lane->spec.lane);
}

MailInHand& Roster::Add(TakenMail mail, const LaneOf& spec) {
  Line& line = LineOf(mail, spec);
  std::unique_ptr<MailInHand>& slot = mails_[KeyOf(mail.lease)];
  slot = std::make_unique<MailInHand>();
  slot->mail = std::move(mail);
  if (line.ready.empty()) line.lane->turns.push_back(&line);
  line.ready.push_back(slot.get());
  line.more = true;
  ++line.lane->ready;
  ++waiting_;
  return *slot;
}

size_t Roster::LeftOfMinute(const Line& line, Time now) {
  const size_t most = line.lane->spec.mails_a_minute;
  if (most == 0) return SIZE_MAX;
  const auto of_minute = std::count_if(line.begun.begin(), line.begun.end(),
                                       [now](Time begun) { return begun + kMinute > now; });
  return most - std::min(most, static_cast<size_t>(of_minute));
}

bool Roster::MayBegin(const Line& line, Time now) const {
  const LaneOf& lane = line.lane->spec;
  return line.under_way < lane.per_account && line.settling < kMostSettling &&
         CountOf(of_owner_, line.owner) < lane.per_owner && LeftOfMinute(line, now) > 0;
}

bool Roster::OthersAreInTheWay(const Lane& lane) const {
  if (under_way_ >= limits_.sessions) return true;
  return !lane.spec.host.empty() && !lane.spec.shared &&
         CountOf(of_host_, lane.spec.host) >= limits_.per_host;
}

MailInHand* Roster::Begin(const std::string& key, Time now) {
  const auto found = lanes_.find(key);
  if (found == lanes_.end()) return nullptr;
  Lane& lane = *found->second;
  if (lane.under_way >= lane.spec.sessions) return nullptr;  // one of them will come for it
  for (size_t i = OthersAreInTheWay(lane) ? 0 : lane.turns.size(); i > 0; --i) {
    Line& line = *lane.turns.front();
    lane.turns.pop_front();
    const bool begins = MayBegin(line, now);
    if (!begins || line.ready.size() > 1) lane.turns.push_back(&line);
    if (begins) return &Start(line, now);
  }
  Stall(lane);
  return nullptr;
}

// Those that are ready are looked at again when something ended (BeginStalled).
void Roster::Stall(Lane& lane) {
  if (lane.turns.empty() || std::exchange(lane.stalled, true)) return;
  stalled_.push_back(lane.spec.lane);
}

MailInHand& Roster::Start(Line& line, Time now) {
  MailInHand& mail = *line.ready.front();
  line.ready.pop_front();
  mail.stage = MailInHand::Stage::kUnderWay;
  mail.begun = line.last_used = now;
  ++line.under_way;
  ++line.lane->under_way;
  ++under_way_;
  ++of_owner_[line.owner];
  if (!line.lane->spec.shared) ++of_host_[line.lane->spec.host];
  --line.lane->ready;
  --waiting_;
  if (line.lane->spec.mails_a_minute > 0) {
    while (!line.begun.empty() && line.begun.front() + kMinute <= now) line.begun.pop_front();
    line.begun.push_back(now);
  }
  return mail;
}

MailInHand* Roster::BeginStalled(Time now) {
  for (size_t i = stalled_.size(); i > 0; --i) {
    const std::string key = std::move(stalled_.front());
    stalled_.pop_front();
    const auto found = lanes_.find(key);
    if (found == lanes_.end()) continue;
    found->second->stalled = false;
    if (MailInHand* mail = Begin(key, now); mail != nullptr) {
      // Others of the lane may still be kept waiting.
      Stall(*found->second);
      return mail;
    }
  }
  return nullptr;
}

void Roster::Carried(MailInHand& mail, Time now) {
  Line& line = *lines_.find(mail.mail.account_id)->second;
  mail.stage = MailInHand::Stage::kSettling;
  mail.transaction = nullptr;
  line.quick = now - mail.begun < kQuick;
  line.last_used = now;
  ++line.settling;
  --line.under_way;
  --line.lane->under_way;
  --under_way_;
  CountDown(of_owner_, line.owner);
  if (!line.lane->spec.shared) CountDown(of_host_, line.lane->spec.host);
}

void Roster::Withdraw(MailInHand& mail) {
  Line& line = *lines_.find(mail.mail.account_id)->second;
  std::erase(line.ready, &mail);
  if (line.ready.empty()) std::erase(line.lane->turns, &line);
  mail.stage = MailInHand::Stage::kSettling;
  ++line.settling;
  --line.lane->ready;
  --waiting_;
}

void Roster::Done(MailInHand& mail) {
  if (mail.stage == MailInHand::Stage::kReady) Withdraw(mail);
  Line& line = *lines_.find(mail.mail.account_id)->second;
  if (mail.stage == MailInHand::Stage::kUnderWay) {
    Carried(mail, mail.begun + kQuick);
    Stall(*line.lane);  // it was broken off, and nobody begins the next one
  }
  --line.settling;
  const std::string key = KeyOf(mail.mail.lease);
  mails_.erase(key);
}

size_t Roster::MoreWanted(const std::string& account_id, Time now) {
  const auto found = lines_.find(account_id);
  if (found == lines_.end()) return 0;
  Line& line = *found->second;
  const bool wants = line.more && !line.asking && line.quick && line.ready.size() < kLow &&
                     line.settling < kMostSettling && HasRoom();
  if (!wants) return 0;
  const size_t left = LeftOfMinute(line, now);
  const size_t count = std::min(kBatch, left - std::min(left, line.ready.size()));
  line.asking = count > 0;
  return count;
}

void Roster::Got(const std::string& account_id, size_t asked, size_t got) {
  const auto found = lines_.find(account_id);
  if (found == lines_.end()) return;
  found->second->asking = false;
  found->second->more = got >= asked;
}

Roster::Busy Roster::WhoIsBusy(Time now) const {
  Busy busy;
  for (const auto& [id, line] : lines_) {
    const LaneOf& lane = line->lane->spec;
    const size_t enough = line->quick ? kLow : lane.per_account;
    const size_t ahead = line->ready.size() + (line->quick ? 0 : line->under_way);
    const bool has_enough = ahead >= enough || line->asking || line->settling >= kMostSettling ||
                            LeftOfMinute(*line, now) <= line->ready.size();
    if (has_enough) busy.accounts.push_back(id);
    const bool owner_busy = !lane.shared && CountOf(of_owner_, line->owner) >= lane.per_owner;
    if (owner_busy && line->under_way > 0) busy.owners.push_back(line->owner);
  }
  for (const auto& [key, lane] : lanes_) {
    if (lane->spec.shared && lane->ready >= 2 * lane->spec.sessions) busy.full_lanes.push_back(key);
  }
  return busy;
}

std::optional<Time> Roster::NextAllowance(Time now) const {
  std::optional<Time> next;
  for (const auto& [id, line] : lines_) {
    if (line->begun.empty() || LeftOfMinute(*line, now) > 0) continue;
    const size_t most = line->lane->spec.mails_a_minute;
    const Time then = line->begun[line->begun.size() - most] + kMinute;
    next = std::min(next.value_or(then), then);
  }
  return next;
}

std::vector<MailInHand*> Roster::All() const {
  std::vector<MailInHand*> all;
  all.reserve(mails_.size());
  for (const auto& [key, mail] : mails_) all.push_back(mail.get());
  return all;
}

MailInHand* Roster::Find(const Lease& lease) const {
  const auto found = mails_.find(KeyOf(lease));
  return found == mails_.end() ? nullptr : found->second.get();
}

std::vector<MailInHand*> Roster::ReadyOf(const std::string& account_id) const {
  const auto found = lines_.find(account_id);
  if (found == lines_.end()) return {};
  return {found->second->ready.begin(), found->second->ready.end()};
}

const std::string& Roster::LaneOfMail(const MailInHand& mail) const {
  return lines_.find(mail.mail.account_id)->second->lane->spec.lane;
}

void Roster::Tidy(Time now) {
  for (auto one = lines_.begin(); one != lines_.end();) {
    Line& line = *one->second;
    const bool rests = line.Empty() && !line.asking && line.last_used + kMinute <= now;
    if (!rests) {
      ++one;
      continue;
    }
    Leave(line);
    lines_.erase(one++);
  }
}

}  // namespace postern::sender
