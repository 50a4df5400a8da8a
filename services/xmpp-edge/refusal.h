#pragma once

#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {

// What an SMTP server means by an answer, so that it can be said in plain words with what to do
// about it (texts/refusals.h).
enum class Refusal {
  kUnclear,         // the server's own words have to do
  kNoSuchMailbox,   // X.1.1, X.1.10
  kMoved,           // X.1.6: was there once
  kNoSuchDomain,    // X.1.2, X.4.4
  kBadAddress,      // X.1.3
  kSenderRefused,   // X.1.7, X.1.8
  kMailboxClosed,   // X.2.1
  kMailboxFull,     // X.2.2
  kTooLarge,        // X.2.3, X.3.4
  kTooMany,         // X.5.3
  kUnreachable,     // X.4.1 to X.4.3, X.4.7
  kLoop,            // X.4.6
  kNeedsUtf8,       // X.6.7
  kNotAllowed,      // X.7.1 and what else is a matter of rules
  kSpam,            // the same, where the server says that
  kNotProvenYours,  // X.7.20 to X.7.26: SPF, DKIM, DMARC
  kSignInFirst,     // X.7.8, 530, 535
  kGreylisted,      // not at the first try
  kTooFast,         // more mails than it takes in a while
};

// The first codes in an answer; 0 where there is none.
struct AnswerCodes {
  int basic = 0;                           // 550 (RFC 5321)
  int klass = 0, subject = 0, detail = 0;  // 5.1.1 (RFC 3463)
};
AnswerCodes CodesIn(absl::string_view answer);

// Reads "550 5.1.1 no such user", or what a report says of it. The enhanced code (RFC 3463) counts
// before the words, these before the plain code (RFC 5321), which servers use for almost anything.
// Words are looked for only where servers agree on them; what is in doubt is kUnclear.
Refusal MeaningOf(absl::string_view answer);

}  // namespace postern::xmpp_edge
