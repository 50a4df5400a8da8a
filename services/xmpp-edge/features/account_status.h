#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/presence_contacts.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

// XEP-0100 section 4: how an account fares, as its contact's presence. All pure.
namespace postern::xmpp_edge {

// "imaps://ann@imap.example.org:993"
std::string AccountUrl(const admin::v1::Account& account);

// Full JIDs that our presence comes from: work@mail.example.org/IMAP (the type, as JMC had
// it), mail.example.org/postern, ann\40example.org@mail.example.org/mail. Presence is that
// of a resource (RFC 6121 section 4), and clients such as Gajim take whom they have heard
// only the bare JID of for offline. Subscriptions are between bare JIDs (section 3), and
// so are conversations; what is sent to the full JID arrives at the same place.
std::string AccountPresenceJid(const admin::v1::Account& account, absl::string_view domain);
std::string GatewayPresenceJid(absl::string_view domain);
std::string AddressPresenceJid(absl::string_view bare);

// The presence of an account's contact: available when all is well, away while
// connecting, dnd with the reason in error, xa when disabled or without its password:
// nothing happens then before somebody acts.
Element AccountPresence(const admin::v1::Account& account, absl::string_view domain,
                        absl::string_view to, const Words& words);
// The presence of the gateway itself.
Element GatewayPresence(size_t accounts, absl::string_view domain, absl::string_view to,
                        const Words& words);

// What the contact of an account is for, said when it asks to be added to a roster.
std::string IntroductionOf(const admin::v1::Account& account, const Words& words);

// True when the user should be told of the account's error: once for each distinct
// text, and again when it came back after an hour in which the account was well.
bool IsWorthTelling(const admin::v1::Account& account, const PresenceContacts::Contact& contact,
                    int64_t now_unix);
// What PresenceContacts keeps of an error; the same in every language.
std::string ErrorFingerprint(const admin::v1::Account& account);
// The message that tells it. The same error is told under the same id.
Element ErrorMessage(const admin::v1::Account& account, const PresenceContacts::Contact& contact,
                     const Words& words);

}  // namespace postern::xmpp_edge
