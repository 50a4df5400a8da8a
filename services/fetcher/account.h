#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/dialer.h"

namespace postern::fetcher {

class Timetable;  // timetable.h

// What a user wants done with mail in one state of presence.
enum class Action : uint8_t { kNothing, kDigest, kFull };

// A user's state of presence over all resources.
enum class Show { kOffline, kXa, kAway, kDnd, kOnline, kChat };

struct PresenceActions {
  Action chat = Action::kFull, online = Action::kFull, away = Action::kFull, xa = Action::kFull,
         dnd = Action::kFull, offline = Action::kFull;

  Action For(Show show) const;
};

struct Availability {
  bool known = false;  // false until the edge has told
  Show show = Show::kOffline;
  int64_t since_unix_ms = 0;  // when the user last came from offline; 0 while offline
  bool operator==(const Availability&) const = default;
};

enum class Security : uint8_t { kTls, kStartTls, kNone };
enum class AccountType : uint8_t { kImap, kPop3, kOther };

// A mail account as the watcher needs it.
struct Account {
  std::string id;
  std::string owner;  // bare JID
  std::string name;
  AccountType type = AccountType::kImap;
  bool enabled = true;
  std::string host;
  uint16_t port = 0;
  Security security = Security::kTls;
  std::string login;
  std::string sealed_password;  // empty: none stored, the user is asked for it
  PresenceActions actions;
  bool live_email_only = false;
  int64_t interval_seconds = 300;  // between digests, and between checks without IDLE
  std::string mailbox = "INBOX";
  std::vector<std::string> more_mailboxes;     // IMAP: watched beside it, by the same connection
  uint32_t remove_after_days = 0;              // POP3; 0: never
  std::shared_ptr<const Timetable> timetable;  // null: watched all the time
  std::string time_zone;                       // IANA; empty: UTC
  // Of those that send (kOther): as whom, and whether by it unless another is named.
  std::string default_from;
  std::vector<std::string> identities;  // as default_from, beside it
  bool default_account = false;
  std::string oauth2_provider;  // not empty: admin has access tokens in place of a password
  uint64_t settings_revision = 0;

  net::Endpoint Endpoint() const;
};

// What to do with a mail that the server got at `received_unix`.
enum class Disposition {
  kWait,      // stays in the mailbox until the user's presence changes, or quiet hours end
  kPassOver,  // came before a user who wants live mail only
  kDigest,
  kDeliver,
};
Disposition Decide(const Account& account, const Availability& availability, int64_t received_unix,
                   int64_t now_unix);

// The end of the account's quiet hours that `now_unix` is in: mail that waits is to be looked
// at again then. Nothing outside of them.
std::optional<int64_t> QuietUntil(const Account& account, int64_t now_unix);

// Whether a mailbox is to be looked into at once because its owner's availability is
// no longer `before`: for mail that waits, the first of it received at `waiting_since`,
// or for what came unseen while it had to wait.
bool Releases(const Account& account, const Availability& before, const Availability& now,
              std::optional<int64_t> waiting_since, int64_t now_unix);

// When the digest is due whose first mail came at `received_unix`, seen from
// `now_unix`: an interval later, but never further off than that (a server's
// clock may be wrong).
int64_t DigestDue(const Account& account, int64_t received_unix, int64_t now_unix);

}  // namespace postern::fetcher
