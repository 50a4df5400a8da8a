#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/presence_contacts.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// XEP-0100 sections 4.1 to 4.6 and RFC 6121 sections 3 and 4: subscriptions,
// probes, who is available, and the presence of our own contacts.
class PresenceFeature {
 public:
  // Who has not answered a probe within `patience` is gone.
  PresenceFeature(FeatureContext context, PresenceSessions& sessions, PresenceContacts& contacts,
                  net::Duration patience = std::chrono::seconds(20));

  // A presence stanza for any of our addresses.
  net::Task<void> Handle(Incoming incoming);
  // Background: introduces new accounts to their users, takes leave of removed ones,
  // and shows each change of health. Ends when cancelled.
  net::Task<void> KeepContacts();
  // Background: after each LinkCameUp(), asks the users' servers who is available.
  net::Task<void> KeepSessions();
  void LinkCameUp();
  // On a clean stop: unavailable, to all who see us.
  net::Task<absl::Status> SayGoodbye();

  // True once the sessions of a former process have been read.
  bool ready() const { return loaded_; }

 private:
  net::Task<void> Load();
  net::Task<void> HandleAvailable(Incoming incoming);
  net::Task<void> HandleSubscribe(Incoming incoming);
  net::Task<void> HandleUnsubscribed(Incoming incoming);
  // Ends early when there is a newer link: all of it is asked again then.
  net::Task<void> ProbeAll(uint64_t link);
  void MarkUnsettled(std::string account_id);
  net::Task<absl::Status> Settle(std::string account_id);
  net::Task<absl::Status> Introduce(AccountDirectory::Account account);
  net::Task<absl::Status> TakeLeave(std::string account_id, PresenceContacts::Contact contact);
  // What a contact that went was told counts no more.
  net::Task<void> StopHearing(PresenceContacts::Contact contact);
  net::Task<absl::Status> ShowHealth(AccountDirectory::Account account);
  // Presence of all contacts of a user to one of the user's resources.
  net::Task<absl::Status> ShowAll(std::string user, std::string full_jid);
  net::Task<absl::Status> ShowGateway(std::string user);
  net::Task<absl::Status> Say(std::string type, std::string from, std::string to,
                              std::string nick = "");

  // The presence of one of our addresses as this user sees it; nullopt: there is none.
  std::optional<Element> PresenceOf(const Jid& contact, const std::string& user,
                                    const std::string& to) const;
  bool HasAccounts(const std::string& user) const { return !context_.directory.Of(user).empty(); }
  // Another account of the same user has the name, and so the contact.
  bool IsStillUsed(const PresenceContacts::Contact& contact) const;

  FeatureContext context_;
  PresenceSessions& sessions_;
  PresenceContacts& contacts_;
  const net::Duration patience_;
  bool loaded_ = false;
  net::Event work_, link_came_up_;
  uint64_t link_ = 0;  // counts the links that came up
  // Account ids, as many as there are accounts; one that fails goes to the end.
  absl::flat_hash_set<std::string> unsettled_;
  std::deque<std::string> unsettled_order_;
  absl::flat_hash_map<std::string, std::string> shown_;  // account id -> presence last shown
};

}  // namespace postern::xmpp_edge
