// XEP-0077: In-Band Registration, the form read.
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/password_use.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using admin::v1::AccountType;

absl::Status Wrong(absl::string_view var, const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason, var);
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
  // Leaves nothing of it behind.
  crypto::Secret TakeSecret(absl::string_view var) {
    const auto found = submission_.find(std::string(var));
    if (found == submission_.end()) return crypto::Secret();
    crypto::Secret secret(found->second);
    crypto::Wipe(found->second);
    return secret;
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
    Fail(Wrong(var, texts::NumberBetween(min, max)));
    return std::nullopt;
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

 private:
  Submission submission_;
  absl::Status status_;
};

std::string TypeNames(const FormSubject& subject) {
  return subject.relay_label.empty() ? "IMAP, POP3, SMTP" : "IMAP, POP3, SMTP, GlobalSMTP";
}

absl::StatusOr<AccountType> TakeType(FormReader& form, const FormSubject& subject) {
  if (subject.existing != nullptr) return subject.existing->type();
  if (subject.type != admin::v1::ACCOUNT_TYPE_UNSPECIFIED) return subject.type;
  const std::string name = form.TakeTrimmed("type").value_or("");
  if (name.empty()) return Wrong("type", texts::Required());
  const AccountType type = TypeOfName(name);
  const bool withheld = type == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP && subject.relay_label.empty();
  if (type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED || withheld) {
    return Wrong("type", texts::MustBeOneOf(TypeNames(subject)));
  }
  return type;
}

void TakeName(FormReader& form, bool is_update, Account& account) {
  const std::string name = form.TakeTrimmed("name").value_or("");
  if (is_update) {
    if (!name.empty() && name != account.name()) form.Fail(Wrong("name", texts::Unchangeable()));
    return;
  }
  if (name.empty()) form.Fail(Wrong("name", texts::Required()));
  account.set_name(name);
}

// `ssl` and `tls` are JMC's; Postern speaks nothing unencrypted, so "neither" is
// STARTTLS as well. Of "both" the one counts that was not ticked before.
void TakeSecurity(FormReader& form, Account& account) {
  const std::optional<bool> ssl = form.TakeBoolean("ssl");
  std::optional<bool> tls = form.TakeBoolean("tls");
  if (account.type() != admin::v1::ACCOUNT_TYPE_SMTP) tls.reset();
  const bool was_starttls = account.security() == admin::v1::SECURITY_STARTTLS;
  if (was_starttls && ssl.value_or(false)) tls.reset();
  if (tls.value_or(false)) {
    account.set_security(admin::v1::SECURITY_STARTTLS);
  } else if (ssl) {
    account.set_security(*ssl ? admin::v1::SECURITY_TLS : admin::v1::SECURITY_STARTTLS);
  }
}

// A usual port leaves no choice (RFC 8314), and one field of a pre-filled form is
// easily changed without the other: 465 with STARTTLS was meant to be 587, and
// 587 as typed is STARTTLS, unless it stood there and TLS is what was changed. All ways
// everything stays encrypted.
void TakePort(FormReader& form, bool is_update, bool was_starttls, Account& account) {
  const UsualPorts usual = PortsOf(account.type());
  const std::optional<uint32_t> port = form.TakeNumber("port", 1, 65535);
  const bool starttls = account.security() == admin::v1::SECURITY_STARTTLS;
  if (port) {
    account.set_port(*port);
  } else if (!is_update) {
    account.set_port(starttls ? usual.starttls : usual.tls);
  }
  if (starttls && account.port() == usual.tls) account.set_port(usual.starttls);
  if (starttls || account.port() != usual.starttls) return;
  if (was_starttls) {
    account.set_port(usual.tls);
  } else {
    account.set_security(admin::v1::SECURITY_STARTTLS);
  }
}

void TakeServer(FormReader& form, Account& account) {
  if (auto login = form.TakeTrimmed("login")) account.set_login(*login);
  if (auto host = form.TakeTrimmed("host")) account.set_host(*host);
  if (account.host().empty()) form.Fail(Wrong("host", texts::Required()));
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
      form.Fail(Wrong(field.var, texts::MustBeAction()));
    }
    (account.mutable_actions()->*field.set)(action);
  }
}

void TakeMailboxFields(FormReader& form, Account& account) {
  TakeActions(form, account);
  if (auto live = form.TakeBoolean("live_email_only")) account.set_live_email_only(*live);
  if (auto interval = form.TakeNumber("interval", 1, 1440)) account.set_interval_minutes(*interval);
  const auto mailbox = form.TakeTrimmed("mailbox");
  const bool has_folders = account.type() == admin::v1::ACCOUNT_TYPE_IMAP;
  if (has_folders && mailbox && !mailbox->empty()) account.set_mailbox(*mailbox);
  if (account.login().empty()) form.Fail(Wrong("login", texts::Required()));
}

void TakeSendingFields(FormReader& form, Account& account) {
  if (auto is_default = form.TakeBoolean("default_account")) {
    account.set_default_account(*is_default);
  }
  if (auto from = form.TakeTrimmed("default_from")) account.set_default_from(*from);
  if (account.default_from().empty()) form.Fail(Wrong("default_from", texts::Required()));
}

crypto::PasswordUse UseOf(const Account& account) {
  return {account.host(), account.login(), account.security() != admin::v1::SECURITY_NONE};
}

// Whether the account is one that its owner's consent opens (OAuth2), as admin will see it too.
bool MayOpenByConsent(const FormSubject& subject, const Account& account) {
  return account.type() != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP &&
         account.security() != admin::v1::SECURITY_NONE &&
         TakesConsent(subject.site, account.host());
}

// Consent was given, and serves the account as it is to be, too.
bool StaysOpenByConsent(const FormSubject& subject, const Account& account) {
  const Account* before = subject.existing.get();
  return before != nullptr && NeedsConsent(*before) && MayOpenByConsent(subject, account);
}

// Without a password, and without consent so far.
bool OpensByConsent(const FormSubject& subject, const Account& account) {
  if (!MayOpenByConsent(subject, account)) return false;
  if (const Account* like = subject.like.get(); like != nullptr) {
    // A password of use is taken over; consent is each account's own.
    return NeedsConsent(*like) || !crypto::CheckPasswordUse(UseOf(*like), UseOf(account)).ok();
  }
  if (subject.existing == nullptr) return true;
  const Account& before = *subject.existing;
  if (!NeedsConsent(before)) return !before.store_password() || before.host() != account.host();
  return AwaitsConsent(before) || !crypto::CheckPasswordUse(UseOf(before), UseOf(account)).ok();
}

// The password, and where it comes from when none was typed.
void TakePassword(FormReader& form, const FormSubject& subject, Registration& registration) {
  const Account& account = registration.account;
  registration.password = form.TakeSecret("password");
  const bool needed = account.store_password() && !account.login().empty();
  if (!needed || !registration.password.empty()) return;
  registration.awaits_consent = OpensByConsent(subject, account);
  if (registration.awaits_consent || StaysOpenByConsent(subject, account)) return;
  if (subject.existing != nullptr) {
    const Account& before = *subject.existing;
    const bool present = before.store_password() && !before.login().empty();
    form.Fail(present ? crypto::CheckPasswordUse(UseOf(before), UseOf(account))
                      : Wrong("password", texts::PasswordRequired()));
    return;
  }
  const Account* like = subject.like.get();
  registration.uses_password_of_like = like != nullptr && like->store_password() &&
                                       crypto::CheckPasswordUse(UseOf(*like), UseOf(account)).ok();
  if (!registration.uses_password_of_like) {
    form.Fail(Wrong("password", texts::PasswordRequired()));
  }
}

void TakeSettings(FormReader& form, const FormSubject& subject, Registration& registration) {
  Account& account = registration.account;
  const bool is_update = subject.existing != nullptr;
  if (account.type() != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP) {
    TakeServer(form, account);
    const bool was_starttls = account.security() == admin::v1::SECURITY_STARTTLS;
    TakeSecurity(form, account);
    TakePort(form, is_update || subject.like != nullptr, was_starttls, account);
    TakePassword(form, subject, registration);
  }
  if (IsReceiving(account.type())) {
    TakeMailboxFields(form, account);
  } else {
    TakeSendingFields(form, account);
  }
}

}  // namespace

absl::StatusOr<Registration> ReadRegistration(Submission submission, const FormSubject& subject) {
  FormReader form(std::move(submission));
  auto type = TakeType(form, subject);
  if (!type.ok()) return type.status();
  FormSubject of_type = subject;
  of_type.type = *type;

  Registration registration;
  registration.account = InitialAccount(of_type);
  TakeName(form, subject.existing != nullptr, registration.account);
  TakeSettings(form, subject, registration);
  registration.store_untested = form.TakeBoolean("store_untested").value_or(false);
  if (!form.status().ok()) return form.status();
  return registration;
}

}  // namespace postern::xmpp_edge
