#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "lib/mail/address.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Keeps the rules service's list "contacts" of each registered user in step with the mail addresses
// in their roster: rules ask for it. Rosters are the Jabber server's; what is heard of them is that
// a contact was added or dropped, and at each login which ones there are. So what could not be
// passed on, because there was too much of it or a restart came between, is made good then.
class ContactsList {
 public:
  static constexpr char kName[] = "contacts";
  static constexpr size_t kMaxWaiting = 20'000;  // addresses; more are not taken
  static constexpr size_t kMaxTold = 200'000;    // that need not be told again

  // What comes within `gather` goes in one call.
  explicit ContactsList(FeatureContext context, net::Duration gather = std::chrono::seconds(2));

  // The contact for `address` is in the roster of `user`, or has gone.
  void Heard(const std::string& user, const mail::Address& address, bool there);
  // Background: tells the rules service, again and again until it takes it. Until cancelled.
  net::Task<void> Keep();

 private:
  using News = std::map<std::string, bool>;  // address -> there

  net::Task<absl::Status> Tell(std::string user, const News& news);
  void PutBack(const std::string& user, News news);

  FeatureContext context_;
  const net::Duration gather_;
  net::Event work_;
  std::map<std::string, News> news_;  // by user
  size_t waiting_ = 0;
  absl::flat_hash_set<uint64_t> told_;  // hashes of user and address: they are in the list
};

}  // namespace postern::xmpp_edge
