#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/refusal.h"
#include "services/xmpp-edge/words.h"

// What a mail server meant, and what to do about it: outcome.
namespace postern::xmpp_edge::texts {

// Empty where nothing is known but the server's own words.
inline std::string Meaning(const Words& words, Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnclear:
      return "";
    case Refusal::kNoSuchMailbox:
      return words.Say("There is no such mailbox; check the address.");
    case Refusal::kMoved:
      return words.Say("The mailbox has moved; ask the recipient for the new address.");
    case Refusal::kNoSuchDomain:
      return words.Say("There is no mail server for what stands behind the @; check the address.");
    case Refusal::kBadAddress:
      return words.Say("The server can't read this address; check it.");
    case Refusal::kSenderRefused:
      return words.Say(
          "The server does not take your own address; check the From line and your account's "
          "From address.");
    case Refusal::kMailboxClosed:
      return words.Say("The mailbox takes no mail; try to reach the recipient in another way.");
    case Refusal::kMailboxFull:
      return words.Say("The recipient's mailbox is full; send it again in some days.");
    case Refusal::kTooLarge:
      return words.Say("The mail is too large for this server; send less, or a link to it.");
    case Refusal::kTooMany:
      return words.Say("Too many recipients for one mail; send it to fewer at a time.");
    case Refusal::kUnreachable:
      return words.Say(
          "The recipient's mail server could not be reached; check what stands behind the @, or "
          "send it again later.");
    case Refusal::kLoop:
      return words.Say(
          "The mail went round in a circle between servers; tell the recipient's mail provider.");
    case Refusal::kNeedsUtf8:
      return words.Say(
          "A server on the way can't carry letters beyond ASCII in addresses; use an address "
          "without them.");
    case Refusal::kNotAllowed:
      return words.Say(
          "The server's rules do not let this mail in; ask the recipient or your mail provider.");
    case Refusal::kSpam:
      return words.Say(
          "The server takes it for spam, or its sender's server for a source of it; ask your mail "
          "provider.");
    case Refusal::kNotProvenYours:
      return words.Say(
          "The server can't tell that the mail is really yours (SPF, DKIM, DMARC); check your "
          "From address, or ask your mail provider.");
    case Refusal::kSignInFirst:
      return words.Say("The server wants a login that it accepts; check your account's settings.");
    case Refusal::kGreylisted:
      return words.Say("The server takes mail from new senders only at a later try.");
    case Refusal::kTooFast:
      return words.Say("The server takes no more mails than so many in a while.");
  }
  return "";
}

inline std::string WithServersWords(const Words& words, absl::string_view meaning,
                                    absl::string_view answer) {
  // TRANSLATORS: $0 is a sentence, $1 what a mail server said, mostly in English.
  return words.Say("$0 The server said: $1", meaning, answer);
}

}  // namespace postern::xmpp_edge::texts
