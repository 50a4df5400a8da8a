#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

namespace postern::crypto {

// Takes a password out of what a server says: some repeat the command that they refuse,
// and their words go to logs, to Redis and to the user's screen.
class PasswordMask {
 public:
  PasswordMask() = default;  // changes nothing
  PasswordMask(absl::string_view login, absl::string_view password);

  // What else was made of the password, and says it to who can read it.
  void AlsoMask(absl::string_view form);

  // `words` with "***" for each password: as it is, as IMAP quotes it (RFC 3501 section 9),
  // and in base64, alone or as SASL PLAIN sends it. Letters count as the same in both cases.
  std::string Mask(absl::string_view words) const;

 private:
  void SortForms();

  std::vector<Secret> forms_;  // in lower case
  bool short_ = false;         // so short that words without it tell what was taken out
};

}  // namespace postern::crypto
