#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/sender/mx/dns.h"
#include "services/sender/mx/sts_policy.h"
#include "services/sender/mx/sts_store.h"

namespace postern::sender::mx {

// Fetches policy files. StsFetcher (sts_fetcher.h) for real, a table in tests.
class StsSource {
 public:
  virtual ~StsSource() = default;
  // The file of `domain`. Any error: there is none to be had just now.
  virtual net::Task<absl::StatusOr<std::string>> Fetch(std::string domain) = 0;
};

// Finds out what policy a domain has. RFC 8461 sections 3 and 5.1.
class StsLookup {
 public:
  StsLookup(Dns& dns, StsSource& source, StsStore& store)
      : dns_(dns), source_(source), store_(store) {}

  // The one in force; nothing: there is none. One that was seen holds for its max_age, whatever
  // DNS and the domain's web server say or don't meanwhile. kUnavailable: Redis is away, and so
  // nobody can tell.
  net::Task<absl::StatusOr<std::optional<StsPolicy>>> For(std::string domain);

  // A domain whose file can't be had is asked again after this long.
  static constexpr std::chrono::minutes kFailureGoodFor{5};
  static constexpr size_t kMostFailures = 1000;

 private:
  net::Task<std::optional<StsPolicy>> Renew(std::string domain, std::string id);
  bool FailedLately(const std::string& domain);
  void Failed(const std::string& domain);

  Dns& dns_;
  StsSource& source_;
  StsStore& store_;
  absl::flat_hash_map<std::string, std::chrono::steady_clock::time_point> failures_;
};

}  // namespace postern::sender::mx
