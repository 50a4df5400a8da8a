#include "services/rules/managesieve/capabilities.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/managesieve/reply.h"

namespace postern::rules::managesieve {

std::string WriteCapabilities(const Offer& offer, const Standing& standing) {
  std::string lines;
  const auto add = [&](const char* name, const std::string& value) {
    absl::StrAppend(&lines, "\"", name, "\" ", Quote(value), "\r\n");
  };
  add("IMPLEMENTATION", absl::StrCat("Postern ", offer.version));
  add("SASL", standing.may_log_in ? absl::StrCat(kScram, " ", kPlain) : "");
  add("SIEVE", absl::StrJoin(offer.extensions, " "));
  if (standing.start_tls) absl::StrAppend(&lines, "\"STARTTLS\"\r\n");
  add("MAXREDIRECTS", absl::StrCat(offer.redirects));
  add("NOTIFY", absl::StrJoin(offer.methods, " "));
  add("LANGUAGE", "en");
  if (!standing.owner.empty()) add("OWNER", standing.owner);
  absl::StrAppend(&lines, "\"UNAUTHENTICATE\"\r\n");
  add("VERSION", "1.0");
  return lines;
}

}  // namespace postern::rules::managesieve
