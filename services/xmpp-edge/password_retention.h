#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Tells fetcher and sender whose passwords they may still hold: of users who are
// available, or gave one a minute ago and may not be seen yet. Who goes offline is left
// out once at least, however soon they are back. At most five words a second.
class PasswordRetention {
 public:
  // Listens to the directory and to the sessions. `ready`: the sessions of a former
  // process have been read; before that nobody's password is wiped.
  PasswordRetention(FeatureContext context, PresenceSessions& sessions,
                    std::function<bool()> ready);

  // Background, until cancelled.
  net::Task<void> TellFetcher();
  net::Task<void> TellSender();

 private:
  // What one service is told of.
  struct Listener {
    explicit Listener(boost::asio::any_io_executor executor) : due(executor) {}
    net::Event due;
    // Went offline and have not yet been left out, though they may be back already.
    std::set<std::string> left;
  };
  // What one call says.
  struct Naming {
    std::vector<std::string> users;
    std::set<std::string> left;  // who is not named for that
    uint64_t version = 0;        // of here_
  };

  // Looks whether `user` is here.
  void LookFor(const std::string& user);
  void NotifyBoth();
  Naming Name(const Listener& listener) const;
  net::Task<void> AfterTold(const char* service, absl::Status told, Listener& listener,
                            Naming naming);
  // Until others are to be named than at `version`, a minute at most.
  net::Task<void> WaitForChange(Listener& listener, uint64_t version);

  FeatureContext context_;
  std::function<bool()> ready_;
  Listener fetcher_, sender_;
  // Who is available and gives a password by hand.
  std::set<std::string> here_;
  uint64_t here_version_ = 1;  // goes up with each change
};

// True for an owner of an account whose password is given by hand.
bool GivesPasswordsByHand(const AccountDirectory& directory, const std::string& user);

// Until the accounts are known and `ready` says that the sessions are.
net::Task<void> UntilSessionsAreRead(const AccountDirectory& directory,
                                     const std::function<bool()>& ready);

}  // namespace postern::xmpp_edge
