// Any text must be read as aliases, or be refused; what is read expands to few addresses, each
// once, and to nothing that is an alias itself.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "services/sender/aliases/alias_table.h"

namespace {

using namespace postern::sender;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Every word of the file, as an address here and as it is.
std::vector<std::string> Addresses(const std::string& text) {
  std::vector<std::string> all = {"who@ex.org", "who@d.net"};
  for (const absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(",\n"))) {
    if (word.empty() || all.size() > 200) continue;
    all.push_back(std::string(word) + "@ex.org");
    if (word.find('@') != word.npos) all.push_back(std::string(word));
  }
  return all;
}

void Expand(const AliasTable& table, const std::string& address) {
  const auto expansion = table.Expand({address});
  if (!expansion.ok()) return Require(absl::IsResourceExhausted(expansion.status()));
  Require(expansion->recipients.size() + expansion->copies.size() <= kMaxExpanded);
  Require(!expansion->recipients.empty());
  std::set<std::string> seen;
  for (const std::string& recipient : expansion->recipients) {
    Require(seen.insert(recipient).second);
    // Who is reached in the end is reached by asking once more, too.
    const auto again = table.Expand({recipient});
    Require(again.ok() && again->recipients == std::vector<std::string>{recipient});
  }
  for (const AliasCopy& copy : expansion->copies) Require(seen.insert(copy.address).second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto table = AliasTable::Parse(text, {"ex.org", "other.org"});
  if (!table.ok()) {
    Require(!table.status().message().empty());
    return 0;
  }
  for (const std::string& address : Addresses(text)) Expand(*table, address);
  return 0;
}
