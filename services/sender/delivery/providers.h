#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace postern::sender {

// What a provider's servers bear of one account. The one table is in providers.cc, each row
// with its reason. Pure.
struct Budget {
  size_t sessions = 2;        // at once
  size_t mails_a_minute = 0;  // 0: as many as go
  size_t recipients = 100;    // of one transaction: what every server takes, RFC 5321 4.5.3.1.8
  size_t mails_a_session = 100;
};

// `host` as in the account. Hosts that are in no row have the budget above. The answer lives
// for ever.
const Budget& BudgetOf(absl::string_view host);

}  // namespace postern::sender
