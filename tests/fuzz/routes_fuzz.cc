// Any text must be read as routes, or be refused; what is read can be used as it is.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/sender/routes/route_table.h"

namespace {

using namespace postern::sender;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckCommand(const std::vector<std::string>& words) {
  if (words.empty()) return;
  Require(words.size() <= kMaxCommandWords && words.front().front() == '/');
  for (const std::string& word : words) Require(word.find('\0') == word.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto table = ParseRoutes(text, {});
  if (!table.ok()) {
    Require(!table.status().message().empty());
    return 0;
  }
  Require(table->routes.size() <= postern::schedule::kMaxSections);
  for (const RouteSettings& route : table->routes) {
    Require(!route.name.empty() && table->Find(route.name) == &route);
    Require(!route.direct || !route.relay);
    Require(!route.relay || (!route.relay->host.empty() && route.relay->port != 0));
    Require(route.down.empty() || !route.up.empty());
    CheckCommand(route.up);
    CheckCommand(route.down);
    for (const auto& section : route.schedule.sections) Require(section.password.empty());
  }
  return 0;
}
