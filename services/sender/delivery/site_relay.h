#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/crypto/secret_box.h"
#include "services/sender/accounts/account_directory.h"

namespace postern::sender {

// The operator's own way out: carries the mail of accounts that have no server of
// their own (JMC's "GlobalSMTP").
struct SiteRelay {
  std::string host;
  uint16_t port = 0;
  Security security = Security::kStartTls;
  std::string login;  // empty: it asks for none
  crypto::Secret password;
};

// The options as the operator gave them.
struct SiteRelayOptions {
  std::string relay;  // HOST:PORT, "[::1]:25"; empty: there is none
  std::string security = "starttls";
  std::string login;
  std::string password_file;
};

// What is wrong with an option.
struct OptionProblem {
  std::string flag, problem;
  bool operator==(const OptionProblem&) const = default;
};

// Reads the options, but for the password file's content. Nothing when no relay is
// wanted, or when `problems` says why it can't be used.
std::optional<SiteRelay> ReadSiteRelay(const SiteRelayOptions& options, bool allow_plaintext_auth,
                                       std::vector<OptionProblem>& problems);

}  // namespace postern::sender
