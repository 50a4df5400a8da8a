#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/managesieve/script_storage.h"

namespace postern::rules::managesieve {

inline constexpr char kAnn[] = "ann@example.org";
inline constexpr char kAnnsPassword[] = "abcde-fghij-kmnpq-rstuv";

// Scripts in memory, of one user. A script with WRONG in it has two errors, one with WARN two
// warnings.
class FakeStorage final : public ScriptStorage {
 public:
  net::Task<absl::StatusOr<crypto::ScramVerifier>> VerifierOf(std::string user) override {
    if (away) co_return absl::UnavailableError("redis: no answer");
    const crypto::Secret right(password), other("nobody-knows");
    co_return crypto::MakeScramVerifier(user == kAnn ? right : other, "a salt", 2);
  }
  std::vector<ListedScript> List(const std::string& user) const override {
    std::vector<ListedScript> listed;
    if (user != kAnn) return listed;
    for (const auto& [name, source] : scripts)
      listed.push_back({name, name == active, name == active && suspended});
    return listed;
  }
  absl::StatusOr<std::string> Get(const std::string&, const std::string& name) const override {
    const auto found = scripts.find(name);
    if (found == scripts.end()) return absl::NotFoundError("");
    return found->second;
  }
  Room RoomFor(const std::string&, const std::string& name, size_t bytes) const override {
    if (bytes > most_bytes) return Room::kTooLarge;
    return scripts.size() < 3 || scripts.contains(name) ? Room::kEnough : Room::kTooManyScripts;
  }
  net::Task<absl::StatusOr<std::vector<std::string>>> Put(std::string, std::string name,
                                                          std::string source) override {
    if (away) co_return absl::UnavailableError("redis: no answer");
    const std::string file = name.empty() ? "script" : name;
    std::vector<std::string> warnings;
    if (absl::StrContains(source, "WRONG"))
      co_return absl::InvalidArgumentError(
          absl::StrCat(file, ":1:1: there is no WRONG\n", file, ":2:1: \"here\", too"));
    if (absl::StrContains(source, "WARN"))
      warnings = {absl::StrCat(file, ":1:1: a"), absl::StrCat(file, ":2:1: b")};
    if (!name.empty()) scripts[name] = std::move(source);
    co_return warnings;
  }
  net::Task<absl::Status> Activate(std::string, std::string name) override {
    if (!name.empty() && !scripts.contains(name)) co_return absl::NotFoundError("");
    active = std::move(name);
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> Rename(std::string, std::string name, std::string new_name) override {
    if (!scripts.contains(name)) co_return absl::NotFoundError("");
    if (scripts.contains(new_name)) co_return absl::AlreadyExistsError("");
    if (active == name) active = new_name;
    scripts[new_name] = std::exchange(scripts[name], "");
    scripts.erase(name);
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> Remove(std::string, std::string name) override {
    if (!scripts.contains(name)) co_return absl::NotFoundError("");
    if (active == name) co_return absl::FailedPreconditionError("it is in force");
    scripts.erase(name);
    co_return absl::OkStatus();
  }

  std::map<std::string, std::string> scripts;
  std::string active;
  std::string password = kAnnsPassword;
  size_t most_bytes = 1024;
  bool suspended = false, away = false;
};

}  // namespace postern::rules::managesieve
