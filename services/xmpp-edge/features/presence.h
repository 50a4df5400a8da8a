#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/mail/address.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/presence_contacts.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// XEP-0100 sections 4.1 to 4.6 and RFC 6121 sections 3 and 4: subscriptions,
// probes, who is available, and the presence of our own contacts. Presence comes from
// full JIDs, and is taken at bare and full ones alike; subscriptions are between bare ones.
//
// No storms, however many users there are: at most 100 probes, 200 accounts whose
// presence has changed and 500 goodbyes a second, and at most 800 goodbyes in all. A
// new link shows nothing to a resource before its server has answered the probe.
class PresenceFeature {
 public:
  using OnArrival = std::function<void(const std::string& user)>;
  // `there`: the contact that stands for `address` is in the user's roster; else it has gone.
  using OnCorrespondent =
      std::function<void(const std::string& user, const mail::Address& address, bool there)>;

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
  // A presence of this user could not be taken: their server is asked for it again.
  void Missed(const std::string& user);
  // Called when a resource has come, or was heard of for the first time on a link.
  void Listen(OnArrival on_arrival) { on_arrival_.push_back(std::move(on_arrival)); }
  // Called when a user adds a contact that stands for a mail address, or drops it, and for each
  // that their server asks after when they log in (RFC 6121 section 4.3).
  void ListenToRosters(OnCorrespondent listener) { on_correspondent_ = std::move(listener); }
  // On a clean stop: unavailable, first of the gateway to each resource, then of the accounts.
  net::Task<absl::Status> SayGoodbye();

  // True once the sessions of a former process have been read.
  bool ready() const { return loaded_; }

 private:
  net::Task<void> Load();
  net::Task<void> HandleAvailable(Incoming incoming);
  // When `contact` stands for a mail address.
  void TellOfCorrespondent(const Jid& contact, const std::string& user, bool there) const;
  net::Task<void> HandleSubscribe(Incoming incoming);
  net::Task<void> HandleUnsubscribe(Incoming incoming);
  net::Task<void> HandleUnsubscribed(Incoming incoming);
  // Ends early when there is a newer link: all of it is asked again then.
  net::Task<void> Ask(std::vector<std::string> users, uint64_t link);
  // When each of them was asked, with the patience added.
  using Asked = std::deque<std::pair<std::chrono::steady_clock::time_point, std::string>>;
  void DropSilent(Asked& asked);
  // Contacts that come or go are urgent: their users wait for them.
  void MarkUnsettled(const std::string& account_id);
  // The next of the unsettled accounts, the urgent ones first; empty: none.
  std::string NextUnsettled();
  net::Task<absl::Status> Settle(std::string account_id);
  net::Task<absl::Status> Introduce(AccountDirectory::Account account);
  net::Task<absl::Status> TakeLeave(std::string account_id, PresenceContacts::Contact contact);
  std::vector<std::pair<std::string, std::string>> LeaveOf(
      const PresenceContacts::Contact& contact, const AccountDirectory::Account& successor) const;
  // What a contact that went was told counts no more.
  net::Task<void> StopHearing(PresenceContacts::Contact contact);
  net::Task<absl::Status> ShowHealth(AccountDirectory::Account account);
  // To who is there, when it is not what was shown last: most changes of an account don't show.
  net::Task<absl::Status> ShowAccount(AccountDirectory::Account account);
  net::Task<absl::Status> ShowGatewayIfChanged(std::string user);
  // Presence of all contacts of a user to one of the user's resources.
  net::Task<absl::Status> ShowAll(std::string user, std::string full_jid);
  net::Task<absl::Status> ShowGateway(std::string user);
  net::Task<absl::Status> Say(std::string type, std::string from, std::string to);
  // Asks to be added to the user's roster, saying what the contact is: clients show a text of
  // their own where there is none. The gateway when there is no account.
  net::Task<absl::Status> AskToBeAdded(AccountDirectory::Account account, std::string user);
  net::Task<absl::Status> Send(Element stanza);
  std::vector<std::pair<std::string, std::string>> Goodbyes() const;

  Element WithCaps(Element presence, const Place& place) const;
  Element GatewayTo(const std::string& user, size_t accounts, const std::string& to) const;
  Element AccountTo(const AccountDirectory::Account& account, const std::string& to) const;
  // The presence of one of our addresses as this user sees it; nullopt: there is none.
  std::optional<Element> PresenceOf(const Jid& contact, const std::string& user,
                                    const std::string& to) const;
  bool HasAccounts(const std::string& user) const { return context_.directory.Has(user); }
  // Another account of the same user that has the name, and so the contact; null: none.
  AccountDirectory::Account SuccessorOf(const PresenceContacts::Contact& contact) const;

  FeatureContext context_;
  PresenceSessions& sessions_;
  PresenceContacts& contacts_;
  const net::Duration patience_;
  bool loaded_ = false;
  bool closing_ = false;  // goodbye is said: nothing may be shown after it
  std::vector<OnArrival> on_arrival_;
  OnCorrespondent on_correspondent_;
  net::Event work_, look_;
  uint64_t link_ = 0;                        // counts the links that came up
  uint64_t sent_ = 0;                        // counts stanzas
  absl::flat_hash_set<std::string> missed_;  // users to ask again
  // Account ids, as many as there are accounts; one that fails goes to the end.
  absl::flat_hash_map<std::string, bool> unsettled_;  // -> urgent
  std::deque<std::string> urgent_, ordinary_;
  // Account id, or a user's bare JID for the gateway -> hash of the presence last shown.
  absl::flat_hash_map<std::string, size_t> shown_;
};

}  // namespace postern::xmpp_edge
