// XEP-0077: In-Band Registration, the form written.
#include "services/xmpp-edge/features/registration_form.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/texts/consent.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using admin::v1::AccountType;

constexpr absl::string_view kReceivers = "IMAP, POP3";

FormField Field(absl::string_view var, absl::string_view type, std::string label,
                absl::string_view value) {
  FormField field;
  field.var = std::string(var);
  field.type = std::string(type);
  field.label = std::move(label);
  field.value = std::string(value);
  return field;
}

FormField Required(FormField field) {
  field.required = true;
  return field;
}

FormField Boolean(absl::string_view var, std::string label, bool value) {
  return Field(var, "boolean", std::move(label), value ? "1" : "0");
}

FormField TypeField(const FormSubject& subject, const Words& words) {
  FormField field = Required(Field("type", "list-single", texts::LabelType(words), "IMAP"));
  field.options = {{texts::ReceiveByImap(words), "IMAP"},
                   {texts::ReceiveByPop3(words), "POP3"},
                   {texts::SendBySmtp(words), "SMTP"}};
  if (!subject.relay_label.empty()) {
    field.options.emplace_back(texts::SendByRelay(words, subject.relay_label),
                               NameOfType(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP));
  }
  return field;
}

// One form while it is written.
class FormWriter {
 public:
  FormWriter(const FormSubject& subject, const Words& words)
      : subject_(subject),
        words_(words),
        union_(subject.type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED),
        update_(subject.existing != nullptr),
        account_(InitialAccount(subject)) {}

  DataForm Write() {
    form_.title = texts::RegistrationTitle(words_);
    form_.instructions = Instructions();
    const std::string providers = ConsentProviders(subject_.site);
    if (!providers.empty() && account_.type() != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP) {
      absl::StrAppend(&form_.instructions, " ", texts::ConsentInstructions(words_, providers));
    }
    Add(HiddenField("FORM_TYPE", "jabber:iq:register"));
    if (union_) Add(TypeField(subject_, words_));
    Add(update_ ? HiddenField("name", account_.name())
                : Required(Field("name", "text-single", texts::LabelName(words_), "")));
    if (account_.type() != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP) AddServer();
    if (union_ || IsReceiving(account_.type())) AddReceiving();
    if (union_ || !IsReceiving(account_.type())) AddSending();
    Add(Boolean("store_untested", texts::LabelStoreUntested(words_), false));
    return std::move(form_);
  }

 private:
  void Add(FormField field) { form_.fields.push_back(std::move(field)); }

  // In the union form a label says whose field it is, and what is needed depends on
  // the type that is chosen.
  void AddOf(absl::string_view types, FormField field) {
    if (union_) field.label = texts::LabelOfTypes(words_, types, field.label);
    if (union_) field.required = false;
    Add(std::move(field));
  }

  std::string Instructions() const {
    if (update_) return texts::UpdateInstructions(words_);
    if (subject_.like != nullptr) return texts::FolderInstructions(words_, subject_.like->name());
    if (union_) return texts::RootInstructions(words_);
    if (IsReceiving(account_.type())) return texts::ReceivingInstructions(words_);
    return account_.type() == admin::v1::ACCOUNT_TYPE_SMTP ? texts::SendingInstructions(words_)
                                                           : texts::RelayInstructions(words_);
  }

  std::string PasswordLabel() const {
    if (update_) return texts::LabelPasswordUnchanged(words_);
    const bool of_like = subject_.like != nullptr && subject_.like->store_password();
    return of_like ? texts::LabelPasswordOf(words_, subject_.like->name())
                   : texts::LabelPassword(words_);
  }

  void AddServer() {
    const bool starttls = account_.security() == admin::v1::SECURITY_STARTTLS;
    Add(Field("login", "text-single", texts::LabelLogin(words_), account_.login()));
    Add(Field("password", "text-private", PasswordLabel(), ""));
    FormField host = Field("host", "text-single", texts::LabelHost(words_), account_.host());
    host.required = subject_.relay_label.empty() || !union_;
    Add(std::move(host));
    Add(union_ ? Field("port", "text-single", texts::LabelPortOfType(words_), "")
               : Field("port", "text-single", texts::LabelPort(words_),
                       absl::StrCat(account_.port())));
    const bool smtp = account_.type() == admin::v1::ACCOUNT_TYPE_SMTP;
    std::string ssl = smtp ? texts::LabelSslOfSmtp(words_) : texts::LabelSsl(words_);
    Add(Boolean("ssl", std::move(ssl), !starttls));
    if (union_ || smtp) AddOf("SMTP", Boolean("tls", texts::LabelTls(words_), starttls));
    Add(Boolean("store_password", texts::LabelStorePassword(words_), account_.store_password()));
  }

  void AddReceiving() {
    for (const ActionField& action : kActionFields) {
      FormField field = Field(action.var, "list-single", action.label(words_),
                              ActionText((account_.actions().*action.get)()));
      field.options = {{texts::DoNothing(words_), "0"},
                       {texts::RetrieveDigest(words_), "1"},
                       {texts::RetrieveFull(words_), "2"}};
      AddOf(kReceivers, std::move(field));
    }
    AddOf(kReceivers,
          Boolean("live_email_only", texts::LabelLiveOnly(words_), account_.live_email_only()));
    AddOf(kReceivers, Field("interval", "text-single", texts::LabelInterval(words_),
                            absl::StrCat(account_.interval_minutes())));
    if (account_.type() == admin::v1::ACCOUNT_TYPE_POP3) return;
    AddOf("IMAP", Field("mailbox", "text-single", texts::LabelMailbox(words_), account_.mailbox()));
  }

  void AddSending() {
    const bool is_default = update_ ? account_.default_account() : !subject_.has_default_sender;
    AddOf("SMTP", Boolean("default_account", texts::LabelDefaultAccount(words_), is_default));
    AddOf("SMTP", Required(Field("default_from", "text-single", texts::LabelDefaultFrom(words_),
                                 account_.default_from())));
  }

  const FormSubject& subject_;
  const Words& words_;
  const bool union_, update_;
  const Account account_;
  DataForm form_;
};

}  // namespace

DataForm RegistrationForm(const FormSubject& subject, const Words& words) {
  return FormWriter(subject, words).Write();
}

DataForm TypeForm(const FormSubject& subject, const Words& words) {
  DataForm form;
  form.title = texts::RegistrationTitle(words);
  form.instructions = texts::TypeInstructions(words);
  form.fields.push_back(TypeField(subject, words));
  return form;
}

}  // namespace postern::xmpp_edge
