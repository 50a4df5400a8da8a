#pragma once

// What both halves of the registration form, written and read, agree on.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {

// JMC's field for the action in one state of presence.
struct ActionField {
  absl::string_view var;
  std::string (*label)(const Words&);
  admin::v1::Action (admin::v1::PresenceActions::*get)() const;
  void (admin::v1::PresenceActions::*set)(admin::v1::Action);
  admin::v1::Action initially;
};

inline constexpr ActionField kActionFields[] = {
    {"chat_action", &texts::LabelChatAction, &admin::v1::PresenceActions::chat,
     &admin::v1::PresenceActions::set_chat, admin::v1::ACTION_FULL},
    {"online_action", &texts::LabelOnlineAction, &admin::v1::PresenceActions::online,
     &admin::v1::PresenceActions::set_online, admin::v1::ACTION_FULL},
    {"away_action", &texts::LabelAwayAction, &admin::v1::PresenceActions::away,
     &admin::v1::PresenceActions::set_away, admin::v1::ACTION_DIGEST},
    {"xa_action", &texts::LabelXaAction, &admin::v1::PresenceActions::xa,
     &admin::v1::PresenceActions::set_xa, admin::v1::ACTION_DIGEST},
    {"dnd_action", &texts::LabelDndAction, &admin::v1::PresenceActions::dnd,
     &admin::v1::PresenceActions::set_dnd, admin::v1::ACTION_DIGEST},
    {"offline_action", &texts::LabelOfflineAction, &admin::v1::PresenceActions::offline,
     &admin::v1::PresenceActions::set_offline, admin::v1::ACTION_NOTHING},
};

// What a field of that name is called in the forms, for errors; "" when there is none.
std::string LabelOfField(absl::string_view var, const Words& words);

// "0", "1", "2".
std::string ActionText(admin::v1::Action action);

// The well-known ports: one for TLS from the first byte, one for STARTTLS (RFC 8314).
struct UsualPorts {
  uint32_t tls, starttls;
};
UsualPorts PortsOf(admin::v1::AccountType type);

// A new account before its user has said anything; of the union form when
// `type` is unspecified.
admin::v1::Account DefaultsOf(admin::v1::AccountType type);

// What the form begins with.
admin::v1::Account InitialAccount(const FormSubject& subject);

}  // namespace postern::xmpp_edge
