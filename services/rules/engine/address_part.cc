#include "services/rules/engine/address_part.h"

namespace postern::rules {

std::optional<std::string> PartOf(const MessageView::Mailbox& mailbox, AddressPart part) {
  if (part == AddressPart::kAll) return mailbox.whole;
  if (mailbox.local_part.empty() && mailbox.domain.empty()) return std::nullopt;
  const size_t plus = mailbox.local_part.find('+');
  switch (part) {
    case AddressPart::kLocalPart:
      return mailbox.local_part;
    case AddressPart::kDomain:
      return mailbox.domain;
    case AddressPart::kUser:
      return mailbox.local_part.substr(0, plus);
    case AddressPart::kDetail:
      if (plus == std::string::npos) return std::nullopt;
      return mailbox.local_part.substr(plus + 1);
    case AddressPart::kAll:
      break;
  }
  return std::nullopt;
}

}  // namespace postern::rules
