#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The operator's aliases: password files of JSMail. Pure; docs/operators.md has the format.
namespace postern::sender {

inline constexpr size_t kMaxAliasBytes = 4 * 1024 * 1024;
inline constexpr size_t kMaxAliasEntries = 100'000;
inline constexpr size_t kMaxAliasDepth = 10;  // an alias of an alias of …
inline constexpr size_t kMaxExpanded = 500;   // recipients of one mail, copies included

// Where a recipient's own copies go ("duplicate_to").
struct AliasCopy {
  std::string address;
  bool headers_only = false;  // "!"
  bool operator==(const AliasCopy&) const = default;
};

// Who a mail really goes to.
struct Expansion {
  std::vector<std::string> recipients;  // in the order of those asked for, each once
  std::vector<AliasCopy> copies;        // to nobody who is a recipient already
};

class AliasTable {
 public:
  // `local_domains`: whose mailboxes the users and plain aliases of the file are; at least one.
  // kInvalidArgument: "line:column: reason" for each fault, which quotes no password.
  // Passwords are passed over, and kept nowhere.
  static absl::StatusOr<AliasTable> Parse(absl::string_view text,
                                          const std::vector<std::string>& local_domains);

  // Bare addresses in, bare addresses out; who is no alias stays as written. Copies
  // of copies are not made. kResourceExhausted, in words for the author: more than kMaxExpanded.
  absl::StatusOr<Expansion> Expand(const std::vector<std::string>& recipients) const;

  bool empty() const { return rows_.empty(); }
  // What leads somewhere else, in the file's order: aliases, and users with a copy.
  struct Entry {
    std::string name;                  // as the file has it
    std::vector<std::string> targets;  // of an alias
    std::optional<AliasCopy> copy;     // of a user, beside their own mailbox
  };
  std::vector<Entry> Entries() const;
  size_t users() const { return users_.size(); }
  size_t aliases() const { return rows_.size() - users_.size(); }
  // What is accepted, but may not be what was meant: "line:column: text".
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class AliasParser;
  friend class AliasWalk;
  friend class AliasCheck;
  struct Row {
    std::string name;  // as the file has it
    size_t line = 0;
    std::vector<std::string> targets;  // of an alias: a local name or an address each
    std::optional<AliasCopy> copy;     // of a user
  };
  // What an address is, and in which domain the local names that it leads to are.
  struct Match {
    const Row* row = nullptr;  // null: nobody of ours
    bool user = false;
    std::string domain;
  };

  Match Find(absl::string_view address) const;
  // A target as an address: `domain` is that of local names.
  static std::string AddressOf(absl::string_view target, absl::string_view domain);
  bool IsLocal(absl::string_view domain) const;
  // Addresses that differ only by case are one; elsewhere that holds for their domains alone.
  std::string KeyOf(absl::string_view address) const;

  std::vector<std::string> local_domains_;
  std::vector<Row> rows_;
  // By name in lower case, to the row: of users and plain aliases without, of qualified ones
  // with the domain; of wildcards the domain.
  absl::flat_hash_map<std::string, size_t> users_, plain_, qualified_, wildcard_;
  std::vector<std::string> warnings_;
};

}  // namespace postern::sender
