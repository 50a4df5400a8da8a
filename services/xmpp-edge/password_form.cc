#include "services/xmpp-edge/password_form.h"

#include <utility>

#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/texts/password.h"

namespace postern::xmpp_edge {

DataForm PasswordForm(const admin::v1::Account& account, const Words& words) {
  DataForm form;
  form.title = texts::PasswordTitle(words, account.name());
  form.fields.push_back(HiddenField("FORM_TYPE", kPasswordForm));
  FormField& field = form.fields.emplace_back();
  field.var = std::string(kPasswordField);
  field.type = "text-private";
  field.label = texts::PasswordLabel(words);
  field.required = true;
  return form;
}

const Element* SubmittedPasswordForm(const Element& message) {
  for (const Element& child : message.children) {
    if (child.name != "x" || child.ns != kDataFormNs || child.Attr("type") != "submit") continue;
    for (const Element& field : child.children) {
      if (field.Attr("var") == "FORM_TYPE" && field.ChildText("value") == kPasswordForm) {
        return &child;
      }
    }
  }
  return nullptr;
}

}  // namespace postern::xmpp_edge
