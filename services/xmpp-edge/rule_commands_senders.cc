// Rules about who wrote: the half of RuleCommands that mutes, and lets through.
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "services/xmpp-edge/contacts_list.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/rule_commands.h"
#include "services/xmpp-edge/rule_use.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

constexpr int kMostLooks = 6;
constexpr std::chrono::milliseconds kLookPause{500};

// As users type it.
std::string WordOf(Verb verb, const Words& words) {
  if (verb == Verb::kMute) return ShownKeyword(texts::KeywordMute(words));
  if (verb == Verb::kUnmute) return ShownKeyword(texts::KeywordUnmute(words));
  const std::string vip = ShownKeyword(texts::KeywordVip(words));
  if (verb == Verb::kVip) return vip;
  return absl::StrCat(vip, " ", ShownKeyword(texts::KeywordOff(words)));
}

// `domain`: that of the sender, when all of it is in such a rule.
std::string RemovedText(Standing standing, const std::string& sender, bool done,
                        const std::string& domain, const Words& words) {
  const bool mutes = standing == Standing::kMuted;
  if (!domain.empty()) {
    return mutes ? texts::DomainIsMuted(words, sender, domain)
                 : texts::DomainIsVip(words, sender, domain);
  }
  if (mutes) return done ? texts::Unmuted(words, sender) : texts::NotMuted(words, sender);
  return done ? texts::IsVipNoMore(words, sender) : texts::WasNoVip(words, sender);
}

}  // namespace

std::string RuleCommands::NotMailedText(const RuleLine& line, const Words& words) const {
  if (!IsAboutSender(line.verb)) return texts::NotMailed(words, context_.domain);
  return absl::StrCat(texts::NameTheSender(words, WordOf(line.verb, words)), " ",
                      texts::NothingMailed(words));
}

// As the rules name it. kInvalidArgument: a sentence for the user.
net::Task<absl::StatusOr<std::string>> RuleCommands::FindSender(Wish wish, const Words& words) {
  std::string said = wish.line.argument;
  if (wish.line.this_sender && KnowsMails(wish.mail)) {
    auto mail = co_await FindMeantMail(context_, std::move(wish.mail), words);
    if (absl::IsInvalidArgument(mail.status())) co_return mail.status();
    if (!mail.ok()) co_return absl::InvalidArgumentError(texts::CommandNotNow(words));
    const auto sender = SenderOf(*mail);
    if (!sender) co_return absl::InvalidArgumentError(texts::SenderUnknown(words));
    said = sender->Spec();
  }
  if (said.empty()) {
    co_return absl::InvalidArgumentError(
        texts::NameTheSender(words, WordOf(wish.line.verb, words)));
  }
  auto sender = ReadSender(said);
  if (!sender.ok()) co_return absl::InvalidArgumentError(RuleProblem(sender.status(), words));
  co_return sender;
}

net::Task<std::string> RuleCommands::ChangeSender(Wish wish, const Words& words) {
  const Verb verb = wish.line.verb;
  const bool adds = verb == Verb::kMute || verb == Verb::kVip;
  const Standing standing =
      verb == Verb::kMute || verb == Verb::kUnmute ? Standing::kMuted : Standing::kVip;
  const std::string user = wish.mail.user;
  auto sender = co_await FindSender(std::move(wish), words);
  if (!sender.ok()) co_return std::string(sender.status().message());
  const rules::v1::PersonalRule rule = SenderRule(standing, *sender);
  Added added;
  bool removed = false;
  std::string domain;
  RuleStore::Change change = [&](Rules& rules) {
    if (!adds) {
      removed = RemoveSender(standing, *sender, rules);
      domain = DomainWith(standing, *sender, rules);
      return absl::OkStatus();
    }
    auto done = AddRule(rule, rules);
    if (done.ok()) added = *std::move(done);
    return done.status();
  };
  auto changed = co_await store_.Apply(user, std::move(change));
  if (!changed.ok()) co_return RuleProblem(changed.status(), words);
  co_return adds ? AddedText(rule, added, words)
                 : RemovedText(standing, *sender, removed, domain, words);
}

// One that was added this moment is in the list a moment later (contacts_list.h).
net::Task<absl::StatusOr<size_t>> RuleCommands::CountContacts(std::string user) {
  for (int looks = 0;; ++looks) {
    auto listed = co_await store_.ListOf(user, ContactsList::kName);
    if (!listed.ok()) co_return listed.status();
    if (!listed->empty() || looks == kMostLooks) co_return listed->size();
    co_await net::Sleep(kLookPause);
  }
}

net::Task<std::string> RuleCommands::SetContactsOnly(Wish wish, const Words& words) {
  const bool on = wish.line.verb == Verb::kContactsOnly;
  size_t contacts = 0;
  if (on) {
    auto counted = co_await CountContacts(wish.mail.user);
    if (!counted.ok()) co_return RuleProblem(counted.status(), words);
    contacts = *counted;
    if (contacts == 0) co_return texts::NoContacts(words, context_.domain);
  }
  bool done = false;
  RuleStore::Change change = [&](Rules& rules) {
    if (!on) {
      done = RemoveContactsOnly(wish.account, rules);
      return absl::OkStatus();
    }
    auto added = AddRule(ContactsOnlyRule(wish.account), rules);
    if (added.ok()) done = added->changed;
    return added.status();
  };
  auto changed = co_await store_.Apply(wish.mail.user, std::move(change));
  if (!changed.ok()) co_return RuleProblem(changed.status(), words);
  if (on) {
    co_return done ? texts::ContactsOnly(words, contacts) : texts::ContactsOnlyAlready(words);
  }
  co_return done ? texts::FromEverybody(words) : texts::NotContactsOnly(words);
}

}  // namespace postern::xmpp_edge
