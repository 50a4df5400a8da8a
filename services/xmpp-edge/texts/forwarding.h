#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/words.h"

// Mails that are forwarded, or quoted below an answer.
namespace postern::xmpp_edge::texts {

// TRANSLATORS: what users may type after "Quote:" beside "yes". Where clients on phones begin
// with a capital that is not ASCII, give both: "да|Да".
inline std::string KeywordYes(const Words& words) { return words.Say("yes"); }
// TRANSLATORS: the other answer to a question; several spellings as above.
inline std::string KeywordNo(const Words& words) { return words.Say("no"); }

inline std::string HowToForward(const Words& words) {
  // TRANSLATORS: "Forward:" and "Quote: yes" are what users type, in every language.
  return words.Say(
      "A line \"Forward: someone@example.org\" before your text passes a mail on to somebody: use "
      "your client's reply function on the mail. A line \"Quote: yes\" puts the mail that you "
      "answer below your text.");
}

// --- why a message was not taken ------------------------------------------------------
inline std::string NothingToForward(const Words& words) {
  // TRANSLATORS: "Forward:" is what users type, in every language.
  return words.Say(
      "Not sent: there is no mail here to forward. Write \"Forward:\" where the mail came from, or "
      "use your client's reply function on it.");
}
inline std::string ForwardIsAmbiguous(const Words& words) {
  return words.Say(
      "Not sent: it could mean one of several mails. Use your client's reply function on the one "
      "you mean.");
}
inline std::string NothingToQuote(const Words& words) {
  // TRANSLATORS: "Quote:" and "To:" are what users type, in every language.
  return words.Say(
      "Not sent: a line \"Quote:\" belongs to an answer to a mail, and there is none. Leave it "
      "out, or answer a mail without a line \"To:\".");
}
inline std::string CorrectionCantQuote(const Words& words) {
  // TRANSLATORS: "Forward:", "Quote:" and "cancel" are what users type, in every language.
  return words.Say(
      "Not sent: a corrected message can't begin to forward or to quote a mail. Write \"cancel\", "
      "then a new message with the line \"Forward:\" or \"Quote:\".");
}
inline std::string MailNotReadable(const Words& words) {
  // TRANSLATORS: $0 is the name of a command: "Fetch emails".
  return words.Say(
      "Not sent: this mail can't be read from the mailbox any more. If it is still there, fetch it "
      "with the command \"$0\" of its contact, and answer or forward what you then get.",
      FetchEmails(words));
}
inline std::string MailboxRefuses(const Words& words, absl::string_view reason) {
  return words.Say("Not sent: the mail can't be read from your mailbox ($0).", reason);
}
inline std::string MailboxSilent(const Words& words) {
  return words.Say(
      "Not sent: your mailbox could not be reached to read the mail. Try again in a few minutes.");
}

// --- what is told when it was taken ---------------------------------------------------
// TRANSLATORS: $0 is the subject of the mail that goes on.
inline std::string Forwards(const Words& words, absl::string_view subject) {
  return words.Say("Forwarded: \"$0\".", subject);
}
inline std::string WithoutAttachments(const Words& words, size_t count) {
  return words.Plural("It goes without its $0 attachment.", "It goes without its $0 attachments.",
                      count);
}
// TRANSLATORS: after "It goes without its 2 attachments."; $0 is their names.
inline std::string LeftOut(const Words& words, absl::string_view files) {
  return words.Say("Too large, or not to be read: $0.", files);
}
inline std::string TextWasCut(const Words& words) {
  return words.Say("Only the beginning of its text goes along, for it is very long.");
}

}  // namespace postern::xmpp_edge::texts
