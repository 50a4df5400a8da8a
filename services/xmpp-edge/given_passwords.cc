#include "services/xmpp-edge/given_passwords.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMostUnderWay = 1024;

template <class Texts>
auto Find(Texts& texts, absl::string_view hash) {
  return std::find_if(texts.begin(), texts.end(),
                      [hash](const auto& text) { return text.hash == hash; });
}

}  // namespace

GivenPasswords::GivenPasswords(PresenceSessions& sessions, AccountDirectory& directory)
    : key_(crypto::RandomBytes(32)) {
  sessions.Listen([this](const std::string& user, const PresenceSession& session) {
    if (session.Show() == edge::v1::SHOW_OFFLINE) Forget(user);
  });
  directory.Listen(
      [this, &directory](AccountDirectory::Account before, AccountDirectory::Account after) {
        if (after == nullptr && !directory.Has(before->owner())) Forget(before->owner());
      });
}

void GivenPasswords::Remember(const admin::v1::Account& account, absl::string_view password) {
  const std::string& user = account.owner();
  given_at_[user] = std::chrono::steady_clock::now();
  std::deque<Text>& given = known_[user].given;
  Text text{Hash(user, password), account.name()};
  const auto same = Find(given, text.hash);
  if (same != given.end()) given.erase(same);
  given.push_back(std::move(text));
  if (given.size() > kMostGiven) given.pop_front();
}

std::string GivenPasswords::AccountOf(const std::string& user, absl::string_view text) const {
  const auto known = known_.find(user);
  if (known == known_.end()) return "";
  const auto found = Find(known->second.given, Hash(user, text));
  return found == known->second.given.end() ? "" : found->account;
}

void GivenPasswords::Doubt(const admin::v1::Account& account, absl::string_view text) {
  std::deque<Text>& doubtful = known_[account.owner()].doubtful;
  doubtful.push_back(Text{Hash(account.owner(), text), account.name()});
  if (doubtful.size() > kMostDoubtful) doubtful.pop_front();
}

bool GivenPasswords::IsDoubtful(const admin::v1::Account& account, absl::string_view text) const {
  const auto known = known_.find(account.owner());
  if (known == known_.end()) return false;
  const std::string hash = Hash(account.owner(), text);
  const std::deque<Text>& doubtful = known->second.doubtful;
  return std::any_of(doubtful.begin(), doubtful.end(), [&](const Text& one) {
    return one.hash == hash && one.account == account.name();
  });
}

std::vector<std::string> GivenPasswords::FreshUsers() const {
  std::vector<std::string> users;
  const auto old = std::chrono::steady_clock::now() - kFresh;
  for (const auto& [user, at] : given_at_) {
    if (at > old) users.push_back(user);
  }
  return users;
}

void GivenPasswords::Expect(const std::string& user, std::chrono::seconds how_long) {
  const auto now = std::chrono::steady_clock::now();
  absl::erase_if(expected_until_, [now](const auto& item) { return item.second < now; });
  expected_until_[user] = now + how_long;
}

bool GivenPasswords::IsExpected(const std::string& user) const {
  const auto expected = expected_until_.find(user);
  return expected != expected_until_.end() && std::chrono::steady_clock::now() < expected->second;
}

bool GivenPasswords::BeginHandOver(const std::string& account_id) {
  return under_way_.size() < kMostUnderWay && under_way_.insert(account_id).second;
}

std::string GivenPasswords::Hash(absl::string_view user, absl::string_view text) const {
  std::string keyed = absl::StrCat(key_.Reveal(), user, "\n", text);
  std::string hash = crypto::Sha256Hex(keyed);
  crypto::Wipe(keyed);
  return hash;
}

void GivenPasswords::Forget(const std::string& user) {
  known_.erase(user);
  given_at_.erase(user);
}

}  // namespace postern::xmpp_edge
