#include "services/sender/smtp/capabilities.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace postern::sender::smtp {
namespace {

using Words = std::vector<absl::string_view>;

// A limit that is no number, or 0, is none.
void LearnLimits(const Words& words, Limits& limits) {
  for (size_t i = 1; i + 1 < words.size(); i += 2) {
    uint32_t most = 0;
    if (!absl::SimpleAtoi(words[i + 1], &most)) most = 0;
    if (words[i] == "MAILMAX") limits.mails = most;
    if (words[i] == "RCPTMAX") limits.recipients = most;
    if (words[i] == "RCPTDOMAINMAX") limits.domains = most;
  }
}

void Learn(const Words& words, Capabilities& offered) {
  const absl::string_view keyword = words[0];
  if (keyword == "STARTTLS") offered.start_tls = true;
  if (keyword == "PIPELINING") offered.pipelining = true;
  if (keyword == "CHUNKING") offered.chunking = true;
  if (keyword == "8BITMIME") offered.eight_bit = true;
  if (keyword == "SMTPUTF8") offered.utf8 = true;
  if (keyword == "DSN") offered.dsn = true;
  if (keyword == "REQUIRETLS") offered.require_tls = true;
  if (keyword == "LIMITS") LearnLimits(words, offered.limits);
  if (keyword == "AUTH") {
    for (size_t i = 1; i < words.size(); ++i) offered.auth.emplace_back(words[i]);
  }
  if (keyword == "SIZE") {
    offered.size = true;
    if (words.size() > 1 && !absl::SimpleAtoi(words[1], &offered.max_size)) offered.max_size = 0;
  }
}

}  // namespace

Capabilities ParseCapabilities(const Reply& ehlo) {
  Capabilities offered;
  for (size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first line is the greeting
    const std::string line = absl::AsciiStrToUpper(ehlo.lines[i]);
    // "AUTH=PLAIN" is how servers wrote it before RFC 2554; some still do.
    const Words words = absl::StrSplit(line, absl::ByAnyChar(" ="), absl::SkipEmpty());
    if (!words.empty()) Learn(words, offered);
  }
  return offered;
}

}  // namespace postern::sender::smtp
