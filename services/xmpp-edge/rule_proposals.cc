#include "services/xmpp-edge/rule_proposals.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/rule_proposals.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;

constexpr size_t kMaxFolderPart = 40;
constexpr size_t kMaxSubject = 100;

// Subject or list, as a condition.
PersonalRule RuleAbout(PersonalCondition::Subject subject, PersonalCondition::Operator comparison,
                       const std::string& value, PersonalAction::What what,
                       const std::string& argument) {
  PersonalRule rule;
  PersonalCondition& condition = *rule.add_conditions();
  condition.set_subject(subject);
  condition.set_comparison(comparison);
  condition.add_values(value);
  PersonalAction& action = *rule.add_actions();
  action.set_what(what);
  action.set_value(argument);
  return rule;
}

// One level of a folder's name, made from what a mail says: nothing that could mean another one.
std::string FolderPart(absl::string_view text) {
  std::string part;
  for (const char c : mail::CutUtf8(text, kMaxFolderPart)) {
    if (!absl::StrContains("/\\.*%\"&", c)) part.push_back(c);
  }
  return mail::CleanLine(part);
}

void ProposeForList(const MailThread& mail, bool folders, Rules& rules) {
  if (mail.list_id.empty()) return;
  const auto list = [&mail](PersonalAction::What what, const std::string& value) {
    return RuleAbout(PersonalCondition::SUBJECT_LIST, PersonalCondition::OPERATOR_IS, mail.list_id,
                     what, value);
  };
  // "dev" of "dev.lists.example.org".
  const std::string name = FolderPart(mail.list_id.substr(0, mail.list_id.find('.')));
  if (folders && !name.empty()) {
    rules.push_back(list(PersonalAction::WHAT_FILE, absl::StrCat("Lists/", name)));
  }
  rules.push_back(list(PersonalAction::WHAT_DELIVER, "digest"));
  rules.push_back(list(PersonalAction::WHAT_DELIVER, "none"));
}

// The subject without "Re:" and the like; empty: there is too little of it to go by.
std::string SubjectCore(const MailThread& mail) {
  const std::string answer = AnswerSubject(mail.subject);
  const std::string core = mail::CleanLine(
      mail::CutUtf8(absl::StripAsciiWhitespace(absl::StripPrefix(answer, "Re: ")), kMaxSubject));
  return core.size() < 3 ? "" : core;
}

}  // namespace

Rules ProposalsFor(const MailThread& mail, bool folders) {
  Rules rules;
  const auto sender = SenderOf(mail);
  absl::StatusOr<std::string> spec = absl::NotFoundError("no sender");
  if (sender) spec = ReadSender(sender->Spec());
  if (spec.ok()) {
    rules.push_back(SenderRule(Standing::kMuted, *spec));
    rules.push_back(SenderRule(Standing::kVip, *spec));
    const std::string name =
        FolderPart(sender->display_name.empty() ? sender->local_part : sender->display_name);
    if (folders && !name.empty()) {
      rules.push_back(RuleAbout(PersonalCondition::SUBJECT_FROM, PersonalCondition::OPERATOR_IS,
                                *spec, PersonalAction::WHAT_FILE, name));
    }
    rules.push_back(RuleAbout(PersonalCondition::SUBJECT_FROM, PersonalCondition::OPERATOR_IS,
                              *spec, PersonalAction::WHAT_DELIVER, "digest"));
  }
  ProposeForList(mail, folders, rules);
  if (spec.ok()) {
    rules.push_back(
        SenderRule(Standing::kMuted, absl::AsciiStrToLower(absl::StrCat("@", sender->domain))));
  }
  const std::string subject = SubjectCore(mail);
  if (!subject.empty()) {
    rules.push_back(RuleAbout(PersonalCondition::SUBJECT_SUBJECT,
                              PersonalCondition::OPERATOR_CONTAINS, subject,
                              PersonalAction::WHAT_DELIVER, "none"));
  }
  return rules;
}

std::string OthersText(const PersonalRule& rule, const Added& added, const Words& words) {
  const bool mutes = StandingOf(rule) == Standing::kMuted;
  std::string text;
  if (!added.taken_out.empty()) {
    const std::string senders = absl::StrJoin(added.taken_out, ", ");
    absl::StrAppend(
        &text, " ",
        mutes ? texts::NoVipsAnyMore(words, senders) : texts::NotMutedAnyMore(words, senders));
  }
  if (!added.remain.empty()) {
    const std::string senders = absl::StrJoin(added.remain, ", "), &first = added.remain.front();
    absl::StrAppend(
        &text, " ",
        mutes ? texts::StillVips(words, senders, first) : texts::StillMuted(words, senders, first));
  }
  return text;
}

std::string AddedText(const PersonalRule& rule, const Added& added, const Words& words) {
  const Standing standing = StandingOf(rule);
  if (standing == Standing::kMuted || standing == Standing::kVip) {
    const std::string& sender = rule.conditions(0).values(0);
    const bool mutes = standing == Standing::kMuted;
    if (!added.changed) {
      return absl::StrCat(
          mutes ? texts::MutedAlready(words, sender) : texts::IsVipAlready(words, sender),
          OthersText(rule, added, words));
    }
    return absl::StrCat(mutes ? texts::Muted(words, sender) : texts::IsVip(words, sender),
                        OthersText(rule, added, words));
  }
  return added.changed ? texts::RuleStored(words, RuleText(rule, words))
                       : texts::RuleThereAlready(words);
}

net::Task<std::string> RuleProposals::Propose(MailQuestion question, const Words& words) {
  const std::string user = question.user, contact = question.contact;
  auto mail = co_await FindMeantMail(context_, std::move(question), words);
  if (absl::IsInvalidArgument(mail.status())) co_return std::string(mail.status().message());
  if (!mail.ok()) co_return texts::CommandNotNow(words);
  const AccountDirectory::Account account = context_.directory.FindById(mail->account_id);
  const bool folders = account != nullptr && account->owner() == user &&
                       account->type() == admin::v1::ACCOUNT_TYPE_IMAP;
  const Rules proposals = ProposalsFor(*mail, folders);
  if (proposals.empty()) co_return texts::SenderUnknown(words);
  auto newest = co_await NewestMailOf(context_, user, contact);
  if (!newest.ok()) co_return texts::CommandNotNow(words);
  RuleQuestion asked{kKind, contact, {}, *std::move(newest)};
  const auto sender = SenderOf(*mail);
  const std::string subject = mail->subject.empty() ? texts::NoSubject(words) : mail->subject;
  const std::string from = sender ? sender->Spec() : texts::NoSender(words);
  const std::string title = mail::CleanLine(mail::CutUtf8(subject, kMaxSubject));
  // An address from which no mail is known.
  const bool none = mail->message_id.empty() && mail->subject.empty();
  std::vector<std::string> lines{none ? texts::WhatToDoWithMailFrom(words, from)
                                      : texts::WhatToDoWith(words, title, from)};
  size_t filing = 0;
  for (const PersonalRule& rule : proposals) {
    asked.items.push_back(rule.SerializeAsString());
    lines.push_back(texts::RuleLine(words, asked.items.size(), RuleText(rule, words)));
    const bool files = rule.actions(0).what() == PersonalAction::WHAT_FILE;
    if (files && filing == 0) filing = asked.items.size();
  }
  if (filing > 0) lines.push_back(texts::OrNameTheFolder(words, filing));
  lines.push_back(texts::OrOpenTheForm(words, context_.domain));
  absl::Status kept = co_await questions_.Ask(user, std::move(asked));
  co_return kept.ok() ? absl::StrJoin(lines, "\n") : texts::CommandNotNow(words);
}

net::Task<std::string> RuleProposals::Choose(std::string user, RuleQuestion asked, size_t number,
                                             std::string folder, const Words& words) {
  PersonalRule rule;
  const bool known = number >= 1 && number <= asked.items.size() &&
                     rule.ParseFromString(asked.items[number - 1]) && rule.actions_size() > 0;
  if (!known) co_return texts::ChooseUpTo(words, asked.items.size());
  if (!folder.empty()) {
    const bool files = rule.actions(0).what() == PersonalAction::WHAT_FILE;
    if (!files) co_return texts::TakesNoFolder(words);
    rule.mutable_actions(0)->set_value(folder);
  }
  Added added;
  RuleStore::Change change = [&rule, &added](Rules& rules) {
    auto done = AddRule(rule, rules);
    if (done.ok()) added = *std::move(done);
    return done.status();
  };
  auto stored = co_await store_.Apply(user, std::move(change));
  if (!stored.ok()) co_return RuleProblem(stored.status(), words);
  co_await questions_.Forget(std::move(user));
  co_return AddedText(rule, added, words);
}

}  // namespace postern::xmpp_edge
