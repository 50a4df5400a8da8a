#include "services/fetcher/effects/ruled_delivery.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/fetcher/effects/rule_effects.h"

namespace postern::fetcher {

namespace {

constexpr int64_t kRawFor = 3600;            // once a mail's bytes were asked for
constexpr size_t kMaxHeldEdits = 16 * 1024;  // larger ones are not shown

bool IsHeld(const RuledDelivery::Result& result) {
  return result.answer == MailHandoff::Answer::kHeld;
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

// --- judging ----------------------------------------------------------------------

// One that broke the connection before is not read again for its bytes.
net::Task<absl::StatusOr<std::optional<std::string>>> RuledDelivery::ReadBytes(
    const JudgedMail& mail, size_t most) {
  const bool bad = place_.progress.DepthFor(mail.mail.delivery_id) != Depth::kAll;
  if (bad) co_return std::nullopt;
  auto bytes = co_await place_.mailbox.ReadBytes(mail.facts, most);
  if (absl::IsUnimplemented(bytes.status())) co_return std::nullopt;
  if (!bytes.ok()) place_.progress.NoteUnread(mail.mail.delivery_id, bytes.status());
  co_return bytes;
}

net::Task<absl::Status> RuledDelivery::Decide(std::vector<JudgedMail>& mails) {
  if (place_.again != nullptr) co_return co_await Recall(mails);
  Judging::Question question{place_.account, place_.mailbox.Name()};
  question.read = [this](const JudgedMail& mail, size_t most) { return ReadBytes(mail, most); };
  absl::Status judged = co_await place_.handoff.Judge(question, mails);
  if (question.wants_raw) place_.progress.wants_raw_until = std::time(nullptr) + kRawFor;
  co_return judged;
}

// What was said of them when they were held.
net::Task<absl::Status> RuledDelivery::Recall(std::vector<JudgedMail>& mails) {
  for (JudgedMail& mail : mails) {
    const HeldMail* held = place_.again->Find(mail.facts);
    if (held == nullptr) continue;
    mail.plan.deliver = held->to_owner;
    mail.plan.headers_only = held->headers_only;
    mail.plan.urgent = held->urgent;
    mail.plan.digest = held->digest;
    mail.plan.others = held->others;
    if (held->edits.empty() || !mail.said.ParseFromString(held->edits)) continue;
    auto raw = co_await ReadBytes(mail, kWholeBytes);
    if (!raw.ok()) co_return raw.status();
    mail.mail.raw = raw->value_or("");
    ShowEdited(mail);
  }
  co_return absl::OkStatus();
}

net::Task<bool> RuledDelivery::JudgesAhead(size_t mails) {
  const bool can = place_.again == nullptr && place_.held != nullptr &&
                   place_.handoff.effects() != nullptr && place_.held->HasRoom(mails);
  if (!can) co_return false;
  co_return co_await place_.handoff.judging().Any(place_.account.owner);
}

// --- when, and in which form --------------------------------------------------------

int64_t RuledDelivery::DueOf(const Plan& plan, bool now, int64_t now_unix) const {
  if (plan.hold_until && *plan.hold_until > now_unix) return *plan.hold_until;
  const bool gathers = plan.digest && place_.again == nullptr;
  if (!gathers) return now || plan.urgent ? now_unix : 0;
  const int64_t begun = place_.held->DigestDue(place_.mailbox.Place(), now_unix);
  return begun != 0 ? begun : now_unix + place_.account.interval_seconds;
}

HeldMail RuledDelivery::HeldOf(const JudgedMail& mail, int64_t due_unix) const {
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
  held.others = mail.plan.others;
  held.edits = EditsToKeep(mail.said);
  return held;
}

void RuledDelivery::Sort(JudgedMail& mail, bool now, Sorted& sorted) const {
  const Plan& plan = mail.plan;
  if (!plan.deliver && plan.others.empty()) return;
  const int64_t now_unix = std::time(nullptr);
  const int64_t due = place_.held == nullptr ? now_unix : DueOf(plan, now, now_unix);
  if (due == 0 || due > now_unix) {
    if (mail.plan.stays) sorted.later.push_back(HeldOf(mail, due));
    return;
  }
  for (const std::string& other : plan.others) {
    IncomingMail copy = mail.mail;
    copy.raw.clear();
    copy.mail_ref.clear();
    copy.delivery_id = IdForOther(mail.mail.delivery_id, other);
    copy.to = other;
    copy.urgent = true;
    copy.headers_only = plan.headers_only;
    sorted.full.push_back(std::move(copy));
  }
  if (!plan.deliver) return;
  mail.mail.headers_only = plan.headers_only;
  mail.mail.urgent = plan.urgent || (plan.digest && place_.again != nullptr);
  IncomingMail owners = mail.mail;
  owners.raw.clear();
  if (!plan.stays) owners.mail_ref.clear();  // it will be found elsewhere
  const bool gathered = plan.digest && place_.again != nullptr;
  if (gathered) TrimForDigest(owners.mail);
  (gathered ? sorted.digest : sorted.full).push_back(std::move(owners));
}

// --- carrying it out ----------------------------------------------------------------

net::Task<absl::Status> RuledDelivery::DeliverFull(std::vector<IncomingMail> mails,
                                                   Result& result) {
  for (size_t at = 0; at < mails.size() && !IsHeld(result); at += MailHandoff::kMaxFull) {
    const size_t end = std::min(at + MailHandoff::kMaxFull, mails.size());
    std::vector<IncomingMail> some(std::make_move_iterator(mails.begin() + at),
                                   std::make_move_iterator(mails.begin() + end));
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

net::Task<absl::StatusOr<RuledDelivery::Result>> RuledDelivery::CarryOut(
    std::vector<JudgedMail> mails, bool now) {
  Result result;
  if (mails.empty()) co_return result;
  if (absl::Status s = co_await Decide(mails); !s.ok()) co_return s;
  RuleEffects* const effects = place_.again == nullptr ? place_.handoff.effects() : nullptr;
  const ReadWhole read = [this](const JudgedMail& m, size_t most) { return ReadBytes(m, most); };
  if (effects != nullptr) {
    if (absl::Status s = co_await effects->Send(place_.account, mails, read); !s.ok()) co_return s;
  }
  Sorted sorted;
  for (JudgedMail& mail : mails) Sort(mail, now, sorted);
  if (absl::Status s = co_await Deliver(sorted, result); !s.ok()) co_return s;
  if (IsHeld(result) || place_.again != nullptr) co_return result;
  if (effects != nullptr) {
    auto late = co_await File(mails);
    if (!late.ok()) co_return late.status();
    Sorted more;
    for (JudgedMail& mail : *late) Sort(mail, now, more);
    if (absl::Status s = co_await Deliver(more, result); !s.ok()) co_return s;
    std::move(more.later.begin(), more.later.end(), std::back_inserter(sorted.later));
    if (IsHeld(result)) co_return result;
  }
  if (absl::Status s = co_await Hold(std::move(sorted.later)); !s.ok()) co_return s;
  absl::Status kept = co_await place_.handoff.judging().Commit(place_.account, mails);
  if (!kept.ok()) co_return kept;
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
    if (absl::Status s = co_await effects->File(place_.account, mails); !s.ok()) co_return s;
    absl::Status kept = co_await place_.handoff.judging().Commit(place_.account, mails);
    if (!kept.ok()) co_return kept;
  }
  for (JudgedMail& mail : mails) {
    if (!mail.plan.deliver) continue;
    mail.mail.raw.clear();
    mail.mail.urgent = mail.plan.digest;
    lines.push_back(std::move(mail.mail));
  }
  co_return lines;
}

}  // namespace postern::fetcher
