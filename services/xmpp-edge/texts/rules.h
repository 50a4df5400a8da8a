#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Rules in plain words: what a rule asks, and what it does.
namespace postern::xmpp_edge::texts {

// --- a rule ---------------------------------------------------------------------------
// TRANSLATORS: a rule: $0 is what it asks ("the sender is "ann@example.org" and the subject
// contains "minutes""), $1 what is done ("move it to the folder "work"").
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
// TRANSLATORS: the next ones are conditions within "If …: …": $0 is one of "the sender", "the
// subject" and so on as you give them below, $1 a text in quotes, or several with "or" between
// them. Put them into the order that a sentence after "If" has in your language.
inline std::string SaysContains(const Words& words, absl::string_view what,
                                absl::string_view text) {
  return words.Say("$0 contains $1", what, text);
}
inline std::string SaysContainsNot(const Words& words, absl::string_view what,
                                   absl::string_view text) {
  return words.Say("$0 does not contain $1", what, text);
}
inline std::string SaysIs(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 is $1", what, text);
}
inline std::string SaysIsNot(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 is not $1", what, text);
}
inline std::string SaysBegins(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 begins with $1", what, text);
}
inline std::string SaysBeginsNot(const Words& words, absl::string_view what,
                                 absl::string_view text) {
  return words.Say("$0 does not begin with $1", what, text);
}
inline std::string SaysEnds(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 ends with $1", what, text);
}
inline std::string SaysEndsNot(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 does not end with $1", what, text);
}
// TRANSLATORS: $1 is a text in which "*" and "?" stand for any others.
inline std::string SaysMatches(const Words& words, absl::string_view what, absl::string_view text) {
  return words.Say("$0 is like $1", what, text);
}
inline std::string SaysMatchesNot(const Words& words, absl::string_view what,
                                  absl::string_view text) {
  return words.Say("$0 is not like $1", what, text);
}
inline std::string SaysFitsRegex(const Words& words, absl::string_view what,
                                 absl::string_view text) {
  return words.Say("$0 fits the regular expression $1", what, text);
}
inline std::string SaysFitsRegexNot(const Words& words, absl::string_view what,
                                    absl::string_view text) {
  return words.Say("$0 does not fit the regular expression $1", what, text);
}
// TRANSLATORS: $0 is "the size", $1 one like 2M.
inline std::string SaysIsOver(const Words& words, absl::string_view what, absl::string_view size) {
  return words.Say("$0 is larger than $1", what, size);
}
inline std::string SaysIsUnder(const Words& words, absl::string_view what, absl::string_view size) {
  return words.Say("$0 is smaller than $1", what, size);
}
// TRANSLATORS: of what a mail may lack: "the subject is there".
inline std::string SaysExists(const Words& words, absl::string_view what, absl::string_view) {
  return words.Say("$0 is there", what);
}
inline std::string SaysExistsNot(const Words& words, absl::string_view what, absl::string_view) {
  return words.Say("$0 is not there", what);
}
inline std::string HasAttachment(const Words& words) {
  return words.Say("the mail has an attachment");
}
inline std::string HasNoAttachment(const Words& words) {
  return words.Say("the mail has no attachment");
}
inline std::string IsFromList(const Words& words) {
  return words.Say("the mail is from a mailing list");
}
inline std::string IsFromNoList(const Words& words) {
  return words.Say("the mail is from no mailing list");
}
// TRANSLATORS: a text in quotes, as your language has them.
inline std::string Quoted(const Words& words, absl::string_view text) {
  return words.Say("\"$0\"", text);
}
// TRANSLATORS: the next ones are what conditions look at, as $0 of those above.
inline std::string TheSender(const Words& words) { return words.Say("the sender"); }
inline std::string TheRecipient(const Words& words) { return words.Say("the recipient"); }
inline std::string TheSubject(const Words& words) { return words.Say("the subject"); }
inline std::string TheBody(const Words& words) { return words.Say("the text"); }
// TRANSLATORS: $0 is the name of a field of a mail's header: "X-Spam-Flag".
inline std::string TheHeader(const Words& words, absl::string_view header) {
  return words.Say("the header field $0", header);
}
inline std::string TheSize(const Words& words) { return words.Say("the size"); }
inline std::string TheList(const Words& words) { return words.Say("the mailing list"); }
inline std::string TheAttachment(const Words& words) {
  return words.Say("the name of an attachment");
}
inline std::string TheTime(const Words& words) { return words.Say("the time"); }
inline std::string ThePresence(const Words& words) { return words.Say("your presence"); }
inline std::string TheFolder(const Words& words) { return words.Say("the folder"); }
// TRANSLATORS: the next ones are what a condition looks at, in a list to choose from.
inline std::string OfSender(const Words& words) { return words.Say("sender"); }
inline std::string OfRecipient(const Words& words) { return words.Say("recipient"); }
inline std::string OfSubject(const Words& words) { return words.Say("subject"); }
inline std::string OfBody(const Words& words) { return words.Say("text"); }
inline std::string OfHeader(const Words& words) { return words.Say("header field"); }
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
// TRANSLATORS: the next ones are how it is compared, in a list to choose from.
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
// TRANSLATORS: the next ones are to be chosen in a list; their folder, address or text stands in
// another field.
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
// TRANSLATORS: the same with the folder, address, time or text that goes with it.
inline std::string MoveToFolder(const Words& words, absl::string_view folder) {
  return words.Say("move it to the folder \"$0\"", folder);
}
inline std::string CopyToFolder(const Words& words, absl::string_view folder) {
  return words.Say("copy it to the folder \"$0\"", folder);
}
inline std::string MarkWithFlag(const Words& words, absl::string_view flag) {
  return words.Say("mark it with \"$0\"", flag);
}
inline std::string SendOnToAddress(const Words& words, absl::string_view address) {
  return words.Say("send it on to \"$0\", and don't show it", address);
}
inline std::string SendCopyToAddress(const Words& words, absl::string_view address) {
  return words.Say("send a copy to \"$0\"", address);
}
inline std::string NotifyAddress(const Words& words, absl::string_view address) {
  return words.Say("send a notice to \"$0\"", address);
}
inline std::string HoldUntilTime(const Words& words, absl::string_view time) {
  return words.Say("show it only at $0", time);
}
inline std::string AnswerWithText(const Words& words, absl::string_view text) {
  return words.Say("answer with \"$0\"", text);
}
inline std::string UnknownPart(const Words& words) {
  return words.Say("(something that a newer version of the gateway knows)");
}

}  // namespace postern::xmpp_edge::texts
