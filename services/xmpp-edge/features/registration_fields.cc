#include "services/xmpp-edge/features/registration_fields.h"

namespace postern::xmpp_edge {
namespace {

struct FieldLabel {
  absl::string_view var;
  std::string (*label)(const Words&);
};

constexpr FieldLabel kLabels[] = {
    {"type", &texts::LabelType},
    {"name", &texts::LabelName},
    {"login", &texts::LabelLogin},
    {"password", &texts::LabelPassword},
    {"host", &texts::LabelHost},
    {"port", &texts::LabelPort},
    {"ssl", &texts::LabelSsl},
    {"tls", &texts::LabelTls},
    {"store_password", &texts::LabelStorePassword},
    {"store_untested", &texts::LabelStoreUntested},
    {"live_email_only", &texts::LabelLiveOnly},
    {"interval", &texts::LabelInterval},
    {"mailbox", &texts::LabelMailbox},
    {"default_account", &texts::LabelDefaultAccount},
    {"default_from", &texts::LabelDefaultFrom},
};

}  // namespace

std::string LabelOfField(absl::string_view var, const Words& words) {
  for (const FieldLabel& field : kLabels) {
    if (field.var == var) return field.label(words);
  }
  for (const ActionField& field : kActionFields) {
    if (field.var == var) return field.label(words);
  }
  return "";
}

std::string ActionText(admin::v1::Action action) {
  switch (action) {
    case admin::v1::ACTION_DIGEST:
      return "1";
    case admin::v1::ACTION_FULL:
      return "2";
    default:
      return "0";
  }
}

UsualPorts PortsOf(admin::v1::AccountType type) {
  switch (type) {
    case admin::v1::ACCOUNT_TYPE_SMTP:
      return {465, 587};
    case admin::v1::ACCOUNT_TYPE_POP3:
      return {995, 110};
    default:
      return {993, 143};
  }
}

admin::v1::Account DefaultsOf(admin::v1::AccountType type) {
  admin::v1::Account account;
  account.set_type(type);
  account.set_enabled(true);
  if (type == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP) return account;  // the rest is the operator's
  account.set_security(admin::v1::SECURITY_TLS);
  account.set_port(PortsOf(type).tls);
  account.set_store_password(true);
  if (type != admin::v1::ACCOUNT_TYPE_SMTP) {
    for (const ActionField& field : kActionFields) {
      (account.mutable_actions()->*field.set)(field.initially);
    }
    account.set_interval_minutes(5);
  }
  const bool folders = type != admin::v1::ACCOUNT_TYPE_SMTP && type != admin::v1::ACCOUNT_TYPE_POP3;
  if (folders) account.set_mailbox("INBOX");
  return account;
}

admin::v1::Account InitialAccount(const FormSubject& subject) {
  if (subject.existing != nullptr) return *subject.existing;
  if (subject.like == nullptr) return DefaultsOf(subject.type);
  admin::v1::Account account = *subject.like;
  account.set_enabled(true);
  account.set_mailbox(subject.mailbox);
  account.clear_id();
  account.clear_name();
  account.clear_health();
  account.clear_settings_revision();
  account.clear_created_unix();
  return account;
}

}  // namespace postern::xmpp_edge
