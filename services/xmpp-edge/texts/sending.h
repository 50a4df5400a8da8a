#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Chat as a mail: why a message was not taken (message_screening, message_to_mail,
// answered_mail, sending_account, draft_composer, outgoing_mail), and what became of it
// (outcome).
namespace postern::xmpp_edge::texts {

inline std::string EncryptedRefused(const Words& words) {
  return words.Say(
      "Not sent: mail can't carry this encryption. Turn it off for this contact and write again.");
}
inline std::string CorrectionRefused(const Words& words) {
  return words.Say("Not sent: a mail that has left can't be changed. Write a new message instead.");
}
inline std::string RetractionRefused(const Words& words) {
  return words.Say("A mail that has left can't be taken back.");
}

// --- the head of the body ---------------------------------------------------------
inline std::string WhoIsItFor(const Words& words) {
  // TRANSLATORS: "To:" is what users type, in every language.
  return words.Say("Not sent: who is it for? Begin with a line \"To: someone@example.org\".");
}
inline std::string RootNeedsTo(const Words& words) {
  // TRANSLATORS: "To:", "Cc:", "Bcc:", "Subject:" and "help" are what users type, in every
  // language.
  return words.Say(
      "Not sent: a mail begins with a line \"To: someone@example.org\"; lines \"Cc:\", \"Bcc:\" "
      "and \"Subject:\" may follow, then the text. Send \"help\" for more.");
}
inline std::string UnreadableLine(const Words& words, absl::string_view name,
                                  absl::string_view reason) {
  // TRANSLATORS: $0 is "To", "Cc" or "Bcc", $1 what is wrong with an address in that line.
  return words.Say("Not sent: the line \"$0:\" can't be read ($1).", name, reason);
}
inline std::string LineNamesNobody(const Words& words, absl::string_view name) {
  return words.Say("Not sent: the line \"$0:\" names nobody.", name);
}
inline std::string SubjectTooLong(const Words& words, size_t most) {
  return words.Say("Not sent: the subject is longer than $0 bytes.", most);
}
inline std::string TooManyRecipients(const Words& words, size_t most) {
  return words.Say("Not sent: a mail may go to $0 addresses at most.", most);
}

// --- which mail it answers --------------------------------------------------------
inline std::string AnswerIsAmbiguous(const Words& words) {
  return words.Say(
      "Not sent: it could answer mails of different people. Use your client's reply function on "
      "the one you mean, or begin with a line \"To: someone@example.org\".");
}
inline std::string AnsweredMailUnknown(const Words& words) {
  return words.Say(
      "Not sent: the message you reply to doesn't stand for one mail. Begin with a line "
      "\"To: someone@example.org\".");
}
inline std::string AnsweredMailHasNoSender(const Words& words) {
  return words.Say(
      "Not sent: the mail you answer names no sender. Begin with a line "
      "\"To: someone@example.org\".");
}

// --- which account carries it -----------------------------------------------------
inline std::string NoSmtpAccount(const Words& words) {
  return words.Say(
      "Not sent: you have no SMTP account. Register one at this gateway, then send it again.");
}
inline std::string NoSuchSender(const Words& words, absl::string_view from) {
  return words.Say(
      "Not sent: none of your SMTP accounts is called \"$0\" or sends from that address.", from);
}

inline std::string AccountIsDisabled(const Words& words, absl::string_view name) {
  // TRANSLATORS: "From:" is what users type, in every language.
  return words.Say(
      "Not sent: the account $0 is disabled; your operator can enable it. A line \"From:\" may "
      "name another account of yours.",
      name);
}

// --- what stands in its way -------------------------------------------------------
inline std::string NoSuchContact(const Words& words, absl::string_view local) {
  return words.Say("You have no account \"$0\" here.", local);
}
inline std::string IdsTooLong(const Words& words) {
  return words.Say("Not sent: the message's id or thread is too long.");
}
inline std::string TooManyWaiting(const Words& words) {
  return words.Say(
      "Not sent: too many of your mails are waiting to be taken. Try again in a minute.");
}
inline std::string NotNow(const Words& words) {
  return words.Say(
      "Not sent: the gateway can't take mail at the moment. Try again in a few minutes.");
}
inline std::string FoundTooLate(const Words& words) {
  return words.Say(
      "Written more than a day ago, this message was still waiting in the gateway. It is not sent "
      "any more; if you got no receipt for it, send it again.");
}
inline std::string TakenBefore(const Words& words) {
  return words.Say(
      "The gateway took this very message before. It is one mail, and it is not sent again.");
}
inline std::string RejectedByRule(const Words& words, absl::string_view reason) {
  // TRANSLATORS: $0 is what the operator wrote for this rule, in any language.
  return words.Say("Not sent: a rule of this gateway refuses it ($0).", reason);
}

// --- what became of it ------------------------------------------------------------
inline std::string SentTo(const Words& words, absl::string_view recipients) {
  return words.Say("Sent to $0.", recipients);
}
inline std::string NotSentTo(const Words& words, absl::string_view recipient,
                             absl::string_view reason) {
  return words.Say("Not sent to $0: $1", recipient, reason);
}
// TRANSLATORS: the next three are about mails that no user wrote; $0 is an address, $1 the reason.
inline std::string AnswerNotSentTo(const Words& words, absl::string_view recipient,
                                   absl::string_view reason) {
  return words.Say("The automatic answer that a rule sent to $0 was not delivered: $1", recipient,
                   reason);
}
inline std::string CopyNotSentTo(const Words& words, absl::string_view recipient,
                                 absl::string_view reason) {
  return words.Say("A mail that a rule sent on to $0 was not delivered there: $1", recipient,
                   reason);
}
inline std::string NoticeNotSentTo(const Words& words, absl::string_view recipient,
                                   absl::string_view reason) {
  return words.Say("The notice that a rule sent to $0 was not delivered: $1", recipient, reason);
}
inline std::string DelayedTo(const Words& words, absl::string_view recipient,
                             absl::string_view reason) {
  return words.Say("Not yet sent to $0: $1", recipient, reason);
}
inline std::string TriedAgain(const Words& words) {
  return words.Say(
      "It is tried again by itself, and you are told if that fails; don't send it twice.");
}
inline std::string NoReason(const Words& words) {
  return words.Say("the mail server gave no reason");
}

}  // namespace postern::xmpp_edge::texts
