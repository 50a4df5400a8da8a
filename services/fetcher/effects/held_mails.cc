#include "services/fetcher/effects/held_mails.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

constexpr size_t kFields = 12;

const store::Script& AddScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
    return 1
  )lua");
  return script;
}

const store::Script& RemoveScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    for i = 2, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
    return 1
  )lua");
  return script;
}

absl::Status LeaseLost() {
  return absl::AbortedError("held mails: the lease is lost, another fetcher has the account");
}

// "identity:UIDVALIDITY" without the latter.
absl::string_view MailboxOf(absl::string_view place) { return place.substr(0, place.rfind(':')); }

}  // namespace

std::string WriteHeld(const HeldMail& mail) {
  const std::string others = absl::StrJoin(mail.others, ",", [](std::string* out, const auto& jid) {
    absl::StrAppend(out, absl::WebSafeBase64Escape(jid));
  });
  return absl::StrJoin(
      std::vector<std::string>{
          "1", mail.place, mail.delivery_id, absl::StrCat(mail.facts.uid),
          absl::StrCat(mail.facts.key), absl::StrCat(mail.facts.size),
          absl::StrCat(mail.facts.received_unix), absl::StrCat(mail.due_unix),
          mail.headers_only ? "h" : "f",
          absl::StrCat(mail.urgent ? "u" : "-", mail.to_owner ? "o" : "-", mail.digest ? "d" : "-"),
          others, absl::WebSafeBase64Escape(mail.edits)},
      " ");
}

std::optional<HeldMail> ReadHeld(const std::string& text) {
  const std::vector<std::string> fields = absl::StrSplit(text, ' ');
  if (fields.size() != kFields || fields[0] != "1" || fields[9].size() != 3) return std::nullopt;
  HeldMail mail;
  mail.place = fields[1];
  mail.delivery_id = fields[2];
  const bool read = absl::SimpleAtoi(fields[3], &mail.facts.uid) &&
                    absl::SimpleAtoi(fields[4], &mail.facts.key) &&
                    absl::SimpleAtoi(fields[5], &mail.facts.size) &&
                    absl::SimpleAtoi(fields[6], &mail.facts.received_unix) &&
                    absl::SimpleAtoi(fields[7], &mail.due_unix);
  if (!read) return std::nullopt;
  mail.headers_only = fields[8] == "h";
  mail.urgent = fields[9][0] == 'u';
  mail.to_owner = fields[9][1] == 'o';
  mail.digest = fields[9][2] == 'd';
  if (!absl::WebSafeBase64Unescape(fields[11], &mail.edits)) return std::nullopt;
  for (absl::string_view jid : absl::StrSplit(fields[10], ',', absl::SkipEmpty())) {
    std::string other;
    if (absl::WebSafeBase64Unescape(jid, &other)) mail.others.push_back(std::move(other));
  }
  return mail;
}

net::Task<absl::Status> HeldMails::Load(Lease lease, bool may_be_any) {
  if (loaded_ || !may_be_any || redis_ == nullptr) {
    loaded_ = true;
    co_return absl::OkStatus();
  }
  std::vector<std::string> command = {"HVALS", HeldKey(lease.account_id)};
  auto reply = co_await redis_->Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  for (const store::Reply& item : reply->items) {
    if (auto mail = ReadHeld(item.text)) {
      std::string id = mail->delivery_id;
      mails_.emplace(std::move(id), *std::move(mail));
    }
  }
  loaded_ = true;
  co_return absl::OkStatus();
}

net::Task<absl::Status> HeldMails::Add(Lease lease, std::vector<HeldMail> mails) {
  if (mails.empty()) co_return absl::OkStatus();
  if (redis_ == nullptr) co_return absl::UnavailableError("held mails: there is no store");
  std::vector<std::string> keys = {CursorKey(lease.account_id), HeldKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token)};
  for (const HeldMail& mail : mails) {
    args.push_back(mail.delivery_id);
    args.push_back(WriteHeld(mail));
  }
  auto reply = co_await redis_->Run(AddScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->integer != 1) co_return LeaseLost();
  for (HeldMail& mail : mails) {
    const std::string id = mail.delivery_id;
    mails_[id] = std::move(mail);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> HeldMails::Remove(Lease lease, std::vector<std::string> delivery_ids) {
  if (delivery_ids.empty() || redis_ == nullptr) co_return absl::OkStatus();
  std::vector<std::string> keys = {CursorKey(lease.account_id), HeldKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token)};
  args.insert(args.end(), delivery_ids.begin(), delivery_ids.end());
  auto reply = co_await redis_->Run(RemoveScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->integer != 1) co_return LeaseLost();
  for (const std::string& id : delivery_ids) mails_.erase(id);
  co_return absl::OkStatus();
}

std::vector<HeldMail> HeldMails::Due(const std::string& place, int64_t now_unix) const {
  std::vector<HeldMail> due;
  for (const auto& [id, mail] : mails_) {
    if (mail.place == place && mail.due_unix <= now_unix) due.push_back(mail);
  }
  std::sort(due.begin(), due.end(), [](const HeldMail& a, const HeldMail& b) {
    return std::make_pair(a.facts.received_unix, a.facts.uid) <
           std::make_pair(b.facts.received_unix, b.facts.uid);
  });
  return due;
}

int64_t HeldMails::NextDue(const std::string& place, int64_t now_unix) const {
  int64_t next = 0;
  for (const auto& [id, mail] : mails_) {
    const bool waits = mail.place == place && mail.due_unix > now_unix;
    if (waits && (next == 0 || mail.due_unix < next)) next = mail.due_unix;
  }
  return next;
}

int64_t HeldMails::DigestDue(const std::string& place, int64_t now_unix) const {
  int64_t due = 0;
  for (const auto& [id, mail] : mails_) {
    const bool gathers = mail.digest && mail.place == place && mail.due_unix > now_unix;
    if (gathers && (due == 0 || mail.due_unix < due)) due = mail.due_unix;
  }
  return due;
}

std::vector<std::string> HeldMails::Lost(const std::string& place) const {
  std::vector<std::string> lost;
  for (const auto& [id, mail] : mails_) {
    if (mail.place != place && MailboxOf(mail.place) == MailboxOf(place)) lost.push_back(id);
  }
  return lost;
}

// --- as a mailbox -----------------------------------------------------------------

net::Task<absl::StatusOr<NewMail>> HeldMailbox::Look() {
  std::vector<std::string> lost = held_.Lost(Place());
  if (!lost.empty()) {
    log::Info("held mails are lost, for their mailbox was numbered anew",
              {{"account", lease_.account_id}, {"mails", lost.size()}});
    if (absl::Status s = co_await held_.Remove(lease_, std::move(lost)); !s.ok()) co_return s;
  }
  due_ = held_.Due(Place(), std::time(nullptr));
  NewMail found;
  for (HeldMail& mail : due_) {
    mailbox_.Locate(mail.facts);
    mail.facts.urgent = mail.urgent || mail.digest || !mail.to_owner;
    found.mails.push_back(mail.facts);
  }
  co_return found;
}

// One that is not to be found stands for one that is gone.
net::Task<ReadMails> HeldMailbox::Read(std::vector<WantedMail> wanted) {
  if (wanted.front().facts.uid == 0) {
    ReadMails gone;
    gone.mails.emplace_back();
    co_return gone;
  }
  const auto missing = std::find_if(wanted.begin(), wanted.end(),
                                    [](const WantedMail& each) { return each.facts.uid == 0; });
  wanted.erase(missing, wanted.end());
  co_return co_await mailbox_.Read(std::move(wanted));
}

net::Task<absl::StatusOr<std::optional<std::string>>> HeldMailbox::ReadBytes(MailFacts facts,
                                                                             size_t most) {
  if (facts.uid == 0) co_return std::nullopt;
  co_return co_await mailbox_.ReadBytes(facts, most);
}

net::Task<absl::Status> HeldMailbox::Settle(std::vector<MailFacts> mails) {
  std::vector<std::string> ids;
  for (const MailFacts& facts : mails) ids.push_back(Id(facts));
  co_return co_await held_.Remove(lease_, std::move(ids));
}

const HeldMail* HeldMailbox::Find(const MailFacts& facts) const {
  for (const HeldMail& mail : due_) {
    const bool same = facts.key != 0 ? mail.facts.key == facts.key : mail.facts.uid == facts.uid;
    if (same) return &mail;
  }
  return nullptr;
}

std::string HeldMailbox::Id(const MailFacts& facts) const {
  const HeldMail* mail = Find(facts);
  return mail == nullptr ? mailbox_.Id(facts) : mail->delivery_id;
}

}  // namespace postern::fetcher
