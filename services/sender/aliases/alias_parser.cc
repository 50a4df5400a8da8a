#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/sender/aliases/alias_table.h"
#include "services/sender/operator_file.h"

namespace postern::sender {
namespace {

constexpr size_t kMaxLocalBytes = 64, kMaxDomainBytes = 253;
constexpr size_t kMaxTargets = 500;
// What would have to be quoted in an address, or separates something.
constexpr char kNotInNames[] = " \t\"(),:;<>@[\\]";

bool IsLocalPart(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxLocalBytes && text.front() != '.' &&
         text.back() != '.' && text.find_first_of(kNotInNames) == text.npos;
}

bool IsDomain(absl::string_view text) {
  if (text.empty() || text.size() > kMaxDomainBytes) return false;
  if (text.front() == '.' || text.back() == '.' || absl::StrContains(text, "..")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || (c & 0x80) != 0;
  });
}

bool IsAddress(absl::string_view text) {
  const size_t at = text.find('@');
  return at != text.npos && IsLocalPart(text.substr(0, at)) && IsDomain(text.substr(at + 1));
}

// The domain of an address in lower case, as envelopes have it.
std::string Tidy(absl::string_view target) {
  const size_t at = target.find('@');
  if (at == target.npos) return std::string(target);
  return absl::StrCat(target.substr(0, at), absl::AsciiStrToLower(target.substr(at)));
}

}  // namespace

// Looks for aliases that lead back to themselves, or too far. Every name is looked at once.
class AliasCheck {
 public:
  AliasCheck(const AliasTable& table, FileProblems& problems)
      : table_(table), problems_(problems) {}

  void Go() {
    std::vector<std::pair<size_t, std::string>> starts;  // in the file's order
    for (const auto& [name, row] : table_.plain_) {
      for (const std::string& domain : table_.local_domains_) starts.emplace_back(row, domain);
    }
    for (const auto& [name, row] : table_.qualified_) starts.emplace_back(row, DomainOf(name));
    for (const auto& [domain, row] : table_.wildcard_) starts.emplace_back(row, OursOr(domain));
    std::sort(starts.begin(), starts.end());
    for (const auto& [row, domain] : starts) Follow({&table_.rows_[row], domain});
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    for (auto& [line, problem] : found_) problems_.Add(std::move(problem));
  }

 private:
  using Step = std::pair<const AliasTable::Row*, std::string>;  // and the domain of local names

  std::string DomainOf(const std::string& address) const {
    return OursOr(address.substr(address.find('@') + 1));
  }
  std::string OursOr(const std::string& domain) const {
    return table_.IsLocal(domain) ? domain : table_.local_domains_.front();
  }

  // How many aliases follow each other from here on; nothing when that can't be said.
  std::optional<size_t> Follow(const Step& step) {
    const auto known = lengths_.find(step);
    if (known != lengths_.end()) return known->second;
    const auto met = std::find(path_.begin(), path_.end(), step);
    if (met != path_.end()) {
      Complain(met, step, "alias loop ");
      return std::nullopt;
    }
    if (path_.size() == kMaxAliasDepth) return TooDeep(step);
    path_.push_back(step);
    size_t length = 1;
    bool sound = true;
    for (const std::string& target : step.first->targets) {
      const std::string address = AliasTable::AddressOf(target, step.second);
      const AliasTable::Match match = table_.Find(address);
      if (match.row == nullptr || match.user) continue;
      const auto behind = Follow({match.row, match.domain});
      sound = sound && behind.has_value();
      if (behind) length = std::max(length, *behind + 1);
    }
    path_.pop_back();
    if (sound && path_.size() + length > kMaxAliasDepth) sound = TooDeep(step).has_value();
    const auto answer = sound ? std::optional(length) : std::nullopt;
    lengths_[step] = answer;
    return answer;
  }

  std::optional<size_t> TooDeep(const Step& step) {
    Complain(path_.begin(), step,
             absl::StrCat("more than ", kMaxAliasDepth, " aliases lead to each other: "));
    return std::nullopt;
  }

  void Complain(std::vector<Step>::const_iterator from, const Step& last, absl::string_view what) {
    std::vector<absl::string_view> names;
    for (auto step = from; step != path_.cend(); ++step) names.push_back(step->first->name);
    names.push_back(last.first->name);
    const size_t line = path_.empty() ? last.first->line : from->first->line;
    if (!told_.insert(path_.empty() ? last.first : from->first).second) return;
    found_.emplace_back(line, absl::StrCat(line, ":1: ", what, absl::StrJoin(names, "->")));
  }

  const AliasTable& table_;
  FileProblems& problems_;
  std::vector<Step> path_;
  absl::flat_hash_map<Step, std::optional<size_t>> lengths_;  // of those dealt with
  absl::flat_hash_set<const AliasTable::Row*> told_;
  std::vector<std::pair<size_t, std::string>> found_;
};

class AliasParser {
 public:
  explicit AliasParser(const std::vector<std::string>& local_domains) {
    for (const std::string& domain : local_domains) {
      if (!IsDomain(domain)) problems_.Add(absl::StrCat("'", domain, "' is not a domain"));
      table_.local_domains_.push_back(absl::AsciiStrToLower(domain));
    }
    if (local_domains.empty()) problems_.Add("no local domain is named");
  }

  absl::StatusOr<AliasTable> Read(absl::string_view text) {
    if (text.size() > kMaxAliasBytes) {
      problems_.Add(absl::StrCat("1:1: the file may have at most ", kMaxAliasBytes, " bytes"));
    }
    if (!problems_.empty()) return problems_.Told();
    for (const FileLine& line : LinesOf(text)) {
      const absl::string_view trimmed = absl::StripAsciiWhitespace(line.text);
      if (trimmed.empty() || trimmed.front() == '#' || problems_.HoldsControls(line)) continue;
      if (table_.rows_.size() == kMaxAliasEntries) {
        problems_.Add(line, line.text,
                      absl::StrCat("there may be at most ", kMaxAliasEntries, " entries"));
        break;
      }
      line_ = line;
      ReadEntry();
    }
    Warn();
    if (problems_.empty()) AliasCheck(table_, problems_).Go();
    if (!problems_.empty()) return problems_.Told();
    return std::move(table_);
  }

 private:
  void ReadEntry() {
    fields_ = absl::StrSplit(line_.text, ',');
    for (size_t i = 0; i < fields_.size(); ++i) fields_[i] = absl::StripAsciiWhitespace(fields_[i]);
    if (fields_.size() < 2)
      return Wrong(fields_[0], "must be NAME,TYPE,… with a type u, f, r or a");
    if (fields_[1] == "a") return ReadAlias();
    if (fields_[1] == "u" || fields_[1] == "f" || fields_[1] == "r") return ReadUser();
    Wrong(fields_[1], "bad type: must be u, f or r for a user, a for an alias");
  }

  // The password is looked at only to see that there is one.
  void ReadUser() {
    if (!IsLocalPart(fields_[0])) {
      return Wrong(fields_[0], "the user's name must be a mailbox without a domain, like fred");
    }
    if (fields_.size() < 3 || fields_[2].empty()) {
      return Wrong(line_.text.substr(line_.text.size()), "missing password");
    }
    if (fields_.size() > 4) {
      return Wrong(fields_[4], "a user has at most four fields; a password can't hold a comma");
    }
    AliasTable::Row row;
    if (fields_.size() == 4 && !ReadCopy(fields_[3], row)) return;
    Enter(table_.users_, absl::AsciiStrToLower(fields_[0]), std::move(row));
  }

  bool ReadCopy(absl::string_view text, AliasTable::Row& row) {
    AliasCopy copy;
    copy.headers_only = absl::ConsumePrefix(&text, "!");
    if (!IsAddress(text)) {
      Wrong(text, IsJabber(text) ? kNotYet : "copies must go to an address, like boss@example.net");
      return false;
    }
    copy.address = Tidy(text);
    row.copy = std::move(copy);
    return true;
  }

  void ReadAlias() {
    AliasTable::Row row;
    for (size_t i = 2; i < fields_.size(); ++i) {
      const absl::string_view target = fields_[i];
      if (IsJabber(target)) return Wrong(target, kNotYet);
      if (!IsLocalPart(target) && !IsAddress(target)) {
        return Wrong(target, "must be a mailbox here (ann) or an address (ann@example.net)");
      }
      row.targets.push_back(Tidy(target));
    }
    if (row.targets.empty()) {
      return Wrong(line_.text.substr(line_.text.size()), "the alias leads nowhere: name a target");
    }
    if (row.targets.size() > kMaxTargets) {
      return Wrong(fields_[2 + kMaxTargets],
                   absl::StrCat("an alias may have at most ", kMaxTargets, " targets"));
    }
    EnterAlias(std::move(row));
  }

  void EnterAlias(AliasTable::Row row) {
    absl::string_view name = fields_[0];
    const std::string folded = absl::AsciiStrToLower(name);
    if (IsLocalPart(name) && name.front() != '*') {
      return Enter(table_.plain_, folded, std::move(row));
    }
    absl::ConsumePrefix(&name, "*");
    if (absl::ConsumePrefix(&name, "@") && IsDomain(name)) {
      return Enter(table_.wildcard_, absl::AsciiStrToLower(name), std::move(row));
    }
    if (IsAddress(fields_[0])) return Enter(table_.qualified_, folded, std::move(row));
    Wrong(fields_[0],
          "an alias must be like sales, sales@example.net, *@example.net or @example.net");
  }

  // The first line of a name counts.
  void Enter(absl::flat_hash_map<std::string, size_t>& index, std::string key,
             AliasTable::Row row) {
    const auto [entry, is_new] = index.try_emplace(std::move(key), table_.rows_.size());
    if (!is_new) {
      return Warn(line_.number,
                  absl::StrCat("this name stands in line ", table_.rows_[entry->second].line,
                               " already, which counts"));
    }
    row.name = std::string(fields_[0]);
    row.line = line_.number;
    table_.rows_.push_back(std::move(row));
  }

  void Warn() {
    for (const auto& [name, row] : table_.plain_) {
      if (table_.users_.contains(name)) {
        Warn(table_.rows_[row].line, "there is a user of this name, who gets the mail");
      }
    }
    std::sort(warnings_.begin(), warnings_.end());
    for (const auto& [line, text] : warnings_) {
      table_.warnings_.push_back(absl::StrCat(line, ":1: ", text));
    }
  }
  void Warn(size_t line, std::string text) { warnings_.emplace_back(line, std::move(text)); }

  void Wrong(absl::string_view at, absl::string_view reason) { problems_.Add(line_, at, reason); }

  static bool IsJabber(absl::string_view target) {
    return absl::StartsWithIgnoreCase(target, "xmpp:");
  }
  static constexpr char kNotYet[] = "mail can't be sent to Jabber addresses by an alias yet";

  AliasTable table_;
  FileProblems problems_;
  FileLine line_;
  std::vector<absl::string_view> fields_;
  std::vector<std::pair<size_t, std::string>> warnings_;
};

absl::StatusOr<AliasTable> AliasTable::Parse(absl::string_view text,
                                             const std::vector<std::string>& local_domains) {
  return AliasParser(local_domains).Read(text);
}

}  // namespace postern::sender
