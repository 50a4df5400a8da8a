#include "services/sender/delivery/session_carrier.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "lib/words/wording.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

// As long as a delivery may take at all.
constexpr std::chrono::minutes kConnectLimit{30};

// A server that closed the connection, or says with a 421 that it does, while it waited.
bool MayBeStale(const absl::Status& ended) {
  return absl::IsUnavailable(ended) || absl::IsDataLoss(ended);
}

size_t CountPending(const smtp::Transaction& transaction) {
  return static_cast<size_t>(
      std::count_if(transaction.recipients.begin(), transaction.recipients.end(),
                    [](const smtp::Recipient& r) { return r.fate == smtp::Fate::kPending; }));
}

// The recipients that a further transaction is for, by their place in the whole.
std::vector<size_t> PlacesOf(const smtp::Transaction& whole, bool left_over_only) {
  std::vector<size_t> places;
  for (size_t i = 0; i < whole.recipients.size(); ++i) {
    const smtp::Recipient& r = whole.recipients[i];
    if (r.fate != smtp::Fate::kPending || (left_over_only && !r.left_over)) continue;
    places.push_back(i);
  }
  return places;
}

// What came of some of the recipients, put back among all.
void PutBack(smtp::Transaction& part, const std::vector<size_t>& places, smtp::Transaction& whole) {
  for (size_t i = 0; i < places.size(); ++i) {
    whole.recipients[places[i]] = std::move(part.recipients[i]);
  }
  whole.sender_refused = part.sender_refused;
  whole.dot_sent = part.dot_sent;
  whole.dot_began = whole.dot_began || part.dot_began;
}

}  // namespace

bool AsksOwner(const Account& account, HeldPasswords& passwords, const absl::Status& sign_in) {
  if (UsesTokens(account)) return absl::IsUnauthenticated(sign_in);
  return passwords.NeededBy(account);
}

net::Task<absl::StatusOr<SessionCarrier::Lent>> SessionCarrier::Connect() {
  parts_.pool.MakeRoom(place_);
  const uint64_t era = parts_.pool.EraOf(place_.key);
  auto connected = co_await parts_.relay.Connect(account_, kConnectLimit);
  const bool asking = AsksOwner(account_, parts_.passwords, connected.status());
  parts_.health.Report(account_.id, ConditionAfter(connected.status(), asking));
  if (!connected.ok()) co_return connected.status();
  co_return parts_.pool.Add(place_, *std::move(connected), era);
}

net::Task<absl::Status> SessionCarrier::Carry(Freight freight, BeforeDot& before_dot) {
  if (parts_.passwords.NeededBy(account_)) {
    parts_.health.Report(account_.id, Asking());
    co_return absl::UnauthenticatedError("the password is missing");
  }
  Lent lent = parts_.pool.Take(place_.key);
  // The operator edits routes while sessions are kept.
  const Route* const way = parts_.relay.WayOf(account_);
  while (lent && (*lent)->route != way) lent = parts_.pool.Take(place_.key);
  if (lent) {
    before_dot.Begin();
    absl::Status carried = co_await CarryOver((*lent)->session, freight, before_dot);
    const size_t most = MostMails((*lent)->session);
    if (carried.ok()) parts_.pool.GiveBack(std::move(lent), most);
    const bool stale = MayBeStale(carried) && freight.transaction.IsUntouched();
    if (!stale) co_return Meaning(carried);
    lent.reset();
    freight.content.Rewind();
  }
  auto fresh = co_await Connect();
  if (!fresh.ok()) co_return fresh.status();
  lent = *std::move(fresh);
  before_dot.Begin();
  absl::Status carried = co_await CarryOver((*lent)->session, freight, before_dot);
  const size_t most = MostMails((*lent)->session);
  if (carried.ok()) parts_.pool.GiveBack(std::move(lent), most);
  co_return Meaning(carried);
}

absl::Status SessionCarrier::Meaning(const absl::Status& ended) {
  // A session's errors have their words; others are of the content that was read.
  if (ended.ok() || !words::WordingOf(ended)) return OfQueue(ended);
  const absl::Status told = parts_.relay.InWords(account_, ended);
  if (!absl::IsUnauthenticated(ended)) return told;
  const bool asking = parts_.passwords.NeededBy(account_);
  parts_.health.Report(account_.id, ConditionAfter(told, asking));
  // Signed in, and yet told to: that is a matter of the account's settings.
  return words::Error(absl::StatusCode::kFailedPrecondition, SentenceOf(told));
}

size_t SessionCarrier::MostRecipients(const smtp::Session& session) const {
  const size_t told = session.limits().recipients;
  return told == 0 ? budget_.recipients : std::min(told, budget_.recipients);
}

size_t SessionCarrier::MostMails(const smtp::Session& session) const {
  const size_t told = session.limits().mails;
  return told == 0 ? budget_.mails_a_session : std::min(told, budget_.mails_a_session);
}

net::Task<absl::Status> SessionCarrier::CarryOnce(smtp::Session& session, Freight freight,
                                                  BeforeDot& before_dot) {
  auto wanted = co_await session.Offer(freight.envelope, freight.transaction);
  if (!wanted.ok()) co_return wanted.status();
  if (!*wanted) co_return absl::OkStatus();
  // On record first: from here on a crash leaves a trace, for the mail may have been taken.
  co_return co_await session.Transfer(freight.content, freight.transaction, &before_dot);
}

net::Task<absl::Status> SessionCarrier::CarryOver(smtp::Session& session, Freight freight,
                                                  BeforeDot& before_dot) {
  smtp::Transaction& whole = freight.transaction;
  const size_t most = std::max<size_t>(1, MostRecipients(session));
  const bool at_once = CountPending(whole) <= most;
  if (at_once) {
    absl::Status s = co_await CarryOnce(session, freight, before_dot);
    if (!s.ok() || !whole.AnyLeftOver()) co_return s;
  }
  std::vector<size_t> places = PlacesOf(whole, at_once);
  while (!places.empty() && session.Reusable()) {
    if (absl::Status s = co_await before_dot.Keep(whole); !s.ok()) co_return s;
    std::vector<size_t> now(places.begin(), places.begin() + std::min(most, places.size()));
    places.erase(places.begin(), places.begin() + now.size());
    smtp::Transaction part;
    for (size_t place : now) part.recipients.push_back(whole.recipients[place]);
    for (smtp::Recipient& r : part.recipients) r.accepted = r.left_over = false;
    freight.content.Rewind();
    Freight portion{freight.envelope, freight.content, part};
    absl::Status s = co_await CarryOnce(session, portion, before_dot);
    for (size_t i = 0; i < now.size(); ++i) {
      if (s.ok() && part.recipients[i].left_over) places.push_back(now[i]);
    }
    const bool refused = part.sender_refused;
    PutBack(part, now, whole);
    if (!s.ok() || refused) co_return s;
  }
  co_return absl::OkStatus();
}

}  // namespace postern::sender
