#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// So many in an hour, of each key. In memory alone: a restart forgives.
class HourlyLimit {
 public:
  explicit HourlyLimit(size_t most) : most_(most) {}
  // False: that was enough. The same `id` once more costs nothing.
  bool Take(const std::string& key, const std::string& id, int64_t now_unix);

 private:
  const size_t most_;
  int64_t hour_ = 0;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> taken_;
};

// What is said to people because of rules: notifications, and word to an account's owner of what
// could not be done.
class OwnerNotes {
 public:
  static constexpr size_t kNotifications = 60;  // of one user's rules in an hour
  static constexpr size_t kNotes = 10;          // to one owner in an hour

  explicit OwnerNotes(edge::v1::EdgeService::StubInterface& edge) : edge_(edge) {}

  // Once a day for the same words. What can't be told now is in the log; nobody waits for more.
  net::Task<void> Tell(const Account& account, words::Wording wording);
  // Edge.Notify. kResourceExhausted: there were enough within the hour. Its own errors are
  // passed on; a repeat under the same id is harmless.
  net::Task<absl::Status> Notify(const Account& account, edge::v1::NotifyRequest request);

 private:
  net::Task<absl::Status> Ask(edge::v1::NotifyRequest request);

  edge::v1::EdgeService::StubInterface& edge_;
  HourlyLimit notifications_{kNotifications}, notes_{kNotes};
};

}  // namespace postern::fetcher
