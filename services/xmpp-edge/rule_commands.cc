#include "services/xmpp-edge/rule_commands.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/own_script.h"
#include "services/xmpp-edge/reply_fallback.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/rule_use.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/rule_export.h"
#include "services/xmpp-edge/texts/why.h"
#include "services/xmpp-edge/watching_settings.h"

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

constexpr size_t kMostListed = 40;
constexpr size_t kMostTyped = 40;  // of what is no number

net::Task<std::string> Said(std::string text) { co_return text; }

// XEP-0308.
bool IsCorrection(const Element& message) {
  return message.Child("replace", "urn:xmpp:message-correct:0") != nullptr;
}

std::string NoSuchRuleText(const RuleLine& line, const Words& words) {
  const std::string typed = mail::CleanLine(mail::CutUtf8(line.number_text, kMostTyped));
  const bool number = absl::c_all_of(typed, absl::ascii_isdigit);
  return number ? texts::NoSuchRule(words, typed) : texts::NoRuleNumber(words, typed);
}

// Changes rule `line.number`, which is there, and puts what is told of it into `told`.
absl::Status ChangeNumbered(const RuleLine& line, const Words& words, Rules& rules,
                            std::string& told) {
  const size_t number = line.number;
  rules::v1::PersonalRule& rule = rules[number - 1];
  if (line.verb == Verb::kOn || line.verb == Verb::kOff) {
    rule.set_disabled(false);
    const std::string text = RuleText(rule, words);
    rule.set_disabled(line.verb == Verb::kOff);
    told = rule.disabled() ? texts::RuleIsOff(words, text) : texts::RuleIsOn(words, text);
    return absl::OkStatus();
  }
  const std::string text = RuleText(rule, words);
  if (line.verb == Verb::kDelete) {
    told = texts::RuleDeleted(words, text);
    RemoveRule(number, rules);
    return absl::OkStatus();
  }
  if (line.verb == Verb::kCopy) {
    told = texts::RuleCopied(words, text);
    return CopyRule(number, rules);
  }
  const bool up = line.verb == Verb::kUp;
  told = texts::RuleMoved(words, text);
  if (!MoveRule(number, up, rules)) {
    told = up ? texts::RuleIsFirst(words) : texts::RuleIsLast(words);
  }
  return absl::OkStatus();
}

}  // namespace

RuleCommands::RuleCommands(FeatureContext context, ChatWork& work)
    : context_(context),
      work_(work),
      store_(context),
      questions_(context.redis, RuleProposals::kSlot),
      proposals_(context),
      trial_(context),
      export_(context),
      quarantine_(context),
      why_(context) {}

net::Task<bool> RuleCommands::Take(const Incoming& incoming, const Place& place) {
  // With a subject of its own it is a mail.
  if (!incoming.stanza.ChildText("subject").empty()) co_return false;
  const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  auto line = ReadRuleLine(BodyWithoutReplyFallback(incoming.stanza), words);
  if (!line) co_return false;
  Wish wish{*std::move(line), MailQuestionOf(incoming, place), ""};
  const bool is_reply = wish.mail.reply_to.has_value();
  // "mute" to a mail is about who wrote it.
  const bool names_nobody = IsAboutSender(wish.line.verb) && wish.line.argument.empty();
  if (names_nobody && is_reply && KnowsMails(wish.mail)) wish.line.this_sender = true;
  const RuleUse use = UseOf(wish.line, place, is_reply);
  const bool corrects = IsCorrection(incoming.stanza) && KnowsMails(wish.mail);
  // The message before was a mail; so may a word be that is a command only as an answer.
  if (use == RuleUse::kMailed || (corrects && IsAnswer(wish.line.verb))) co_return false;
  std::optional<std::string> at_once;
  if (corrects) at_once = texts::CorrectionIsCommand(words);
  if (!corrects && use == RuleUse::kNotMailed) at_once = NotMailedText(wish.line, words);
  if (place.kind == Place::Kind::kAccount) wish.account = place.account->name();
  if (!at_once && IsAnswer(wish.line.verb)) {
    auto asked = co_await QuestionFor(wish.mail, wish.line);
    // "Yes" to the gateway itself is no mail.
    if (!asked && (wish.line.verb == Verb::kChoice || KnowsMails(wish.mail))) co_return false;
    if (!asked) at_once = texts::NothingAsked(words);
    if (asked) wish.asked = *std::move(asked);
  }
  Incoming head = ChatWork::HeadOf(incoming);
  if (at_once) {
    co_await work_.Say(std::move(head), *std::move(at_once));
    co_return true;
  }
  auto work = WorkFor(std::move(wish), words);
  if (!work) co_return false;
  co_await work_.Begin(std::move(head), *std::move(work));
  co_return true;
}

net::Task<std::optional<RuleQuestion>> RuleCommands::QuestionFor(const MailQuestion& mail,
                                                                 const RuleLine& line) {
  auto asked = co_await questions_.Get(mail.user);
  // Without Redis nobody can tell; as a mail it would reach somebody.
  if (!asked.ok() || !*asked || (*asked)->contact != mail.contact) co_return std::nullopt;
  const bool wants_yes = (*asked)->kind == RuleTrial::kKind;
  const bool fits = line.verb == Verb::kNo || wants_yes == (line.verb == Verb::kYes);
  if (!fits) co_return std::nullopt;
  if (mail.reply_to) {
    // A reply to a mail is an answer to that mail, whatever was asked.
    auto replied = co_await context_.threads.ByStanza(mail.user, *mail.reply_to);
    if (!replied.ok() || *replied) co_return std::nullopt;
  } else if (!wants_yes) {
    // A number may be the answer to a mail that came after the question.
    auto newest = co_await NewestMailOf(context_, mail.user, mail.contact);
    if (!newest.ok() || *newest != (*asked)->newest) co_return std::nullopt;
  }
  co_return **std::move(asked);
}

std::optional<net::Task<std::string>> RuleCommands::WorkFor(Wish wish, const Words& words) {
  const std::string user = wish.mail.user;
  switch (wish.line.verb) {
    case Verb::kList:
      return List(user, words);
    case Verb::kShow:
      return Show(user, std::move(wish.line), words);
    case Verb::kDelete:
    case Verb::kUp:
    case Verb::kDown:
    case Verb::kOn:
    case Verb::kOff:
    case Verb::kCopy:
      return ChangeOne(user, std::move(wish.line), words);
    case Verb::kMute:
    case Verb::kUnmute:
    case Verb::kVip:
    case Verb::kUnvip:
      return ChangeSender(std::move(wish), words);
    case Verb::kContactsOnly:
    case Verb::kNotContactsOnly:
      return SetContactsOnly(std::move(wish), words);
    case Verb::kQuiet:
      return Quiet(std::move(wish), words);
    case Verb::kPropose:
      if (!KnowsMails(wish.mail)) return Said(texts::HowToChangeRules(words));
      return proposals_.Propose(std::move(wish.mail), words);
    case Verb::kChoice:
      return proposals_.Choose(user, std::move(wish.asked), wish.line.number,
                               std::move(wish.line.argument), words);
    default:
      return OtherWorkFor(std::move(wish), words);
  }
}

std::optional<net::Task<std::string>> RuleCommands::OtherWorkFor(Wish wish, const Words& words) {
  const std::string user = wish.mail.user;
  switch (wish.line.verb) {
    case Verb::kHelp:
      return Said(texts::HowToChangeRules(words));
    case Verb::kWhy:
      if (!KnowsMails(wish.mail)) return Said(texts::HowToAskWhy(words));
      return why_.Tell(std::move(wish.mail), words);
    case Verb::kWhyNot:
      return why_.TellKeptBack(user, std::move(wish.line.argument), words);
    case Verb::kTry:
      return trial_.Try(user, std::move(wish.line.argument), words);
    case Verb::kApply:
      return trial_.AskToApply(user, std::move(wish.line.argument), wish.mail.contact, words);
    case Verb::kYes:
      return trial_.Apply(user, std::move(wish.asked), words);
    case Verb::kNo:
      return Decline(user, words);
    case Verb::kQuarantine:
      return quarantine_.Tell(user, words);
    case Verb::kRelease:
      return quarantine_.Release(user, wish.line.number, words);
    case Verb::kSieve:
      return export_.Sieve(user, words);
    case Verb::kExport:
      return export_.All(user, words);
    case Verb::kSievePassword:
      return export_.MakePassword(user, words);
    case Verb::kNoSievePassword:
      return export_.EndPassword(user, words);
    default:
      return std::nullopt;
  }
}

net::Task<std::string> RuleCommands::Decline(std::string user, const Words& words) {
  co_await questions_.Forget(std::move(user));
  co_return texts::NothingDone(words);
}

net::Task<std::string> RuleCommands::List(std::string user, const Words& words) {
  auto stored = co_await store_.Get(user);
  if (!stored.ok()) co_return RuleProblem(stored.status(), words);
  const std::string script = co_await OwnScriptLine(context_, std::move(user), words);
  if (stored->rules.empty() && script.empty()) co_return texts::NoRules(words);
  if (stored->rules.empty()) co_return absl::StrCat(script, "\n", texts::NoOtherRules(words));
  const std::string text = RulesText(stored->rules, kMostListed, words);
  co_return script.empty() ? text : absl::StrCat(text, "\n", script);
}

net::Task<std::string> RuleCommands::Show(std::string user, RuleLine line, const Words& words) {
  auto stored = co_await store_.Get(std::move(user));
  if (!stored.ok()) co_return RuleProblem(stored.status(), words);
  if (line.number > stored->rules.size()) co_return NoSuchRuleText(line, words);
  co_return texts::RuleLine(words, line.number, RuleText(stored->rules[line.number - 1], words));
}

net::Task<std::string> RuleCommands::ChangeOne(std::string user, RuleLine line,
                                               const Words& words) {
  std::string told;
  RuleStore::Change change = [&line, &words, &told](Rules& rules) {
    if (line.number >= 1 && line.number <= rules.size()) {
      return ChangeNumbered(line, words, rules, told);
    }
    return absl::OutOfRangeError("no such rule");
  };
  auto changed = co_await store_.Apply(std::move(user), std::move(change));
  if (absl::IsOutOfRange(changed.status())) co_return NoSuchRuleText(line, words);
  if (!changed.ok()) co_return RuleProblem(changed.status(), words);
  if (changed->empty()) co_return told;
  // Numbers may be others now: nobody shall delete the wrong one next.
  co_return absl::StrCat(told, "\n\n", RulesText(*changed, kMostListed, words));
}

net::Task<std::string> RuleCommands::Quiet(Wish wish, const Words& words) {
  std::vector<AccountDirectory::Account> accounts = MailboxesOf(context_, wish.mail.user);
  if (!wish.account.empty()) accounts = {wish.mail.place.account};
  co_return co_await SetQuietHours(context_, wish.mail.user, std::move(accounts),
                                   std::move(wish.line.argument), words);
}

}  // namespace postern::xmpp_edge
