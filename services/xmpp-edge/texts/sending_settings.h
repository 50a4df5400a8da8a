#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// How mail is sent: the command for it, and what it answers.
namespace postern::xmpp_edge::texts {

inline std::string HowMailIsSent(const Words& words) { return words.Say("How mail is sent"); }
inline std::string HowMailIsSentInstructions(const Words& words) {
  return words.Say(
      "With all fields empty, mail is sent at once, without a signature. Times are those of the "
      "time zone.");
}

// --- fields -------------------------------------------------------------------------
inline std::string LabelSignature(const Words& words) {
  return words.Say("Signature, below each mail");
}
inline std::string LabelIdentities(const Words& words) {
  return words.Say(
      "Other senders that you may choose by a line \"From:\": in each line one, like $0",
      "Sales <sales@example.org>");
}
// TRANSLATORS: $0 is an address.
inline std::string LabelSignatureOf(const Words& words, absl::string_view address) {
  return words.Say("Signature of $0", address);
}
inline std::string LabelForm(const Words& words) { return words.Say("How the text is sent"); }
inline std::string PlainText(const Words& words) { return words.Say("as plain text"); }
inline std::string HtmlText(const Words& words) {
  return words.Say("as HTML too, where it is styled");
}
inline std::string LabelUndoSeconds(const Words& words) {
  return words.Say("Seconds for which a mail waits and can be taken back; 0: none");
}
inline std::string LabelSendSchedule(const Words& words) {
  // TRANSLATORS: the entries are typed so in every language; MO and FR are days.
  return words.Say("Send at these times only: in each line one, like $0 or $1", "* 12:00",
                   "MO-FR 08-18:*0");
}
inline std::string LabelSentFolder(const Words& words) {
  // TRANSLATORS: $0 is like "work" or "work/Sent".
  return words.Say(
      "Where sent mail is kept: an IMAP account, or one and its folder, like $0; - for nowhere; "
      "empty: found by itself",
      "work/Sent");
}
inline std::string LabelHideJabberId(const Words& words) {
  return words.Say("Don't tell those I write to my Jabber address");
}
inline words::Wording MustBeForm() { return words::Word("must be one of plain and html"); }
inline words::Wording MustBeOneLine() { return words::Word("must be one line"); }
inline words::Wording MustBeSeconds() {
  return words::Word("must be a number of seconds; 0 for none");
}

// --- what holds ---------------------------------------------------------------------
// TRANSLATORS: '$0' is an account, $1 an address.
inline std::string MailIsSentFrom(const Words& words, absl::string_view account,
                                  absl::string_view from) {
  return words.Say("'$0': mail is sent from $1.", account, from);
}
// TRANSLATORS: $0 is a list of addresses.
inline std::string AlsoFrom(const Words& words, absl::string_view identities) {
  return words.Say("Also from: $0.", identities);
}
inline std::string HasSignature(const Words& words) {
  return words.Say("A signature stands below each mail.");
}
// TRANSLATORS: $0 is a list of addresses.
inline std::string SignedFrom(const Words& words, absl::string_view senders) {
  return words.Say("A signature stands below mail from $0.", senders);
}
inline std::string WaitsForUndo(const Words& words, size_t seconds) {
  return words.Plural("Each mail waits $0 second and can be taken back.",
                      "Each mail waits $0 seconds and can be taken back.", seconds);
}
inline std::string SentBySchedule(const Words& words, absl::string_view when) {
  return words.Say("Mail is sent by a schedule, next on $0.", when);
}
inline std::string SentWhenConnected(const Words& words) {
  return words.Say("Mail is sent by a schedule.");
}
inline std::string SentAsHtml(const Words& words) {
  return words.Say("Styled text is sent as HTML, too.");
}
inline std::string ZoneIs(const Words& words, absl::string_view zone) {
  return words.Say("Time zone: $0.", zone);
}
inline std::string KeptIn(const Words& words, absl::string_view folder) {
  return words.Say("Sent mail is kept in $0.", folder);
}
inline std::string KeptNowhere(const Words& words) { return words.Say("Sent mail is not kept."); }

// --- by chat, and in the help ---------------------------------------------------------
// TRANSLATORS: one word that users may type beside the English one, like "accounts".
inline std::string KeywordSending(const Words& words) { return words.Say("sending"); }
// TRANSLATORS: what stands first is typed; yours for "sending" works as well.
inline std::string HowToSeeSending(const Words& words) {
  return words.Say(
      "sending - how your mail is sent; \"sending NAME\" of one account; \"sending undo\" tells "
      "how "
      "to change it");
}
inline std::string HowToSetByChat(const Words& words) {
  // TRANSLATORS: what stands in quotes is what users type, in every language; yours for "sending"
  // works as well.
  return words.Say(
      "Write it in one message to the gateway: \"sending signature …\" (with its lines), \"sending "
      "identity Sales <sales@example.org>\", \"sending undo 10\", \"sending zone Europe/Berlin\", "
      "\"sending form html\" or \"plain\", \"sending folder work/Sent\"; \"none\" takes away what "
      "is "
      "set. With several accounts: \"sending NAME undo 10\".");
}
// TRANSLATORS: $0 is a list of accounts, $1 one of them; "sending … undo 10" is what users type.
inline std::string WhichAccountSends(const Words& words, absl::string_view accounts,
                                     absl::string_view one) {
  return words.Say(
      "Nothing was changed: several of your accounts send mail ($0). Name the one that you mean: "
      "\"sending $1 undo 10\".",
      accounts, one);
}
// TRANSLATORS: $0 is what users type ("undo", "zone" …), $1 what is wrong ("must be …").
inline std::string NotSet(const Words& words, absl::string_view setting, absl::string_view why) {
  return words.Say("Nothing was changed. \"$0\": $1.", setting, why);
}
inline std::string NoSuchSmtpAccount(const Words& words, absl::string_view name) {
  return words.Say("You have no account \"$0\" that sends mail.", name);
}
inline std::string NothingThatSends(const Words& words) {
  return words.Say("You have no account that sends mail.");
}
// TRANSLATORS: $0 is the name of a command: "How mail is sent".
inline std::string HowToSetSending(const Words& words) {
  return words.Say(
      "The command \"$0\" of this contact sets your signature, other senders, seconds in which you "
      "can take a mail back, and where sent mail is kept.",
      HowMailIsSent(words));
}

}  // namespace postern::xmpp_edge::texts
