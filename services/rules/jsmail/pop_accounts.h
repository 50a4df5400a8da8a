#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "services/rules/ir/problem.h"

namespace postern::rules::jsmail {

inline constexpr size_t kMaxPopAccounts = 1000;

enum class PopSecurity : uint8_t { kPlain, kStartTls, kTls };

struct PopAccount {
  std::string host;  // lower case; an IPv6 address without brackets
  uint16_t port = 110;
  std::string user;
  crypto::Secret password;
  PopSecurity security = PopSecurity::kPlain;  // "tls:"; port 995 means kTls
  std::string dest;                            // "dest:", whose account it is; may be empty
  uint32_t line = 0;
};

// JSMail's file of POP3 accounts:
//
//   "[" host [ ":" port ] "]", then "user:" and "password:", each on a line of its own
//
// and our "tls: none | starttls | implicit" and "dest: ann@example.org", of which `strict` warns.
// No problem quotes a password.
struct ReadPopAccounts {
  std::vector<PopAccount> accounts;  // none with an error
  std::vector<Problem> problems;
};
ReadPopAccounts ParsePopAccounts(absl::string_view source, absl::string_view file_name,
                                 bool strict = false);

}  // namespace postern::rules::jsmail
