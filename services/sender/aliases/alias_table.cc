#include "services/sender/aliases/alias_table.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"

namespace postern::sender {

std::vector<AliasTable::Entry> AliasTable::Entries() const {
  std::vector<Entry> entries;
  for (const Row& row : rows_) {
    if (!row.targets.empty() || row.copy) entries.push_back({row.name, row.targets, row.copy});
  }
  return entries;
}
namespace {

struct Parts {
  absl::string_view local, domain;
};

// A quoted local part may hold an "@" of its own: the last one counts.
Parts Split(absl::string_view address) {
  const size_t at = address.rfind('@');
  if (at == address.npos) return {address, {}};
  return {address.substr(0, at), address.substr(at + 1)};
}

absl::Status TooMany() {
  return words::Error(absl::StatusCode::kResourceExhausted,
                      words::Word("these addresses stand for more than $0 recipients here; write "
                                  "to fewer of them at a time",
                                  kMaxExpanded));
}

}  // namespace

// Expands the recipients of one mail.
class AliasWalk {
 public:
  explicit AliasWalk(const AliasTable& table) : table_(table) {}

  absl::StatusOr<Expansion> Go(const std::vector<std::string>& recipients);

 private:
  // False: there are too many.
  bool Visit(const std::string& address, size_t depth);
  bool AddCopies();

  const AliasTable& table_;
  absl::flat_hash_set<std::string> seen_;
  std::vector<std::string> found_;  // of the walk that is under way
  std::vector<AliasCopy> wanted_;   // by the users that were met
  bool among_copies_ = false;
  Expansion expansion_;
};

absl::StatusOr<Expansion> AliasWalk::Go(const std::vector<std::string>& recipients) {
  for (const std::string& address : recipients) {
    if (!Visit(address, 0)) return TooMany();
  }
  expansion_.recipients = std::exchange(found_, {});
  if (!AddCopies()) return TooMany();
  return std::move(expansion_);
}

bool AliasWalk::Visit(const std::string& address, size_t depth) {
  // Who was met once is done, as an alias or as a recipient.
  if (!seen_.insert(table_.KeyOf(address)).second) return true;
  const AliasTable::Match match = table_.Find(address);
  if (match.row == nullptr || match.user || depth > kMaxAliasDepth) {
    if (found_.size() + expansion_.recipients.size() + expansion_.copies.size() == kMaxExpanded) {
      return false;
    }
    found_.push_back(address);
    if (match.user && match.row->copy && !among_copies_) wanted_.push_back(*match.row->copy);
    return true;
  }
  for (const std::string& target : match.row->targets) {
    if (!Visit(AliasTable::AddressOf(target, match.domain), depth + 1)) return false;
  }
  return true;
}

bool AliasWalk::AddCopies() {
  among_copies_ = true;  // a duplicate is never duplicated again
  // Whole copies first: who gets one needs no header alone.
  std::stable_sort(wanted_.begin(), wanted_.end(), [](const AliasCopy& a, const AliasCopy& b) {
    return a.headers_only < b.headers_only;
  });
  for (const AliasCopy& copy : wanted_) {
    found_.clear();
    if (!Visit(copy.address, 0)) return false;
    for (std::string& address : found_) {
      expansion_.copies.push_back({std::move(address), copy.headers_only});
    }
    found_.clear();
  }
  return true;
}

absl::StatusOr<Expansion> AliasTable::Expand(const std::vector<std::string>& recipients) const {
  if (empty()) return Expansion{recipients, {}};
  return AliasWalk(*this).Go(recipients);
}

bool AliasTable::IsLocal(absl::string_view domain) const {
  return std::find(local_domains_.begin(), local_domains_.end(), domain) != local_domains_.end();
}

std::string AliasTable::KeyOf(absl::string_view address) const {
  const Parts parts = Split(address);
  const std::string domain = absl::AsciiStrToLower(parts.domain);
  if (IsLocal(domain)) return absl::AsciiStrToLower(address);
  return absl::StrCat(parts.local, "@", domain);
}

std::string AliasTable::AddressOf(absl::string_view target, absl::string_view domain) {
  if (target.find('@') != target.npos) return std::string(target);
  return absl::StrCat(target, "@", domain);
}

// A user, else an address's own alias, else a plain one, else that of its whole domain.
AliasTable::Match AliasTable::Find(absl::string_view address) const {
  const Parts parts = Split(address);
  const std::string local = absl::AsciiStrToLower(parts.local);
  const std::string domain = absl::AsciiStrToLower(parts.domain);
  const bool ours = IsLocal(domain);
  Match match;
  match.domain = ours ? domain : local_domains_.front();
  const auto take = [&](const auto& index, const std::string& name) {
    const auto found = index.find(name);
    if (found == index.end()) return false;
    match.row = &rows_[found->second];
    return true;
  };
  if (ours && take(users_, local)) {
    match.user = true;
    return match;
  }
  if (take(qualified_, absl::StrCat(local, "@", domain))) return match;
  if (ours && take(plain_, local)) return match;
  take(wildcard_, domain);
  return match;
}

}  // namespace postern::sender
