// XEP-0077: In-Band Registration, the form read.
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using admin::v1::AccountType;

absl::Status Wrong(absl::string_view var, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(var, ": ", reason));
}

// Reads fields into an account and keeps the first problem, so that the caller
// reads them in a row.
class FormReader {
 public:
  explicit FormReader(Submission submission) : submission_(std::move(submission)) {}

  const absl::Status& status() const { return status_; }

  std::optional<std::string> Take(absl::string_view var) {
    const auto found = submission_.find(std::string(var));
    if (found == submission_.end()) return std::nullopt;
    return std::move(found->second);
  }
  std::optional<std::string> TakeTrimmed(absl::string_view var) {
    auto value = Take(var);
    if (value) value = std::string(absl::StripAsciiWhitespace(*value));
    return value;
  }
  std::optional<bool> TakeBoolean(absl::string_view var) {
    auto value = TakeTrimmed(var);
    if (!value || value->empty()) return std::nullopt;
    auto read = ReadBoolean(var, *value);
    if (read.ok()) return *read;
    Fail(read.status());
    return std::nullopt;
  }
  // nullopt: not sent or empty.
  std::optional<uint32_t> TakeNumber(absl::string_view var, uint32_t min, uint32_t max) {
    auto value = TakeTrimmed(var);
    if (!value || value->empty()) return std::nullopt;
    uint32_t number = 0;
    if (absl::SimpleAtoi(*value, &number) && number >= min && number <= max) return number;
    Fail(Wrong(var, absl::StrCat("must be a number from ", min, " to ", max)));
    return std::nullopt;
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

 private:
  Submission submission_;
  absl::Status status_;
};

absl::StatusOr<AccountType> TakeType(FormReader& form, AccountType type) {
  if (type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED) {
    const std::string name = form.TakeTrimmed("type").value_or("");
    type = TypeOfName(name);
    if (type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED) {
      return Wrong("type", name.empty() ? "is required" : "must be IMAP or SMTP");
    }
  }
  if (type == admin::v1::ACCOUNT_TYPE_POP3) return absl::UnimplementedError(texts::kNoPop3);
  return type;
}

void TakeName(FormReader& form, bool is_update, Account& account) {
  const std::string name = form.TakeTrimmed("name").value_or("");
  if (is_update) {
    if (!name.empty() && name != account.name()) form.Fail(Wrong("name", "can't be changed"));
    return;
  }
  if (name.empty()) form.Fail(Wrong("name", texts::kRequired));
  account.set_name(name);
}

// `ssl` and `tls` are JMC's; Postern speaks nothing unencrypted, so "neither" is
// STARTTLS as well.
void TakeSecurity(FormReader& form, Account& account) {
  const std::optional<bool> ssl = form.TakeBoolean("ssl");
  std::optional<bool> tls = form.TakeBoolean("tls");
  if (account.type() != admin::v1::ACCOUNT_TYPE_SMTP) tls.reset();
  if (tls.value_or(false)) {
    account.set_security(admin::v1::SECURITY_STARTTLS);
  } else if (ssl) {
    account.set_security(*ssl ? admin::v1::SECURITY_TLS : admin::v1::SECURITY_STARTTLS);
  }
}

// A usual port leaves no choice (RFC 8314), and one field of a pre-filled form is
// easily changed without the other: 465 with STARTTLS was meant to be 587, and
// 587 as typed is STARTTLS. Both ways everything stays encrypted.
void TakePort(FormReader& form, bool is_update, Account& account) {
  const UsualPorts usual = PortsOf(account.type());
  const std::optional<uint32_t> port = form.TakeNumber("port", 1, 65535);
  const bool starttls = account.security() == admin::v1::SECURITY_STARTTLS;
  if (port) {
    account.set_port(*port);
  } else if (!is_update) {
    account.set_port(starttls ? usual.starttls : usual.tls);
  }
  if (starttls && account.port() == usual.tls) account.set_port(usual.starttls);
  if (!starttls && account.port() == usual.starttls) {
    account.set_security(admin::v1::SECURITY_STARTTLS);
  }
}

void TakeServer(FormReader& form, Account& account) {
  if (auto login = form.TakeTrimmed("login")) account.set_login(*login);
  if (auto host = form.TakeTrimmed("host")) account.set_host(*host);
  if (account.host().empty()) form.Fail(Wrong("host", texts::kRequired));
  if (auto store = form.TakeBoolean("store_password")) account.set_store_password(*store);
}

void TakeActions(FormReader& form, Account& account) {
  for (const ActionField& field : kActionFields) {
    const std::optional<std::string> value = form.TakeTrimmed(field.var);
    if (!value || value->empty()) continue;
    admin::v1::Action action = admin::v1::ACTION_NOTHING;
    if (*value == "1") {
      action = admin::v1::ACTION_DIGEST;
    } else if (*value == "2") {
      action = admin::v1::ACTION_FULL;
    } else if (*value != "0") {
      form.Fail(Wrong(field.var, "must be 0, 1 or 2"));
    }
    (account.mutable_actions()->*field.set)(action);
  }
}

void TakeMailboxFields(FormReader& form, Account& account) {
  TakeActions(form, account);
  if (auto live = form.TakeBoolean("live_email_only")) account.set_live_email_only(*live);
  if (auto interval = form.TakeNumber("interval", 1, 1440)) account.set_interval_minutes(*interval);
  const auto mailbox = form.TakeTrimmed("mailbox");
  if (mailbox && !mailbox->empty()) account.set_mailbox(*mailbox);
  if (account.login().empty()) form.Fail(Wrong("login", texts::kRequired));
}

void TakeSendingFields(FormReader& form, Account& account) {
  if (auto is_default = form.TakeBoolean("default_account")) {
    account.set_default_account(*is_default);
  }
  if (auto from = form.TakeTrimmed("default_from")) account.set_default_from(*from);
  if (account.default_from().empty()) form.Fail(Wrong("default_from", texts::kRequired));
}

}  // namespace

absl::StatusOr<Registration> ReadRegistration(Submission submission, AccountType type,
                                              const Account* existing) {
  FormReader form(std::move(submission));
  const bool is_update = existing != nullptr;
  auto chosen = TakeType(form, is_update ? existing->type() : type);
  if (!chosen.ok()) return chosen.status();

  Registration registration;
  Account& account = registration.account;
  account = is_update ? *existing : DefaultsOf(*chosen);
  TakeName(form, is_update, account);
  TakeServer(form, account);
  TakeSecurity(form, account);
  TakePort(form, is_update, account);
  if (account.type() == admin::v1::ACCOUNT_TYPE_SMTP) {
    TakeSendingFields(form, account);
  } else {
    TakeMailboxFields(form, account);
  }
  registration.password = form.Take("password").value_or("");
  // Without a login SMTP needs no password: some relays know their clients by address.
  if (!is_update && registration.password.empty() && !account.login().empty()) {
    form.Fail(Wrong("password", texts::kRequired));
  }
  if (!form.status().ok()) return form.status();
  return registration;
}

}  // namespace postern::xmpp_edge
