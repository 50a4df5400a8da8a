#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Rules in plain words: what a rule asks, and what it does.
namespace postern::xmpp_edge::texts {

// --- a rule ---------------------------------------------------------------------------
// TRANSLATORS: a rule: $0 is what it asks ("Sender is ann@example.org"), $1 what is done.
inline std::string RuleSentence(const Words& words, absl::string_view asked,
                                absl::string_view done) {
  return words.Say("If $0: $1", asked, done);
}
// TRANSLATORS: the same of a rule for every mail; $0 is what is done.
inline std::string RuleForAll(const Words& words, absl::string_view done) {
  return words.Say("Every mail: $0", done);
}
// TRANSLATORS: between two conditions, and between two actions.
inline std::string And(const Words& words) { return words.Say(" and "); }
// TRANSLATORS: between two conditions or two values of which one is enough.
inline std::string Or(const Words& words) { return words.Say(" or "); }
// TRANSLATORS: follows a rule that is switched off.
inline std::string IsOff(const Words& words) { return words.Say("(off)"); }
// TRANSLATORS: follows a rule; $0 is an account.
inline std::string InAccount(const Words& words, absl::string_view account) {
  return words.Say("(mail of the account $0)", account);
}
inline std::string NothingAfter(const Words& words) {
  return words.Say("and no later rule is looked at");
}

// --- what is asked --------------------------------------------------------------------
// TRANSLATORS: a condition: $0 is what is looked at ("Subject"), $1 how ("contains"), $2 with what.
inline std::string Condition(const Words& words, absl::string_view subject, absl::string_view how,
                             absl::string_view values) {
  return words.Say("$0 $1 $2", subject, how, values);
}
// TRANSLATORS: the next ones are what a condition looks at, also in a list to choose from.
inline std::string OfSender(const Words& words) { return words.Say("sender"); }
inline std::string OfRecipient(const Words& words) { return words.Say("recipient"); }
inline std::string OfSubject(const Words& words) { return words.Say("subject"); }
inline std::string OfBody(const Words& words) { return words.Say("text"); }
inline std::string OfHeader(const Words& words) { return words.Say("header field"); }
// TRANSLATORS: $0 is the name of a field of a mail's header: "X-Spam-Flag".
inline std::string OfHeaderNamed(const Words& words, absl::string_view header) {
  return words.Say("header field $0", header);
}
inline std::string OfSize(const Words& words) { return words.Say("size"); }
inline std::string OfList(const Words& words) { return words.Say("mailing list"); }
inline std::string OfAttachment(const Words& words) { return words.Say("attachment"); }
inline std::string OfTime(const Words& words) { return words.Say("time"); }
inline std::string OfContact(const Words& words) {
  return words.Say("sender, as one of my contacts");
}
inline std::string OfPresence(const Words& words) { return words.Say("my presence"); }
inline std::string OfFolder(const Words& words) { return words.Say("folder"); }
inline std::string IsContact(const Words& words) {
  return words.Say("the sender is one of your contacts");
}
inline std::string IsNoContact(const Words& words) {
  return words.Say("the sender is none of your contacts");
}
// TRANSLATORS: $0 is the name of a list of addresses, as in the next one.
inline std::string IsInList(const Words& words, absl::string_view list) {
  return words.Say("the sender is in the list $0", list);
}
inline std::string IsNotInList(const Words& words, absl::string_view list) {
  return words.Say("the sender is not in the list $0", list);
}
// TRANSLATORS: the next ones stand between what is looked at and a text, and in a list.
inline std::string Contains(const Words& words) { return words.Say("contains"); }
inline std::string ContainsNot(const Words& words) { return words.Say("does not contain"); }
inline std::string Is(const Words& words) { return words.Say("is"); }
inline std::string IsNot(const Words& words) { return words.Say("is not"); }
inline std::string Begins(const Words& words) { return words.Say("begins with"); }
inline std::string BeginsNot(const Words& words) { return words.Say("does not begin with"); }
inline std::string Ends(const Words& words) { return words.Say("ends with"); }
inline std::string EndsNot(const Words& words) { return words.Say("does not end with"); }
// TRANSLATORS: "*" and "?" stand for any text and any character there.
inline std::string Matches(const Words& words) { return words.Say("is like (with * and ?)"); }
inline std::string MatchesNot(const Words& words) {
  return words.Say("is not like (with * and ?)");
}
inline std::string FitsRegex(const Words& words) {
  return words.Say("fits the regular expression");
}
inline std::string FitsRegexNot(const Words& words) {
  return words.Say("does not fit the regular expression");
}
inline std::string IsOver(const Words& words) { return words.Say("is larger than"); }
inline std::string IsUnder(const Words& words) { return words.Say("is smaller than"); }
inline std::string Exists(const Words& words) { return words.Say("is there"); }
inline std::string ExistsNot(const Words& words) { return words.Say("is not there"); }

// --- what is done ---------------------------------------------------------------------
// TRANSLATORS: the next ones are what a rule does with a mail, also in a list to choose from.
inline std::string ShowWhole(const Words& words) { return words.Say("show it whole, at once"); }
inline std::string ShowHeaders(const Words& words) {
  return words.Say("show only who wrote, and the subject");
}
inline std::string ShowInDigest(const Words& words) { return words.Say("show it in a digest"); }
inline std::string ShowNot(const Words& words) { return words.Say("don't show it"); }
inline std::string ShowUrgently(const Words& words) {
  return words.Say("show it at once, whatever your presence and the hour");
}
inline std::string Discard(const Words& words) {
  return words.Say("don't show it, and leave it in the mailbox");
}
inline std::string Quarantine(const Words& words) { return words.Say("put it into quarantine"); }
inline std::string MoveTo(const Words& words) { return words.Say("move it to the folder"); }
inline std::string CopyTo(const Words& words) { return words.Say("copy it to the folder"); }
inline std::string MarkWith(const Words& words) { return words.Say("mark it with"); }
inline std::string SendOnTo(const Words& words) {
  return words.Say("send it on, and don't show it, to");
}
inline std::string SendCopyTo(const Words& words) { return words.Say("send a copy to"); }
inline std::string NotifyOf(const Words& words) { return words.Say("send a notice to"); }
inline std::string HoldUntil(const Words& words) { return words.Say("show it only at"); }
inline std::string AnswerWith(const Words& words) { return words.Say("answer with"); }
// TRANSLATORS: what is done, and its folder, address or text.
inline std::string ActionWith(const Words& words, absl::string_view what, absl::string_view value) {
  return words.Say("$0 \"$1\"", what, value);
}
inline std::string UnknownPart(const Words& words) {
  return words.Say("(something that a newer version of the gateway knows)");
}

}  // namespace postern::xmpp_edge::texts
