#pragma once

#include <chrono>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace postern::sender::smtp {

// What servers offer and then don't bear, as sessions with them found out: the next one does
// without. For an hour, and of a thousand servers at most.
class KnownFaults {
 public:
  enum class Fault : unsigned {
    kPipelining = 1,  // commands that come together get lost or are refused
    kChunking = 2,    // BDAT is not understood
  };

  void Note(absl::string_view host, Fault fault);
  bool Has(absl::string_view host, Fault fault) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    unsigned faults = 0;
    Clock::time_point until;
  };
  void MakeRoom();

  absl::flat_hash_map<std::string, Entry> entries_;
};

}  // namespace postern::sender::smtp
