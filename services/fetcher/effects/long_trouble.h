#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"

namespace postern::fetcher {

// For how long something of an account has failed each time it was tried. A mail server may never
// bear a second connection: then mail must not wait for it for ever. Pure; in memory alone.
class LongTrouble {
 public:
  static constexpr int64_t kPatience = 15 * 60;  // seconds
  explicit LongTrouble(int64_t patience = kPatience) : patience_(patience) {}

  // It failed once more. True: for longer than anybody should wait.
  bool Note(const std::string& account_id, int64_t now_unix) {
    const int64_t since = since_.try_emplace(account_id, now_unix).first->second;
    return now_unix - since >= patience_;
  }
  // It worked.
  void Over(const std::string& account_id) { since_.erase(account_id); }

 private:
  const int64_t patience_;
  absl::flat_hash_map<std::string, int64_t> since_;
};

}  // namespace postern::fetcher
