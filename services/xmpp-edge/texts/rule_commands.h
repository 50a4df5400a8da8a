#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/words.h"

// Rules by chat: what users type, and what they are told.
namespace postern::xmpp_edge::texts {

// --- what is typed --------------------------------------------------------------------
// TRANSLATORS: users may type yours beside the English ones, in the order of the English ones:
// "mute this sender", "rule delete 3". Where clients on phones begin with a capital that is no
// ASCII letter, give both: "правила|Правила". Several words are fine.
inline std::string KeywordRules(const Words& words) { return words.Say("rules"); }
inline std::string KeywordRule(const Words& words) { return words.Say("rule"); }
inline std::string KeywordMute(const Words& words) { return words.Say("mute"); }
inline std::string KeywordUnmute(const Words& words) { return words.Say("unmute"); }
inline std::string KeywordVip(const Words& words) { return words.Say("vip"); }
inline std::string KeywordThisSender(const Words& words) { return words.Say("this sender"); }
inline std::string KeywordContactsOnly(const Words& words) {
  return words.Say("only from my contacts");
}
inline std::string KeywordQuiet(const Words& words) { return words.Say("quiet"); }
inline std::string KeywordWhy(const Words& words) { return words.Say("why"); }
// TRANSLATORS: behind "why": "why not".
inline std::string KeywordNot(const Words& words) { return words.Say("not"); }
inline std::string KeywordQuarantine(const Words& words) { return words.Say("quarantine"); }
// TRANSLATORS: the next ones follow "rule" or "rules".
inline std::string KeywordDelete(const Words& words) { return words.Say("delete"); }
inline std::string KeywordUp(const Words& words) { return words.Say("up"); }
inline std::string KeywordDown(const Words& words) { return words.Say("down"); }
inline std::string KeywordOn(const Words& words) { return words.Say("on"); }
inline std::string KeywordOff(const Words& words) { return words.Say("off"); }
inline std::string KeywordCopy(const Words& words) { return words.Say("copy"); }
inline std::string KeywordTry(const Words& words) { return words.Say("try"); }
inline std::string KeywordApply(const Words& words) { return words.Say("apply"); }
inline std::string KeywordExport(const Words& words) { return words.Say("export"); }
// TRANSLATORS: follows "quarantine".
inline std::string KeywordRelease(const Words& words) { return words.Say("release"); }

// TRANSLATORS: one to ten, as users may answer to a numbered list; several spellings of one as in
// "один|Один".
inline std::string NumberWords(const Words& words) {
  return words.Say("one two three four five six seven eight nine ten");
}

// --- help -------------------------------------------------------------------------------
// TRANSLATORS: the words in quotes and those before a dash are what users type; yours work too.
inline std::string HowToRule(const Words& words) {
  return words.Say(
      "rules - your rules; \"rule off 3\", \"rule on 3\", \"rule up 3\", \"rule down 3\", "
      "\"rule copy 3\", \"rule delete 3\"\n"
      "mute ann@example.org - don't show mail from her; \"unmute ann@example.org\"\n"
      "vip ann@example.org - show her mail at once, even in quiet hours; \"vip off "
      "ann@example.org\"\n"
      "only from my contacts - show mail from your contacts alone; \"only from my contacts off\"\n"
      "quiet 22:00-07:00 - no mail at these hours; \"quiet off\"\n"
      "why not WORD - the last mails that rules kept back; WORD is of the subject or the sender\n"
      "rules try FOLDER - what your rules would do with the mails there; \"rules apply FOLDER\"\n"
      "quarantine - what lies there; \"quarantine release 1\"\n"
      "rules sieve, rules export, sieve password - for those who know Sieve");
}
// TRANSLATORS: the words in quotes are what users type; yours work too.
inline std::string HowToRuleByMail(const Words& words) {
  return words.Say(
      "As a reply to a mail, \"mute this sender\", \"vip this sender\", \"rule\" (a rule made from "
      "that mail) and \"why\" (why you got it) are not mailed but done.");
}

// --- the list -----------------------------------------------------------------------------
inline std::string NoRules(const Words& words) {
  return words.Say(
      "You have no rules. Write \"mute ann@example.org\" to be shown no more mail from her, reply "
      "\"rule\" to a mail to make one from it, or open the command \"Rules\" of this contact.");
}
// TRANSLATORS: a rule in a list: $0 is its number, $1 what it says.
inline std::string RuleLine(const Words& words, size_t number, absl::string_view rule) {
  return words.Say("$0. $1", number, rule);
}
inline std::string YourRules(const Words& words) {
  return words.Say("Your rules, in their order:");
}
inline std::string MoreRules(const Words& words, size_t more) {
  return words.Plural("… and $0 more. The command \"Rules\" shows them all.",
                      "… and $0 more. The command \"Rules\" shows them all.", more);
}
inline std::string NoSuchRule(const Words& words, absl::string_view number) {
  return words.Say("You have no rule $0. Write \"rules\" to see their numbers.", number);
}
// TRANSLATORS: $0 is what was typed instead.
inline std::string NoRuleNumber(const Words& words, absl::string_view typed) {
  return words.Say("\"$0\" is no number of a rule. Write \"rules\" to see their numbers.", typed);
}
// TRANSLATORS: of a list with numbers; $0 is the last one.
inline std::string NoSuchNumber(const Words& words, size_t most) {
  return words.Plural("The list has no such number: it has one mail.",
                      "The list has no such number: its numbers go from 1 to $0.", most);
}
// TRANSLATORS: $0 is what the rule says, as in the next ones.
inline std::string RuleDeleted(const Words& words, absl::string_view rule) {
  return words.Say("Deleted: $0", rule);
}
inline std::string RuleIsOn(const Words& words, absl::string_view rule) {
  return words.Say("On: $0", rule);
}
inline std::string RuleIsOff(const Words& words, absl::string_view rule) {
  return words.Say("Off: $0", rule);
}
inline std::string RuleMoved(const Words& words, absl::string_view rule) {
  return words.Say("Moved: $0", rule);
}
inline std::string RuleIsFirst(const Words& words) {
  return words.Say("It is the first one already.");
}
inline std::string RuleIsLast(const Words& words) {
  return words.Say("It is the last one already.");
}
inline std::string RuleCopied(const Words& words, absl::string_view rule) {
  return words.Say("Copied, and the copy is off until you switch it on: $0", rule);
}
inline std::string RuleStored(const Words& words, absl::string_view rule) {
  return words.Say("Stored: $0", rule);
}
inline std::string RuleThereAlready(const Words& words) {
  return words.Say("You have that rule already.");
}

// --- senders --------------------------------------------------------------------------------
// TRANSLATORS: $0 is an address, or "@example.org" for everybody there, as in the next ones.
inline std::string Muted(const Words& words, absl::string_view sender) {
  return words.Say(
      "Mail from $0 is not shown to you any more. It stays in your mailbox; \"unmute $0\" shows it "
      "again.",
      sender);
}
inline std::string MutedAlready(const Words& words, absl::string_view sender) {
  return words.Say("$0 is muted already: mail from there is not shown to you.", sender);
}
inline std::string Unmuted(const Words& words, absl::string_view sender) {
  return words.Say("New mail from $0 is shown to you again.", sender);
}
inline std::string NotMuted(const Words& words, absl::string_view sender) {
  return words.Say("$0 is not muted. Write \"rules\" to see what is.", sender);
}
inline std::string IsVip(const Words& words, absl::string_view sender) {
  return words.Say(
      "Mail from $0 is shown at once, whatever your presence, in quiet hours too. \"vip off $0\" "
      "ends that.",
      sender);
}
inline std::string IsVipAlready(const Words& words, absl::string_view sender) {
  return words.Say("Mail from $0 is shown at once already.", sender);
}
// TRANSLATORS: $0 is an address, or several, as in the next one.
inline std::string NoVipsAnyMore(const Words& words, absl::string_view senders) {
  return words.Say("No VIP any more: $0.", senders);
}
inline std::string NotMutedAnyMore(const Words& words, absl::string_view senders) {
  return words.Say("Not muted any more: $0.", senders);
}
// TRANSLATORS: $0 is an address, or several; $1 the first of them, as in the next one.
inline std::string StillVips(const Words& words, absl::string_view senders,
                             absl::string_view first) {
  return words.Say(
      "Still a VIP, for an address counts more than its domain: $0. \"vip off $1\" ends that.",
      senders, first);
}
inline std::string StillMuted(const Words& words, absl::string_view senders,
                              absl::string_view first) {
  return words.Say(
      "Still muted, for an address counts more than its domain: $0. \"unmute $1\" ends that.",
      senders, first);
}
// TRANSLATORS: $0 is an address, $1 its domain: "@example.org", as in the next one.
inline std::string DomainIsMuted(const Words& words, absl::string_view sender,
                                 absl::string_view domain) {
  return words.Say("Not $0 alone is muted, but all of $1. \"unmute $1\" ends that.", sender,
                   domain);
}
inline std::string DomainIsVip(const Words& words, absl::string_view sender,
                               absl::string_view domain) {
  return words.Say(
      "Not $0 alone is a VIP, but all of $1. \"vip off $1\" ends that; \"mute $0\" is about that "
      "address.",
      sender, domain);
}
inline std::string IsVipNoMore(const Words& words, absl::string_view sender) {
  return words.Say("Mail from $0 is shown as any other mail.", sender);
}
inline std::string WasNoVip(const Words& words, absl::string_view sender) {
  return words.Say("$0 was no VIP. Write \"rules\" to see who is.", sender);
}
inline std::string ContactsOnly(const Words& words, size_t count) {
  return words.Plural(
      "Only mail from your contacts is shown now ($0 address). Other mail stays in your mailbox; "
      "\"only from my contacts off\" shows it again.",
      "Only mail from your contacts is shown now ($0 addresses). Other mail stays in your mailbox; "
      "\"only from my contacts off\" shows it again.",
      count);
}
inline std::string ContactsOnlyAlready(const Words& words) {
  return words.Say("Only mail from your contacts is shown already.");
}
// TRANSLATORS: $0 is the gateway's address: "mail.example.org".
inline std::string NoContacts(const Words& words, absl::string_view domain) {
  return words.Say(
      "No contact of yours stands for a mail address, so no mail would be shown; nothing has been "
      "changed. Add ann\\40example.org@$0 to your contacts for ann@example.org, and so on, then "
      "write it again.",
      domain);
}
inline std::string FromEverybody(const Words& words) {
  return words.Say("Mail is shown again whoever it is from, but for what other rules say.");
}
inline std::string NotContactsOnly(const Words& words) {
  return words.Say("There was no such rule: mail is shown whoever it is from.");
}

// --- what was wrong ---------------------------------------------------------------------------
inline words::Wording NoAddress(absl::string_view text) {
  return words::Word(
      "\"$0\" is no mail address; write it like ann@example.org, or @example.org "
      "for everybody there",
      text);
}
inline words::Wording TooManyRules(size_t most) {
  return words::Word("there are $0 rules already; delete one first", most);
}
// TRANSLATORS: "mute" and so on are what users type; $0 is one of them.
inline std::string NameTheSender(const Words& words, absl::string_view verb) {
  return words.Say(
      "Whose mail? Write \"$0 ann@example.org\", \"$0 @example.org\" for everybody there, or reply "
      "\"$0 this sender\" to a mail.",
      verb);
}
inline std::string NothingMailed(const Words& words) { return words.Say("Nothing was mailed."); }
// TRANSLATORS: $0 is the gateway's address; "Subject:" is what users type, in every language.
inline std::string NotMailed(const Words& words, absl::string_view domain) {
  return words.Say(
      "Not mailed: that is a command. Write it to the gateway, $0. If it is to be a mail, put a "
      "line \"Subject: …\" before it.",
      domain);
}
// TRANSLATORS: "no" was the answer to a question.
inline std::string NothingDone(const Words& words) { return words.Say("Nothing was done."); }
inline std::string NothingAsked(const Words& words) {
  return words.Say("There is no question that waits for an answer.");
}
// TRANSLATORS: of a corrected message; "Subject:" is what users type, in every language.
inline std::string CorrectionIsCommand(const Words& words) {
  return words.Say(
      "Not mailed, and the mail that you corrected is as it was: that is a command. Write it as a "
      "message of its own. If it is to be a mail, put a line \"Subject: …\" before it.");
}
inline std::string WhichMail(const Words& words) {
  return words.Say(
      "Which mail do you mean? Write it as a reply to the mail, with the reply function of your "
      "client. Nothing was sent.");
}
inline std::string MailIsYours(const Words& words) {
  return words.Say(
      "That message is from you. Reply to a mail from somebody else. Nothing was sent.");
}
inline std::string SenderUnknown(const Words& words) {
  return words.Say("Nobody knows any more who that mail is from. Name the address instead.");
}
// TRANSLATORS: "rules" and so on are what users type.
inline std::string HowToChangeRules(const Words& words) {
  return words.Say(
      "Write \"rules\" to see your rules, then \"rule off 3\", \"rule on 3\", \"rule up 3\", "
      "\"rule "
      "down 3\", \"rule copy 3\" or \"rule delete 3\" with the number of one. \"rules try "
      "FOLDER\", "
      "\"rules apply FOLDER\", \"rules sieve\" and \"rules export\" are about all of them.");
}
inline std::string RulesNotStored(const Words& words, absl::string_view why) {
  return words.Say("That was not stored: $0.", why);
}

}  // namespace postern::xmpp_edge::texts
