#include "services/sender/smtp/capabilities.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace postern::sender::smtp {

Capabilities ParseCapabilities(const Reply& ehlo) {
  Capabilities offered;
  for (size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first line is the greeting
    const std::string line = absl::AsciiStrToUpper(ehlo.lines[i]);
    // "AUTH=PLAIN" is how servers wrote it before RFC 2554; some still do.
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" ="), absl::SkipEmpty());
    if (words.empty()) continue;
    if (words[0] == "STARTTLS") offered.start_tls = true;
    if (words[0] == "8BITMIME") offered.eight_bit = true;
    if (words[0] == "SMTPUTF8") offered.utf8 = true;
    if (words[0] == "AUTH") offered.auth.insert(offered.auth.end(), words.begin() + 1, words.end());
    if (words[0] == "SIZE") {
      offered.size = true;
      if (words.size() > 1 && !absl::SimpleAtoi(words[1], &offered.max_size)) offered.max_size = 0;
    }
  }
  return offered;
}

}  // namespace postern::sender::smtp
