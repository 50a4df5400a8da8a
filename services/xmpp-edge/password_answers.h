#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/password_marks.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Finds the passwords among the messages to accounts that ask for one (password_desk.h),
// before they may become mails. A password is in no log, no key and no answer; the
// stanza it came in is wiped. Each answers true when it has dealt with the message.
class PasswordAnswers {
 public:
  explicit PasswordAnswers(FeatureContext context);

  // A submitted form for a password, whoever it is sent to.
  net::Task<bool> TakeForm(Incoming& incoming);
  // A text, once the accounts are known and it was found to be written by a person
  // (message_screening.h).
  net::Task<bool> TakeText(Incoming& incoming, const Place& place);

 private:
  // A text that may be a password, and what came with it.
  struct Doubt {
    std::string hash;
    int64_t since_unix_ms = 0;  // only within this session
  };

  // Hands it on in the background; the user is told then.
  net::Task<void> Accept(Incoming& incoming, AccountDirectory::Account account,
                         crypto::Secret password);
  net::Task<void> HandOn(Incoming head, AccountDirectory::Account account, crypto::Secret password,
                         PasswordMark before);
  net::Task<void> Refuse(Incoming& incoming, absl::string_view text);
  net::Task<void> Say(const Incoming& incoming, std::string text);

  const Words& WordsFor(const Incoming& incoming) const;
  std::string Hash(const admin::v1::Account& account, absl::string_view text) const;
  // Whether it is what stands there for the account in the owner's present session.
  bool Repeats(const absl::flat_hash_map<std::string, Doubt>& known,
               const admin::v1::Account& account, const std::string& hash) const;
  void Remember(absl::flat_hash_map<std::string, Doubt>& known, const admin::v1::Account& account,
                std::string hash);

  FeatureContext context_;
  PasswordMarks marks_;
  const crypto::Secret key_;  // of the hashes, and as short-lived
  // By account id: what was taken for the password, and what the user was asked about.
  absl::flat_hash_map<std::string, Doubt> given_, doubtful_;
  absl::flat_hash_set<std::string> under_way_;  // account ids
};

}  // namespace postern::xmpp_edge
