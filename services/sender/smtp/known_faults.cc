#include "services/sender/smtp/known_faults.h"

#include "absl/container/flat_hash_map.h"

namespace postern::sender::smtp {
namespace {

constexpr size_t kMostServers = 1000;
constexpr std::chrono::hours kRemembered{1};

}  // namespace

void KnownFaults::Note(absl::string_view host, Fault fault) {
  if (entries_.size() >= kMostServers && !entries_.contains(host)) MakeRoom();
  Entry& entry = entries_[host];
  entry.faults |= static_cast<unsigned>(fault);
  entry.until = Clock::now() + kRemembered;
}

bool KnownFaults::Has(absl::string_view host, Fault fault) const {
  const auto entry = entries_.find(host);
  return entry != entries_.end() && entry->second.until > Clock::now() &&
         (entry->second.faults & static_cast<unsigned>(fault)) != 0;
}

void KnownFaults::MakeRoom() {
  const auto now = Clock::now();
  absl::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
  if (entries_.size() >= kMostServers) entries_.erase(entries_.begin());
}

}  // namespace postern::sender::smtp
