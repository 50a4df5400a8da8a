#pragma once

#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

namespace by_id {

inline absl::string_view Id(absl::string_view id) { return id; }
inline absl::string_view Id(const std::shared_ptr<const Account>& account) { return account->id; }

struct Hash {
  using is_transparent = void;
  size_t operator()(const auto& one) const { return absl::HashOf(Id(one)); }
};

struct Same {
  using is_transparent = void;
  bool operator()(const auto& one, const auto& other) const { return Id(one) == Id(other); }
};

}  // namespace by_id

// Accounts, to be found by their ids, of which no second copy is kept: each replica knows all
// accounts there are.
using AccountsById = absl::flat_hash_set<std::shared_ptr<const Account>, by_id::Hash, by_id::Same>;

}  // namespace postern::fetcher
