#pragma once

#include <optional>

#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/stanza.h"

// What users say may be a password. It leaves memory when it has been read, not some
// time later.
namespace postern::xmpp_edge {

// All text in an element, at any depth. Attributes stay.
void WipeTexts(Element& element);
void WipeValues(std::optional<FieldValues>& form);

}  // namespace postern::xmpp_edge
