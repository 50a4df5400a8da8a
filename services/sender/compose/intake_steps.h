#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/aliases/alias_table.h"
#include "services/sender/compose/mail_composer.h"

namespace postern::sender {

// Puts what it has to say before a mail's header (DKIM). The mail is measured anew after it. An
// error, in words, refuses the mail.
using ContentSigner = std::function<absl::Status(const Account&, ComposedMail&)>;

// What others do to mails on their way into the queue; what is empty is not done.
struct IntakeSteps {
  // Who a mail really goes to. Only its envelope changes; who has copies gets each as a mail of
  // its own.
  std::function<absl::StatusOr<Expansion>(const std::vector<std::string>& recipients)> expand;
  ContentSigner sign;
  // When mail of this account leaves that is due then (ms): its schedule may be later.
  std::function<int64_t(const Account&, int64_t due_ms)> leaves_at;
  // Whether mail of this account has a folder to be filed in (filing/filer.h).
  std::function<bool(const Account&)> files;
};

}  // namespace postern::sender
