#include "services/rules/sieve/extensions.h"

#include <algorithm>

#include "services/rules/sieve/compile.h"

namespace postern::rules::sieve {
namespace {

// In the order of their names.
const std::vector<Extension>& Table() {
  static const auto& table = *new std::vector<Extension>{
      {"body"},                            // RFC 5173
      {"comparator-i;ascii-casemap"},      // RFC 5228
      {"comparator-i;ascii-numeric"},      // RFC 4790
      {"comparator-i;octet"},              // RFC 5228
      {"comparator-i;unicode-casemap"},    // RFC 5051
      {"copy"},                            // RFC 3894
      {"date"},                            // RFC 5260
      {"duplicate"},                       // RFC 7352
      {"editheader"},                      // RFC 5293
      {"encoded-character"},               // RFC 5228
      {"enotify"},                         // RFC 5435
      {"envelope"},                        // RFC 5228
      {"environment"},                     // RFC 5183
      {"ereject"},                         // RFC 5429
      {"extlists"},                        // RFC 6134
      {"extracttext"},                     // RFC 5703
      {"fcc"},                             // RFC 8580
      {"fileinto"},                        // RFC 5228
      {"foreverypart"},                    // RFC 5703
      {"ihave"},                           // RFC 5463
      {"imap4flags"},                      // RFC 5232
      {"include"},                         // RFC 6609
      {"index"},                           // RFC 5260
      {"mailbox"},                         // RFC 5490
      {"mailboxid"},                       // RFC 9042
      {"mboxmetadata"},                    // RFC 5490
      {"mime"},                            // RFC 5703
      {"redirect-dsn"},                    // RFC 6009
      {"regex"},                           // draft-ietf-sieve-regex
      {"reject"},                          // RFC 5429
      {"relational"},                      // RFC 5231
      {"servermetadata"},                  // RFC 5490
      {"spamtest"},                        // RFC 5235
      {"spamtestplus", {"spamtest"}},      // RFC 5235
      {"special-use"},                     // RFC 8579
      {"subaddress"},                      // RFC 5233
      {"vacation"},                        // RFC 5230
      {"vacation-seconds", {"vacation"}},  // RFC 6131
      {"variables"},                       // RFC 5229
      {"virustest"},                       // RFC 5235
      {"vnd.postern.attachment"},          // from here on our own
      {"vnd.postern.deliver"},
      {"vnd.postern.environment"},
      {"vnd.postern.exec", {}, true},
      {"vnd.postern.hold"},
      {"vnd.postern.log"},
      {"vnd.postern.macros", {}, true},
      {"vnd.postern.quarantine"},
      {"vnd.postern.replace"},
      {"vnd.postern.reply"},
  };
  return table;
}

}  // namespace

const Extension* FindExtension(absl::string_view name) {
  const auto& table = Table();
  const auto found = std::lower_bound(
      table.begin(), table.end(), name,
      [](const Extension& extension, absl::string_view wanted) { return extension.name < wanted; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

const std::vector<std::string>& Extensions() {
  static const auto& names = *[] {
    auto* list = new std::vector<std::string>;
    for (const Extension& extension : Table())
      if (!extension.operator_only) list->emplace_back(extension.name);
    return list;
  }();
  return names;
}

const std::vector<std::string>& NotifyMethods() {
  static const auto& names = *new std::vector<std::string>{"xmpp", "mailto", "https"};
  return names;
}

}  // namespace postern::rules::sieve
