#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/password_intake.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/password_rules.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Finds the passwords among the messages to accounts that ask for one (password_desk.h),
// before they may become mails, and what was given as one before (GivenPasswords). A
// password is in no log, no key and no answer; the stanza it came in is wiped. Each answers
// true when it has dealt with the message.
class PasswordAnswers {
 public:
  explicit PasswordAnswers(FeatureContext context);

  // A submitted form for a password, whoever it is sent to.
  net::Task<bool> TakeForm(Incoming& incoming);
  // A text, once the accounts are known and it was found to be written by a person
  // (message_screening.h).
  net::Task<bool> TakeText(Incoming& incoming, const Place& place);

 private:
  // What a message says to the contact itself.
  struct Said {
    crypto::Secret text;  // never empty
    std::string reply_to_id, thread_id;
    bool names_recipients = false;  // a To:, Cc: or Bcc: line
    bool is_headed = false;         // that, another head line, or a subject of its own
  };
  static std::optional<Said> Read(const Element& message, const Words& words);

  // At the contact of an account whose password is given by hand.
  net::Task<bool> TakeCandidate(Incoming& incoming, AccountDirectory::Account account,
                                const Said& said);
  net::Task<absl::StatusOr<Reference>> ReferenceOf(const Incoming& incoming, const Said& said);
  // What was given as a password in this session is no mail.
  net::Task<bool> RefuseGiven(Incoming& incoming, const Said& said);
  // Hands it on in the background; the user is told then.
  net::Task<void> Accept(Incoming& incoming, AccountDirectory::Account account,
                         crypto::Secret password);
  net::Task<void> HandOn(Incoming head, TakenPassword taken);
  net::Task<void> Refuse(Incoming& incoming, absl::string_view text);
  net::Task<void> Say(const Incoming& incoming, std::string text);

  std::string WhyNot(PasswordVerdict verdict, const Incoming& incoming,
                     const admin::v1::Account& account, const Said& said) const;
  const Words& WordsFor(const Incoming& incoming) const;

  FeatureContext context_;
  PasswordMarks marks_;
};

}  // namespace postern::xmpp_edge
