#include "services/sender/mx/mx_carrier.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/strings/str_join.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"

namespace postern::sender::mx {
namespace {

using smtp::Fate;
using Clock = std::chrono::steady_clock;

// Then no further server is begun with: the attempt as a whole has its limit, too.
constexpr std::chrono::minutes kTripLimit{20};

bool IsForGood(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsPermissionDenied(status);
}

words::Wording ReasonOf(const absl::Status& status) {
  auto wording = words::WordingOf(status);
  if (wording) return *std::move(wording);
  return words::Word("the mail server did not answer as it should");
}

absl::Status NotTried() {
  return words::Error(absl::StatusCode::kUnavailable,
                      words::Word("the mail servers of other recipients took too long"));
}

bool IsPending(const smtp::Transaction& transaction, size_t recipient) {
  return transaction.recipients[recipient].fate == Fate::kPending;
}

// Whoever has no answer of a server's own is told why.
void Explain(smtp::Transaction& transaction, const std::vector<size_t>& recipients,
             const absl::Status& status) {
  for (const size_t one : recipients) {
    smtp::Recipient& recipient = transaction.recipients[one];
    if (recipient.fate != Fate::kPending) continue;
    if (recipient.reason.empty() || IsForGood(status)) recipient.reason = ReasonOf(status);
    if (IsForGood(status)) recipient.fate = Fate::kFailed;
  }
}

}  // namespace

// One mail on its way. What ends the whole of it is kept: the queue's trouble, a lost lease.
struct MxCarrier::Trip {
  // Tells the mail's transaction of the dot before it is sent.
  class Dot final : public smtp::BeforeDot {
   public:
    Dot(Trip& trip, Part& part) : trip_(trip), part_(part) {}
    net::Task<absl::Status> Mark() override {
      absl::Status marked = co_await trip_.before_dot.Mark();
      if (!marked.ok()) trip_.ended = marked;
      if (marked.ok()) part_.BeginDot();
      co_return marked;
    }

   private:
    Trip& trip_;
    Part& part_;
  };

  class Content final : public smtp::ContentReader {
   public:
    explicit Content(Trip& trip) : trip_(trip) {}
    net::Task<absl::StatusOr<std::string>> Next() override {
      auto piece = co_await trip_.freight.content.Next();
      if (!piece.ok()) trip_.ended = piece.status();
      co_return piece;
    }
    void Rewind() override { trip_.freight.content.Rewind(); }

   private:
    Trip& trip_;
  };

  Trip(Freight& f, BeforeDot& b) : freight(f), before_dot(b) {}

  Freight& freight;
  BeforeDot& before_dot;
  absl::Status ended;
  const Clock::time_point late = Clock::now() + kTripLimit;
};

net::Task<absl::StatusOr<Consignment>> MxCarrier::PlanFor(std::string domain, bool require_tls) {
  const auto pick = [this](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random_);
  };
  auto hosts = co_await FindMailHosts(parts_.dns, domain, pick);
  if (!hosts.ok()) co_return hosts.status();
  Consignment one;
  one.to = *std::move(hosts);
  one.demands.domains.push_back(domain);
  one.demands.hosts_secure = one.to.secure;
  one.demands.require_tls = require_tls;
  if (one.to.literal) co_return one;
  auto policy = co_await parts_.policies.For(domain);
  if (!policy.ok()) {
    log::Warn("the MTA-STS policies are away", {{"error", policy.status().message()}});
    co_return words::Error(
        absl::StatusCode::kUnavailable,
        words::Word("how $0 wants its mail can't be found out just now", domain));
  }
  one.demands.policy = *std::move(policy);
  co_return one;
}

net::Task<void> MxCarrier::Plan(Trip& trip, std::vector<Consignment>& all) {
  smtp::Transaction& transaction = trip.freight.transaction;
  absl::btree_map<std::string, std::vector<size_t>> domains;
  for (size_t i = 0; i < transaction.recipients.size(); ++i) {
    if (!IsPending(transaction, i)) continue;
    domains[DomainOf(transaction.recipients[i].address)].push_back(i);
  }
  for (auto& [domain, recipients] : domains) {
    auto one = co_await PlanFor(domain, trip.freight.envelope.require_tls);
    if (!one.ok()) {
      Explain(transaction, recipients, one.status());
      continue;
    }
    one->recipients = std::move(recipients);
    Gather(*std::move(one), all);
  }
}

net::Task<absl::Status> MxCarrier::Send(Trip& trip, smtp::Session& session, Part& part) {
  smtp::Envelope envelope = trip.freight.envelope;
  envelope.to.clear();
  for (const smtp::Recipient& one : part.transaction().recipients) {
    envelope.to.push_back(one.address);
  }
  auto wanted = co_await session.Offer(envelope, part.transaction());
  if (!wanted.ok() || !*wanted) co_return wanted.status();
  Trip::Dot dot(trip, part);
  Trip::Content content(trip);
  content.Rewind();
  co_return co_await session.Transfer(content, part.transaction(), &dot);
}

net::Task<absl::Status> MxCarrier::DeliverTo(Trip& trip, const Consignment& consignment,
                                             std::string host) {
  auto opened = co_await sessions_.Open(host, consignment.to.literal, consignment.demands);
  if (!opened.ok()) co_return opened.status();
  smtp::Session& session = (*opened)->session;
  std::vector<size_t> next;
  for (const size_t one : consignment.recipients) {
    if (IsPending(trip.freight.transaction, one)) next.push_back(one);
  }
  absl::Status sent;
  while (sent.ok() && !next.empty()) {
    Part part(trip.freight.transaction, std::move(next));
    sent = co_await Send(trip, session, part);
    next.clear();
    if (session.Reusable()) next = part.LeftOver();
  }
  if (sent.ok()) sessions_.Leave(*std::move(opened));
  if (!absl::IsUnauthenticated(sent)) co_return sent;
  co_return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("$0 takes mail only from those who have an account there", host));
}

net::Task<void> MxCarrier::Deliver(Trip& trip, const Consignment& consignment) {
  smtp::Transaction& transaction = trip.freight.transaction;
  const auto any_pending = [&] {
    return std::any_of(consignment.recipients.begin(), consignment.recipients.end(),
                       [&](size_t one) { return IsPending(transaction, one); });
  };
  const bool in_doubt_before = transaction.dot_sent;
  absl::Status last;
  bool answered = false;
  size_t tried = 0;
  for (const std::string& host : consignment.to.hosts) {
    if (tried++ == kMostHosts || Clock::now() > trip.late) break;
    absl::Status sent = co_await DeliverTo(trip, consignment, host);
    if (!trip.ended.ok() || !any_pending()) co_return;
    // Whoever may come through later is not given up because of another host.
    if (!sent.ok() && (last.ok() || IsForGood(last))) last = sent;
    answered = answered || sent.ok();
    // Another server might get what this one has taken.
    if (transaction.dot_sent && !in_doubt_before) break;
  }
  if (answered && IsForGood(last)) co_return;
  if (last.ok()) last = NotTried();
  Explain(transaction, consignment.recipients, last);
}

net::Task<absl::Status> MxCarrier::Carry(Freight freight, BeforeDot& before_dot) {
  Trip trip(freight, before_dot);
  std::vector<Consignment> all;
  co_await Plan(trip, all);
  // Those who come last may be too late; not always the same.
  std::shuffle(all.begin(), all.end(), random_);
  for (const Consignment& consignment : all) {
    absl::Status kept = co_await before_dot.Keep(freight.transaction);
    if (!kept.ok()) co_return kept;
    co_await Deliver(trip, consignment);
    if (!trip.ended.ok()) co_return trip.ended;
  }
  co_return absl::OkStatus();
}

}  // namespace postern::sender::mx
