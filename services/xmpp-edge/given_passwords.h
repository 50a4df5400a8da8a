#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/presence_sessions.h"

namespace postern::xmpp_edge {

// What users gave as passwords in their present session, whichever way, so that none of
// it is mailed when it is typed once more. Only hashes are kept, with a key of this
// process, of each user the last 32 given and the last 16 doubtful ones, until the user goes
// offline. A restart forgets them.
class GivenPasswords {
 public:
  static constexpr size_t kMostGiven = 32;
  static constexpr size_t kMostDoubtful = 16;
  // Who has just registered may not be seen as available for so long.
  static constexpr std::chrono::minutes kFresh{1};

  // Listens to both.
  GivenPasswords(PresenceSessions& sessions, AccountDirectory& directory);

  void Remember(const admin::v1::Account& account, absl::string_view password);
  // The name of the account whose password it was; "" when it was none.
  std::string AccountOf(const std::string& user, absl::string_view text) const;

  // A text that may be the password: its author was asked.
  void Doubt(const admin::v1::Account& account, absl::string_view text);
  bool IsDoubtful(const admin::v1::Account& account, absl::string_view text) const;

  // Who gave a password within the last minute and did not go offline since.
  std::vector<std::string> FreshUsers() const;

  // A password of this user is on its way to the service that needs it: nobody is to be
  // asked for it. The service's cry for it may overtake it.
  void Expect(const std::string& user, std::chrono::seconds how_long);
  bool IsExpected(const std::string& user) const;

  // One password of an account is handed on at a time, of all accounts 1024. False: not now.
  bool BeginHandOver(const std::string& account_id);
  void EndHandOver(const std::string& account_id) { under_way_.erase(account_id); }

 private:
  struct Text {
    std::string hash;
    std::string account;  // its name
  };
  struct Known {
    std::deque<Text> given, doubtful;
  };

  std::string Hash(absl::string_view user, absl::string_view text) const;
  void Forget(const std::string& user);

  const crypto::Secret key_;
  absl::flat_hash_map<std::string, Known> known_;
  absl::flat_hash_map<std::string, std::chrono::steady_clock::time_point> given_at_;
  absl::flat_hash_map<std::string, std::chrono::steady_clock::time_point> expected_until_;
  absl::flat_hash_set<std::string> under_way_;  // account ids
};

}  // namespace postern::xmpp_edge
