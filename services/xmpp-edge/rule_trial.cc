#include "services/xmpp-edge/rule_trial.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/rule_trial.h"
#include "services/xmpp-edge/texts/rules.h"
#include "services/xmpp-edge/texts/why.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using Async = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{150};  // of one page: the fetcher gives it two minutes
constexpr std::chrono::minutes kLimit{10};      // of all
constexpr size_t kMostLines = 40;

std::string Shown(absl::string_view text) { return mail::CleanLine(mail::CutUtf8(text, 200)); }

std::string FolderName(const RuleTrial::Target& target) {
  if (!target.folder.empty()) return Shown(target.folder);
  return target.account->mailbox().empty() ? "INBOX" : target.account->mailbox();
}

std::string Reason(const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  return wording ? words.Say(*wording) : texts::CommandNotNow(words);
}

PersonalAction::What WhatOf(absl::string_view verb) {
  if (verb == "fileinto") return PersonalAction::WHAT_FILE;
  if (verb == "redirect") return PersonalAction::WHAT_REDIRECT;
  if (verb == "notify") return PersonalAction::WHAT_NOTIFY;
  if (verb == "deliver") return PersonalAction::WHAT_DELIVER;
  if (verb == "discard") return PersonalAction::WHAT_DISCARD;
  if (verb == "quarantine") return PersonalAction::WHAT_QUARANTINE;
  return PersonalAction::WHAT_UNSPECIFIED;
}

}  // namespace

bool IsOfOldMail(const std::string& action) {
  for (const char* verb : {"fileinto ", "redirect ", "notify ", "note ", "keep ["}) {
    if (absl::StartsWith(action, verb)) return true;
  }
  return false;
}

std::string AppliedActionText(const std::string& action, const Words& words) {
  const size_t blank = std::min(action.find(' '), action.size());
  const std::string verb = action.substr(0, blank);
  const std::string value(absl::StripLeadingAsciiWhitespace(action.substr(blank)));
  if (verb == "reject") return texts::WasRejected(words);
  if (verb == "reply") return texts::WasAnswered(words, Shown(value));
  if (verb == "keep") {
    return value.empty() ? texts::WasKept(words) : texts::WasMarked(words, Shown(value));
  }
  PersonalAction known;
  known.set_what(WhatOf(verb));
  if (value == "full") known.set_what(PersonalAction::WHAT_URGENT);
  known.set_value(value);
  const bool plain = known.what() != PersonalAction::WHAT_UNSPECIFIED &&
                     !(verb == "deliver" && absl::StrContains(value, ' '));
  return plain ? ActionText(known, words) : Shown(action);
}

RuleTrial::Target RuleTrial::Find(const std::string& user, const std::string& said,
                                  const Words& words) const {
  const std::vector<AccountDirectory::Account> all = MailboxesOf(context_, user);
  if (all.empty()) return {nullptr, "", texts::NoMailbox(words)};
  const size_t blank = std::min(said.find(' '), said.size());
  for (const AccountDirectory::Account& account : all) {
    if (!absl::EqualsIgnoreCase(account->name(), said.substr(0, blank))) continue;
    return {account, std::string(absl::StripLeadingAsciiWhitespace(said.substr(blank))), ""};
  }
  if (all.size() == 1) return {all.front(), said, ""};
  const auto name = [](std::string* out, const AccountDirectory::Account& account) {
    out->append(account->name());
  };
  const std::string example =
      absl::StrCat(ShownKeyword(texts::KeywordRules(words)), " ",
                   ShownKeyword(texts::KeywordTry(words)), " ", all.front()->name(), " INBOX");
  return {nullptr, "", texts::WhichAccount(words, absl::StrJoin(all, ", ", name), example)};
}

net::Task<RuleTrial::Outcome> RuleTrial::Run(Target target, bool carry_out) {
  Outcome outcome;
  std::string before;
  const auto until = std::chrono::steady_clock::now() + kLimit;
  do {
    fetcher::v1::ApplyRulesRequest request;
    request.set_account_id(target.account->id());
    request.set_mailbox(target.folder);
    request.set_before_id(before);
    request.set_limit(kPage);
    request.set_carry_out(carry_out && target.tried.empty());
    request.set_try_script(target.tried);
    request.set_try_personal(!target.tried.empty());
    auto page = co_await rpc::Call(context_.fetcher.async(), &Async::ApplyRules, std::move(request),
                                   kPatience);
    outcome.trouble = page.status();
    if (!page.ok()) break;
    for (const auto& judged : page->mails()) {
      ++outcome.mails;
      bool touched = false;
      for (const std::string& action : judged.actions()) {
        const bool old = IsOfOldMail(action);
        ++(old ? outcome.counts : outcome.of_new)[action];
        touched = touched || old;
      }
      outcome.untouched += touched ? 0 : 1;
    }
    outcome.more = page->more();
    before = page->mails().empty() ? "" : page->mails().rbegin()->mail().id();
  } while (outcome.more && !before.empty() && outcome.mails < kMostMails &&
           std::chrono::steady_clock::now() < until);
  co_return outcome;
}

std::string RuleTrial::Counts(const std::map<std::string, uint32_t>& by_action,
                              const Words& words) {
  std::vector<std::pair<uint32_t, std::string>> counts;
  for (const auto& [action, mails] : by_action) counts.emplace_back(mails, action);
  std::sort(counts.rbegin(), counts.rend());
  std::vector<std::string> lines;
  for (const auto& [mails, action] : counts) {
    if (lines.size() == kMostLines) {
      lines.push_back("…");
      break;
    }
    lines.push_back(texts::CountLine(words, mails, AppliedActionText(action, words)));
  }
  return absl::StrJoin(lines, "\n");
}

std::string RuleTrial::Told(const Outcome& outcome, const Target& target, bool done,
                            const Words& words) {
  const std::string folder = FolderName(target), &account = target.account->name();
  if (outcome.mails == 0 && !outcome.trouble.ok()) {
    return texts::NotTried(words, folder, Reason(outcome.trouble, words));
  }
  if (outcome.mails == 0) return texts::FolderEmpty(words, folder, account);
  const std::string head = done ? texts::WasDone(words, outcome.mails, folder, account)
                                : texts::WouldBeDone(words, outcome.mails, folder, account);
  std::vector<std::string> lines{head};
  if (!outcome.counts.empty()) lines.push_back(Counts(outcome.counts, words));
  if (outcome.untouched > 0) lines.push_back(texts::LeftAsTheyAre(words, outcome.untouched));
  if (outcome.more) lines.push_back(texts::MailsBehind(words, outcome.mails));
  if (!outcome.trouble.ok()) {
    lines.push_back(texts::EndedEarly(words, Reason(outcome.trouble, words)));
  }
  return absl::StrJoin(lines, "\n");
}

std::string RuleTrial::ToldOfTrial(const Outcome& outcome, const Target& target,
                                   const Words& words) {
  std::string told = Told(outcome, target, false, words);
  if (!outcome.of_new.empty()) {
    absl::StrAppend(&told, "\n", texts::OfNewMail(words), "\n", Counts(outcome.of_new, words));
  }
  return told;
}

net::Task<std::string> RuleTrial::TryIn(Target target, const Words& words) {
  if (!target.problem.empty()) co_return target.problem;
  const Outcome outcome = co_await Run(target, false);
  co_return ToldOfTrial(outcome, target, words);
}

net::Task<std::string> RuleTrial::Try(std::string user, std::string said, const Words& words) {
  const Target target = Find(user, said, words);
  if (!target.problem.empty()) co_return target.problem;
  const Outcome outcome = co_await Run(target, false);
  std::string told = ToldOfTrial(outcome, target, words);
  if (outcome.mails == 0) co_return told;
  const std::string command = absl::StrCat(ShownKeyword(texts::KeywordRules(words)), " ",
                                           ShownKeyword(texts::KeywordApply(words)), " ",
                                           target.account->name(), " ", FolderName(target));
  absl::StrAppend(
      &told, "\n",
      outcome.counts.empty() ? texts::NothingToDo(words) : texts::NothingChanged(words, command));
  co_return told;
}

net::Task<std::string> RuleTrial::AskToApply(std::string user, std::string said,
                                             std::string contact, const Words& words) {
  const Target target = Find(user, said, words);
  if (!target.problem.empty()) co_return target.problem;
  const Outcome outcome = co_await Run(target, false);
  std::string told = Told(outcome, target, false, words);
  if (outcome.mails == 0) co_return told;
  if (outcome.counts.empty()) co_return absl::StrCat(told, "\n", texts::NothingToDo(words));
  RuleQuestion asked{kKind, std::move(contact), {target.account->id(), target.folder}};
  absl::Status kept = co_await questions_.Ask(std::move(user), std::move(asked));
  if (!kept.ok()) co_return texts::CommandNotNow(words);
  co_return absl::StrCat(told, "\n", texts::SayYes(words));
}

net::Task<std::string> RuleTrial::Apply(std::string user, RuleQuestion asked, const Words& words) {
  // Once: a "yes" that comes twice is no second wish.
  co_await questions_.Forget(user);
  Target target;
  if (asked.items.size() == 2) {
    target.account = context_.directory.FindById(asked.items[0]);
    target.folder = asked.items[1];
  }
  const bool own = target.account != nullptr && target.account->owner() == user;
  if (!own) co_return texts::NoMailbox(words);
  const Outcome outcome = co_await Run(target, true);
  log::Info("rules applied to a folder by its user",
            {{"account", target.account->id()}, {"mails", outcome.mails}});
  co_return Told(outcome, target, true, words);
}

}  // namespace postern::xmpp_edge
