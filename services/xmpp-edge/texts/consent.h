#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Consent at a mail provider in place of a password (OAuth2).
namespace postern::xmpp_edge::texts {

// TRANSLATORS: one word that users may type beside the English one. Where clients on phones
// begin with a capital, give both: "pomoc|Pomoc".
inline std::string KeywordConsent(const Words& words) { return words.Say("consent"); }

inline std::string ConsentRequest(const Words& words, absl::string_view account,
                                  absl::string_view provider, absl::string_view url) {
  // TRANSLATORS: $0 is an account's name, $1 a mail provider (Google), $2 a link.
  return words.Say(
      "Account '$0' waits for your consent at $1. Open this link in your browser, and sign in to "
      "your mailbox there: $2",
      account, provider, url);
}
inline std::string ConsentByCode(const Words& words, absl::string_view url,
                                 absl::string_view code) {
  // TRANSLATORS: $0 is a link, $1 a code to type there.
  return words.Say("Or open $0 on any device, and type the code $1 there.", url, code);
}
inline std::string ConsentNewLink(const Words& words) {
  return words.Say(
      "The link is good for a day. For a new one, send \"consent\" to the gateway itself.");
}
inline std::string ConsentWorks(const Words& words, absl::string_view account) {
  return words.Say("Thank you. Account '$0' works with your consent.", account);
}
inline std::string NoConsentAwaited(const Words& words) {
  return words.Say("None of your accounts waits for your consent.");
}
inline std::string ConsentNotNow(const Words& words, absl::string_view account) {
  return words.Say(
      "There is no link for account '$0' at the moment. Send \"consent\" again in a minute.",
      account);
}
inline std::string NeedsConsent(const Words& words) {
  return words.Say(
      "Waiting for your consent: open the link that this contact sent you. For a new one, send "
      "\"consent\" to the gateway itself.");
}
inline std::string StateAwaitsConsent(const Words& words) {
  return words.Say("waits for your consent: send \"consent\" for a link");
}
inline std::string ConsentLabel(const Words& words) { return words.Say("Link for your consent"); }

// What the registration form says beside its instructions.
inline std::string ConsentInstructions(const Words& words, absl::string_view providers) {
  // TRANSLATORS: $0 is one or more mail providers: "Google, Microsoft".
  return words.Say(
      "With $0, leave the password empty: a link by which you give your consent there comes by "
      "message.",
      providers);
}
inline std::string ConsentComes(const Words& words, absl::string_view created) {
  // TRANSLATORS: $0 is "New account 'work' created" or "Updated account 'work'".
  return words.Say("$0. A link for your consent comes by message.", created);
}

}  // namespace postern::xmpp_edge::texts
