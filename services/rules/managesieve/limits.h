#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postern::rules::managesieve {

struct LimitOptions {
  size_t connections = 200, connections_per_address = 20, logins_per_user = 10;
  // Within `window`. Of a user more than of an address: nobody is to shut somebody else out with
  // little trouble, and nobody guesses 100 random bits.
  uint32_t failures_per_address = 10, failures_per_user = 50;
  absl::Duration window = absl::Minutes(5);
  size_t script_bytes = 16 << 20;  // of all sessions that hold a literal at the moment
};

// What all sessions of a process may take together, and who may try to log in. Pure: times are
// handed in. IPv6 addresses count by their network of 64 bits, for one host has all of it.
class Limits {
 public:
  explicit Limits(LimitOptions options) : options_(options) {}

  // One of many that are counted; gives back when it goes.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept { *this = std::move(other); }
    Share& operator=(Share&& other) noexcept;
    ~Share() { Drop(); }
    explicit operator bool() const { return limits_ != nullptr; }

   private:
    friend class Limits;
    enum class Kind { kConnection, kLogin, kBytes };
    Share(Limits& limits, Kind kind, std::string name, size_t count)
        : limits_(&limits), kind_(kind), name_(std::move(name)), count_(count) {}
    void Drop();

    Limits* limits_ = nullptr;
    Kind kind_ = Kind::kConnection;
    std::string name_;
    size_t count_ = 0;
  };

  // Each answers nothing when the limit is reached. `trusted`: many users come from there
  // (webmail), so that what is limited for an address is not for this one.
  Share Connect(absl::string_view address, bool trusted);
  Share LogIn(const std::string& user);
  Share Hold(size_t bytes);

  size_t connections() const { return connections_; }

  // Counts an attempt to log in. False: there were too many failures; this one is not to be looked
  // at.
  bool Try(absl::string_view address, bool trusted, const std::string& user, absl::Time now);
  // That attempt was none of the failures.
  void TakeBack(absl::string_view address, const std::string& user);

 private:
  struct Tally {
    uint32_t failures = 0;
    absl::Time until;
  };
  using Tallies = absl::flat_hash_map<std::string, Tally>;
  Tally& TallyOf(Tallies& tallies, const std::string& name, absl::Time now);

  static constexpr size_t kMostTallies = 10'000;
  const LimitOptions options_;
  size_t connections_ = 0, bytes_ = 0;
  absl::flat_hash_map<std::string, size_t> by_address_, by_user_;
  Tallies address_failures_, user_failures_;
};

// What an address counts as: itself, "2001:db8:0:1::/64" for IPv6.
std::string NetworkOf(absl::string_view address);

}  // namespace postern::rules::managesieve
