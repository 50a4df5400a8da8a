// XEP-0077: In-Band Registration, the form written.
#include "services/xmpp-edge/features/registration_form.h"

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using admin::v1::AccountType;

FormField Field(absl::string_view var, absl::string_view type, absl::string_view label,
                absl::string_view value) {
  FormField field;
  field.var = std::string(var);
  field.type = std::string(type);
  field.label = std::string(label);
  field.value = std::string(value);
  return field;
}

FormField Required(FormField field) {
  field.required = true;
  return field;
}

FormField Boolean(absl::string_view var, absl::string_view label, bool value) {
  return Field(var, "boolean", label, value ? "1" : "0");
}

FormField TypeField() {
  FormField field = Required(Field("type", "list-single", texts::kLabelType, "IMAP"));
  field.options = {{std::string(texts::kReceiveByImap), "IMAP"},
                   {std::string(texts::kSendBySmtp), "SMTP"}};
  return field;
}

// Adds fields to a form; in the union form a label says whose field it is.
class FormWriter {
 public:
  FormWriter(DataForm& form, bool is_union) : form_(form), is_union_(is_union) {}

  void Add(FormField field) { form_.fields.push_back(std::move(field)); }
  void AddOf(absl::string_view type, FormField field) {
    if (is_union_) field.label = absl::StrCat(type, ": ", field.label);
    // Which fields are needed depends on the type chosen.
    if (is_union_) field.required = false;
    Add(std::move(field));
  }

 private:
  DataForm& form_;
  bool is_union_;
};

void AddActions(const Account& account, FormWriter& writer) {
  for (const ActionField& action : kActionFields) {
    FormField field = Field(action.var, "list-single", texts::LabelOfAction(action.state),
                            ActionText((account.actions().*action.get)()));
    field.options = {{std::string(texts::kDoNothing), "0"},
                     {std::string(texts::kRetrieveDigest), "1"},
                     {std::string(texts::kRetrieveFull), "2"}};
    writer.AddOf("IMAP", std::move(field));
  }
}

void AddServer(const Account& account, bool is_union, bool is_update, FormWriter& writer) {
  writer.Add(Field("login", "text-single", texts::kLabelLogin, account.login()));
  writer.Add(Field("password", "text-private",
                   is_update ? texts::kLabelPasswordUnchanged : texts::kLabelPassword, ""));
  writer.Add(Required(Field("host", "text-single", texts::kLabelHost, account.host())));
  writer.Add(is_union
                 ? Field("port", "text-single", texts::kLabelPortOfType, "")
                 : Field("port", "text-single", texts::kLabelPort, absl::StrCat(account.port())));
}

void AddMailboxFields(const Account& account, FormWriter& writer) {
  AddActions(account, writer);
  writer.AddOf("IMAP",
               Boolean("live_email_only", texts::kLabelLiveOnly, account.live_email_only()));
  writer.AddOf("IMAP", Field("interval", "text-single", texts::kLabelInterval,
                             absl::StrCat(account.interval_minutes())));
  writer.AddOf("IMAP", Field("mailbox", "text-single", texts::kLabelMailbox, account.mailbox()));
}

void AddSendingFields(const Account& account, bool is_default, FormWriter& writer) {
  writer.AddOf("SMTP", Boolean("default_account", texts::kLabelDefaultAccount, is_default));
  writer.AddOf("SMTP", Required(Field("default_from", "text-single", texts::kLabelDefaultFrom,
                                      account.default_from())));
}

}  // namespace

DataForm RegistrationForm(AccountType type, const Account* existing, bool has_default_smtp) {
  const bool is_union = type == admin::v1::ACCOUNT_TYPE_UNSPECIFIED;
  const bool is_update = existing != nullptr;
  const bool mailbox = is_union || type == admin::v1::ACCOUNT_TYPE_IMAP;
  const bool sending = is_union || type == admin::v1::ACCOUNT_TYPE_SMTP;
  const Account account = is_update ? *existing : DefaultsOf(type);
  const bool starttls = account.security() == admin::v1::SECURITY_STARTTLS;

  DataForm form;
  form.title = std::string(texts::kRegistrationTitle);
  form.instructions = std::string(is_update  ? texts::kUpdateInstructions
                                  : is_union ? texts::kRootInstructions
                                             : texts::kRegistrationInstructions);
  FormWriter writer(form, is_union);
  writer.Add(Field("FORM_TYPE", "hidden", "", "jabber:iq:register"));
  if (is_union) writer.Add(TypeField());
  writer.Add(is_update ? Field("name", "hidden", "", account.name())
                       : Required(Field("name", "text-single", texts::kLabelName, "")));
  AddServer(account, is_union, is_update, writer);
  writer.Add(Boolean("ssl", texts::kLabelSsl, !starttls));
  if (sending) writer.AddOf("SMTP", Boolean("tls", texts::kLabelTls, starttls));
  writer.Add(Boolean("store_password", texts::kLabelStorePassword, true));
  if (mailbox) AddMailboxFields(account, writer);
  if (sending) {
    AddSendingFields(account, is_update ? account.default_account() : !has_default_smtp, writer);
  }
  return form;
}

}  // namespace postern::xmpp_edge
