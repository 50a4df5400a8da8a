#include "services/rules/managesieve/limits.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::rules::managesieve {
namespace {

void Release(absl::flat_hash_map<std::string, size_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace

std::string NetworkOf(absl::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  in6_addr parsed{};
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) return text;
  std::memset(parsed.s6_addr + 8, 0, 8);
  char written[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &parsed, written, sizeof written);
  return absl::StrCat(written, "/64");
}

Limits::Share& Limits::Share::operator=(Share&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  limits_ = std::exchange(other.limits_, nullptr);
  kind_ = other.kind_;
  name_ = std::move(other.name_);
  count_ = other.count_;
  return *this;
}

void Limits::Share::Drop() {
  Limits* const limits = std::exchange(limits_, nullptr);
  if (limits == nullptr) return;
  switch (kind_) {
    case Kind::kConnection:
      --limits->connections_;
      if (!name_.empty()) Release(limits->by_address_, name_);
      return;
    case Kind::kLogin:
      return Release(limits->by_user_, name_);
    case Kind::kBytes:
      limits->bytes_ -= count_;
  }
}

Limits::Share Limits::Connect(absl::string_view address, bool trusted) {
  if (connections_ >= options_.connections) return {};
  std::string name = trusted ? "" : NetworkOf(address);
  if (!trusted) {
    const auto found = by_address_.find(name);
    if (found != by_address_.end() && found->second >= options_.connections_per_address) return {};
    ++by_address_[name];
  }
  ++connections_;
  return Share(*this, Share::Kind::kConnection, std::move(name), 1);
}

Limits::Share Limits::LogIn(const std::string& user) {
  const auto found = by_user_.find(user);
  if (found != by_user_.end() && found->second >= options_.logins_per_user) return {};
  ++by_user_[user];
  return Share(*this, Share::Kind::kLogin, user, 1);
}

Limits::Share Limits::Hold(size_t bytes) {
  if (bytes > options_.script_bytes - std::min(bytes_, options_.script_bytes)) return {};
  bytes_ += bytes;
  return Share(*this, Share::Kind::kBytes, "", bytes);
}

Limits::Tally& Limits::TallyOf(Tallies& tallies, const std::string& name, absl::Time now) {
  if (tallies.size() >= kMostTallies && !tallies.contains(name)) {
    absl::erase_if(tallies, [now](const auto& entry) { return entry.second.until <= now; });
    // Somebody has that many addresses: to remember none costs less than to shut all out.
    if (tallies.size() >= kMostTallies) tallies.clear();
  }
  Tally& tally = tallies[name];
  if (tally.until <= now) tally = {0, now + options_.window};
  return tally;
}

bool Limits::Try(absl::string_view address, bool trusted, const std::string& user, absl::Time now) {
  Tally& of_user = TallyOf(user_failures_, user, now);
  Tally& of_address = TallyOf(address_failures_, NetworkOf(address), now);
  if (of_user.failures >= options_.failures_per_user) return false;
  if (!trusted && of_address.failures >= options_.failures_per_address) return false;
  ++of_user.failures;
  ++of_address.failures;
  return true;
}

void Limits::TakeBack(absl::string_view address, const std::string& user) {
  const auto reduce = [](Tallies& tallies, const std::string& name) {
    const auto found = tallies.find(name);
    if (found != tallies.end() && found->second.failures > 0) --found->second.failures;
  };
  reduce(user_failures_, user);
  reduce(address_failures_, NetworkOf(address));
}

}  // namespace postern::rules::managesieve
