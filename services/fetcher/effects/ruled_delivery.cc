#include "services/fetcher/effects/ruled_delivery.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/mail_batch.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxHeldEdits = 16 * 1024;  // larger ones are not shown

bool IsHeld(const RuledDelivery::Result& result) {
  return result.answer == MailHandoff::Answer::kHeld;
}

// What goes to the edge in one call: as many mails, and bytes, as it takes.
std::vector<IncomingMail> TakeSome(std::vector<IncomingMail>& mails, size_t& at) {
  std::vector<IncomingMail> some;
  size_t bytes = 0;
  while (at < mails.size() && some.size() < MailHandoff::kMaxFull) {
    bytes += mails[at].mail.ByteSizeLong();
    if (!some.empty() && bytes > kMaxBatchBytes) break;
    some.push_back(std::move(mails[at++]));
  }
  return some;
}

// Those that are to be judged once more, behind the others.
std::vector<JudgedMail> TakeWaiting(std::vector<JudgedMail>& mails) {
  std::vector<JudgedMail> waiting;
  for (JudgedMail& mail : mails) {
    if (!mail.waits) continue;
    waiting.push_back(std::move(mail));
    waiting.back().said.Clear();
  }
  std::erase_if(mails, [](const JudgedMail& mail) { return mail.waits; });
  for (JudgedMail& mail : waiting) mail.waits = false;
  return waiting;
}

std::string EditsToKeep(const rules::v1::EvaluateResponse& said) {
  if (said.edits().empty()) return "";
  rules::v1::EvaluateResponse kept;
  *kept.mutable_edits() = said.edits();
  std::string bytes = kept.SerializeAsString();
  return bytes.size() > kMaxHeldEdits ? std::string() : bytes;
}

}  // namespace

std::string IdForOther(const std::string& delivery_id, const std::string& jid) {
  return crypto::Sha256Hex(absl::StrCat(delivery_id, "\n", jid)).substr(0, 32);
}

// --- when, and in which form --------------------------------------------------------

int64_t RuledDelivery::DueOf(const Plan& plan, bool now, int64_t now_unix) const {
  if (plan.hold_until && *plan.hold_until > now_unix) return *plan.hold_until;
  const bool gathers = plan.digest && place_.again == nullptr;
  if (!gathers) return now || plan.urgent ? now_unix : 0;
  const int64_t begun = place_.held->DigestDue(place_.mailbox.Place(), now_unix);
  return begun != 0 ? begun : now_unix + place_.account.interval_seconds;
}

HeldMail RuledDelivery::HeldOf(const JudgedMail& mail, int64_t due_unix, bool with_others) const {
  HeldMail held;
  held.place = place_.mailbox.Place();
  held.delivery_id = mail.mail.delivery_id;
  held.facts = mail.facts;
  held.due_unix = due_unix;
  // What a rule put off is not passed over for having come before its user did.
  if (due_unix != 0) held.facts.received_unix = std::max(due_unix, mail.facts.received_unix);
  held.headers_only = mail.plan.headers_only;
  held.urgent = mail.plan.urgent;
  held.to_owner = mail.plan.deliver;
  held.digest = mail.plan.digest;
  if (with_others) held.others = mail.plan.others;
  held.edits = EditsToKeep(mail.said);
  return held;
}

void RuledDelivery::AddCopies(const JudgedMail& mail, Sorted& sorted) {
  for (const std::string& other : mail.plan.others) {
    IncomingMail copy = mail.mail;
    copy.raw.clear();
    copy.mail_ref.clear();
    copy.delivery_id = IdForOther(mail.mail.delivery_id, other);
    copy.to = other;
    copy.urgent = true;
    copy.headers_only = mail.plan.headers_only;
    sorted.full.push_back(std::move(copy));
  }
}

void RuledDelivery::AddOwners(const JudgedMail& mail, Sorted& sorted) {
  IncomingMail owners = mail.mail;
  owners.raw.clear();
  owners.mail_ref.clear();  // it will be found elsewhere
  owners.headers_only = mail.plan.headers_only;
  owners.urgent = true;
  sorted.full.push_back(std::move(owners));
}

// What is put off is so for all. The presence of its owner is nobody else's affair.
void RuledDelivery::Sort(JudgedMail& mail, bool now, Sorted& sorted) const {
  const Plan& plan = mail.plan;
  if (!plan.deliver && plan.others.empty()) return;
  const int64_t now_unix = std::time(nullptr);
  const int64_t due = place_.held == nullptr ? now_unix : DueOf(plan, now, now_unix);
  const bool waits = due == 0 || due > now_unix;
  // What moves is not found later where it is now, and where there is no room nothing can wait:
  // then it comes sooner rather than never.
  const bool can_wait = waits && plan.stays && place_.held->HasRoom(sorted.later.size() + 1);
  const bool put_off = can_wait && plan.hold_until.value_or(0) > now_unix;
  if (!put_off) AddCopies(mail, sorted);
  if (!put_off && !plan.deliver) return;
  if (can_wait) {
    sorted.later.push_back(HeldOf(mail, due, put_off));
    return;
  }
  const bool gathered = plan.digest && place_.again != nullptr;
  mail.mail.headers_only = plan.headers_only;
  mail.mail.urgent = plan.urgent || waits || gathered;
  IncomingMail owners = mail.mail;
  owners.raw.clear();
  if (!plan.stays) owners.mail_ref.clear();  // it will be found elsewhere
  if (gathered) TrimForDigest(owners.mail);
  (gathered ? sorted.digest : sorted.full).push_back(std::move(owners));
}

// --- carrying it out ----------------------------------------------------------------

net::Task<absl::Status> RuledDelivery::DeliverFull(std::vector<IncomingMail> mails,
                                                   Result& result) {
  for (size_t at = 0; at < mails.size() && !IsHeld(result);) {
    std::vector<IncomingMail> some = TakeSome(mails, at);
    std::vector<std::string> ids;
    for (const IncomingMail& mail : some) ids.push_back(mail.delivery_id);
    auto delivered = co_await place_.handoff.DeliverFull(place_.account, std::move(some));
    if (!delivered.ok()) co_return delivered.status();
    result.answer = *delivered;
    result.handed_on.insert(ids.begin(), ids.end());
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuledDelivery::Deliver(Sorted& sorted, Result& result) {
  absl::Status delivered = co_await DeliverFull(std::move(sorted.full), result);
  if (!delivered.ok() || IsHeld(result) || sorted.digest.empty()) co_return delivered;
  std::vector<std::string> ids;
  for (const IncomingMail& mail : sorted.digest) ids.push_back(mail.delivery_id);
  auto digest = co_await place_.handoff.DeliverDigest(place_.account, std::move(sorted.digest));
  if (!digest.ok()) co_return digest.status();
  result.answer = *digest;
  result.handed_on.insert(ids.begin(), ids.end());
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuledDelivery::Hold(std::vector<HeldMail> mails) {
  if (mails.empty()) co_return absl::OkStatus();
  absl::Status added = co_await place_.held->Add(place_.progress.lease, std::move(mails));
  if (added.ok()) place_.progress.lease.has_held = true;
  co_return added;
}

// Answers those that are to be delivered after all.
net::Task<absl::StatusOr<std::vector<JudgedMail>>> RuledDelivery::File(
    std::vector<JudgedMail>& mails) {
  std::vector<JudgedMail> late;
  absl::flat_hash_set<std::string> left_out;
  for (const JudgedMail& mail : mails) {
    if (!mail.plan.deliver) left_out.insert(mail.mail.delivery_id);
  }
  absl::Status filed = co_await place_.handoff.effects()->File(place_.account, mails);
  if (!filed.ok()) co_return filed;
  for (const JudgedMail& mail : mails) {
    if (!mail.plan.deliver || !left_out.contains(mail.mail.delivery_id)) continue;
    late.push_back(mail);
    late.back().plan.others.clear();
  }
  co_return late;
}

net::Task<absl::Status> RuledDelivery::CarryOutJudged(std::vector<JudgedMail>& mails, bool now,
                                                      Result& result) {
  RuleEffects* const effects = place_.again == nullptr ? place_.handoff.effects() : nullptr;
  const ReadWhole read = [this](const JudgedMail& m, size_t most) { return ReadBytes(m, most); };
  if (effects != nullptr) {
    if (absl::Status s = co_await effects->Send(place_.account, mails, read); !s.ok()) co_return s;
  }
  Sorted sorted;
  for (JudgedMail& mail : mails) Sort(mail, now, sorted);
  if (absl::Status s = co_await Deliver(sorted, result); !s.ok()) co_return s;
  if (IsHeld(result) || place_.again != nullptr) co_return absl::OkStatus();
  if (effects != nullptr) {
    auto late = co_await File(mails);
    if (!late.ok()) co_return late.status();
    Sorted more;
    for (JudgedMail& mail : *late) Sort(mail, now, more);
    if (absl::Status s = co_await Deliver(more, result); !s.ok()) co_return s;
    std::move(more.later.begin(), more.later.end(), std::back_inserter(sorted.later));
    if (IsHeld(result)) co_return absl::OkStatus();
  }
  if (absl::Status s = co_await Hold(std::move(sorted.later)); !s.ok()) co_return s;
  co_return co_await place_.handoff.judging().Commit(place_.account, mails);
}

net::Task<absl::StatusOr<RuledDelivery::Result>> RuledDelivery::CarryOut(
    std::vector<JudgedMail> mails, bool now) {
  Result result;
  while (!mails.empty()) {
    if (absl::Status s = co_await Decide(mails, /*lets_wait=*/true); !s.ok()) co_return s;
    std::vector<JudgedMail> waiting = TakeWaiting(mails);
    if (mails.empty()) co_return absl::InternalError("rules let each mail wait for another");
    absl::Status done = co_await CarryOutJudged(mails, now, result);
    if (!done.ok()) co_return done;
    if (IsHeld(result)) break;
    mails = std::move(waiting);
  }
  co_return result;
}

net::Task<absl::StatusOr<RuledDelivery::Result>> RuledDelivery::HandOn(
    std::vector<JudgedMail> mails) {
  co_return co_await CarryOut(std::move(mails), true);
}

net::Task<absl::StatusOr<RuledDelivery::Result>> RuledDelivery::JudgeAhead(
    std::vector<JudgedMail> mails) {
  co_return co_await CarryOut(std::move(mails), false);
}

net::Task<absl::StatusOr<std::vector<IncomingMail>>> RuledDelivery::LeaveForDigest(
    std::vector<JudgedMail> mails) {
  std::vector<IncomingMail> lines;
  if (mails.empty()) co_return lines;
  if (absl::Status s = co_await Decide(mails); !s.ok()) co_return s;
  RuleEffects* const effects = place_.again == nullptr ? place_.handoff.effects() : nullptr;
  const ReadWhole read = [this](const JudgedMail& m, size_t most) { return ReadBytes(m, most); };
  if (effects != nullptr) {
    if (absl::Status s = co_await effects->Send(place_.account, mails, read); !s.ok()) co_return s;
  }
  // That its owner has mails gathered is nobody else's affair.
  Sorted sorted;
  Result before;
  for (const JudgedMail& mail : mails) {
    AddCopies(mail, sorted);
    // What moves away is not there any more when the digest comes to nothing.
    if (effects != nullptr && mail.plan.deliver && !mail.plan.stays) AddOwners(mail, sorted);
  }
  absl::Status delivered = co_await DeliverFull(std::move(sorted.full), before);
  if (!delivered.ok()) co_return delivered;
  if (effects != nullptr) {
    if (absl::Status s = co_await effects->File(place_.account, mails); !s.ok()) co_return s;
    absl::Status kept = co_await place_.handoff.judging().Commit(place_.account, mails);
    if (!kept.ok()) co_return kept;
  }
  for (JudgedMail& mail : mails) {
    const bool shown = !IsHeld(before) && before.handed_on.contains(mail.mail.delivery_id);
    if (!mail.plan.deliver || shown) continue;
    mail.mail.raw.clear();
    mail.mail.urgent = mail.plan.digest;
    lines.push_back(std::move(mail.mail));
  }
  co_return lines;
}

}  // namespace postern::fetcher
