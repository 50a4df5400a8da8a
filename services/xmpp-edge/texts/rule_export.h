#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Rules as Sieve, and the password with which mail programs edit scripts.
namespace postern::xmpp_edge::texts {

inline std::string RulesAsSieve(const Words& words) {
  return words.Say("Your rules as a Sieve script (RFC 5228):");
}
// TRANSLATORS: $0 is the name of a script.
inline std::string ScriptInForce(const Words& words, absl::string_view name) {
  return words.Say("Your script \"$0\", which is in force:", name);
}
inline std::string ScriptNotInForce(const Words& words, absl::string_view name) {
  return words.Say("Your script \"$0\", which is not in force:", name);
}
// TRANSLATORS: "rules export" is what users type.
inline std::string ScriptDecides(const Words& words, absl::string_view name) {
  return words.Say("Your script \"$0\" is in force; \"rules export\" shows it.", name);
}
inline std::string ScriptRests(const Words& words, absl::string_view name) {
  return words.Say(
      "Your script \"$0\" failed with three mails in a row, and is not run any more. Mend it, and "
      "put it in force again.",
      name);
}
inline std::string NoOtherRules(const Words& words) {
  return words.Say("You have no other rules.");
}
// TRANSLATORS: $0 is a host name, $1 a port, $2 the login, $3 the password; "sieve password off"
// is what users type.
inline std::string SievePassword(const Words& words, absl::string_view host, absl::string_view port,
                                 absl::string_view login, absl::string_view password) {
  return words.Say(
      "For mail programs that edit Sieve scripts (ManageSieve):\nserver: $0\nport: $1, with "
      "STARTTLS\nlogin: $2\npassword: $3\nThe password is told this once; one that you had before "
      "is "
      "void. \"sieve password off\" makes this one void.",
      host, port, login, password);
}
inline std::string NoManageSieve(const Words& words) {
  return words.Say(
      "This gateway offers no ManageSieve, so there is no password for it. Make your rules here: "
      "write "
      "\"rules\".");
}
inline std::string SievePasswordVoid(const Words& words) {
  return words.Say("Your password for ManageSieve is void.");
}

}  // namespace postern::xmpp_edge::texts
