#include "services/xmpp-edge/directory_wait.h"

#include <chrono>

#include "lib/net/deadline.h"

namespace postern::xmpp_edge {

net::Task<bool> AccountsAreKnown(const AccountDirectory& directory) {
  constexpr auto kLook = std::chrono::milliseconds(50);
  constexpr int kLooks = 100;
  for (int look = 0; look < kLooks && !directory.ready(); ++look) co_await net::Sleep(kLook);
  co_return directory.ready();
}

}  // namespace postern::xmpp_edge
