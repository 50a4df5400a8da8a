// The first part of RuledDelivery: what the rules say of mails, or said when they were held.

#include <ctime>
#include <utility>

#include "lib/words/wording.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/effects/ruled_delivery.h"

namespace postern::fetcher {

namespace {

constexpr int64_t kRawFor = 3600;  // once a mail's bytes were asked for

}  // namespace

// One that broke the connection before is not read again for its bytes.
net::Task<MaybeBytes> RuledDelivery::ReadBytes(const JudgedMail& mail, size_t most) {
  const bool bad = place_.progress.DepthFor(mail.mail.delivery_id) != Depth::kAll;
  if (bad) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("This mail could not be read from the mail server."));
  }
  auto bytes = co_await place_.mailbox.ReadBytes(mail.facts, most);
  if (!bytes.ok() && MayYetWork(bytes.status())) {
    place_.progress.NoteUnread(mail.mail.delivery_id, bytes.status());
  }
  co_return bytes;
}

net::Task<absl::Status> RuledDelivery::Decide(std::vector<JudgedMail>& mails, bool lets_wait) {
  if (place_.again != nullptr) co_return co_await Recall(mails);
  Judging::Question question{place_.account, place_.mailbox.Name()};
  question.lets_wait = lets_wait;
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
    // They may have gone meanwhile.
    const RuleEffects* const effects = place_.handoff.effects();
    for (const std::string& other : held->others) {
      if (effects != nullptr && effects->book().IsUser(other)) mail.plan.others.push_back(other);
    }
    if (held->edits.empty() || !mail.said.ParseFromString(held->edits)) continue;
    MaybeBytes read = co_await ReadBytes(mail, kWholeBytes);
    auto raw = BytesOrNone(std::move(read));
    if (!raw.ok()) co_return raw.status();
    mail.mail.raw = *std::move(raw);
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

}  // namespace postern::fetcher
