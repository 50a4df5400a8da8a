#include "services/xmpp-edge/wipe.h"

#include "lib/crypto/secret_box.h"

namespace postern::xmpp_edge {

void WipeTexts(Element& element) {
  crypto::Wipe(element.text);
  for (Element& child : element.children) WipeTexts(child);
}

void WipeValues(std::optional<FieldValues>& form) {
  if (!form) return;
  for (auto& [var, values] : *form) {
    for (std::string& value : values) crypto::Wipe(value);
  }
  form.reset();
}

}  // namespace postern::xmpp_edge
