#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace postern::fetcher {

// How many short connections to mail servers may be open at once, of one key (an
// account, a user) and in all: a slow server holds up its own users alone.
class VisitLimits {
 public:
  VisitLimits(size_t of_one, size_t in_all) : of_one_(of_one), in_all_(in_all) {}

  // Counts while it lives; the limits outlive it.
  class Pass {
   public:
    Pass(VisitLimits& limits, std::string key);
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    VisitLimits* limits_;
    std::string key_;
  };

  // kResourceExhausted, with a wording.
  absl::StatusOr<Pass> Enter(const std::string& key);

 private:
  const size_t of_one_, in_all_;
  size_t inside_ = 0;
  absl::flat_hash_map<std::string, size_t> by_key_;
};

}  // namespace postern::fetcher
