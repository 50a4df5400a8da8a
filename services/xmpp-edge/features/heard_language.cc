#include "services/xmpp-edge/features/heard_language.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::seconds;

constexpr seconds kDeadline(10);
// Two clients of one user that speak two languages write to admin no more often.
constexpr seconds kPause(60);
constexpr size_t kMaxUnderWay = 1024;
// Users who are about to register their first account.
constexpr size_t kMaxNewcomers = 256;

// What a person has just sent, or their client in their language.
bool IsHeard(const Incoming& incoming) {
  const Element& stanza = incoming.stanza;
  if (stanza.name == "message") return true;
  if (stanza.name == "presence") return stanza.Attr("type").empty();
  return stanza.Attr("type") == "set" && stanza.Child("query", "jabber:iq:register") != nullptr;
}

class HeardLanguage {
 public:
  explicit HeardLanguage(FeatureContext context) : context_(std::move(context)) {}

  void Hear(const Incoming& incoming) {
    if (incoming.lang.empty() || !IsHeard(incoming)) return;
    const std::string tag = context_.interpreter.Serving(incoming.lang);
    if (tag.empty()) return;
    const std::string user = incoming.from.Bare();
    if (context_.directory.Of(user).empty()) {
      if (incoming.stanza.name != "iq") return;
      if (newcomers_.size() >= kMaxNewcomers) newcomers_.clear();  // they will speak again
      newcomers_[user] = tag;
      return;
    }
    Learn(user, tag);
  }

  // The first account of somebody who spoke before they had one. Changes it while the
  // directory tells of it, so nobody may listen behind: features.cc.
  void AccountChanged(const AccountDirectory::Account& after) {
    const auto newcomer = after == nullptr ? newcomers_.end() : newcomers_.find(after->owner());
    if (newcomer == newcomers_.end()) return;
    const std::string tag = std::move(newcomer->second);
    newcomers_.erase(newcomer);
    Learn(after->owner(), tag);
  }

 private:
  // Which the user is known to prefer; the same in all accounts.
  admin::v1::Preferences Known(const std::string& user) const {
    const auto accounts = context_.directory.Of(user);
    return accounts.empty() ? admin::v1::Preferences() : accounts.front()->preferences();
  }

  void Learn(const std::string& user, const std::string& tag) {
    const admin::v1::Preferences known = Known(user);
    if (!known.language().empty() || known.heard_language() == tag) return;
    if (under_way_.size() >= kMaxUnderWay || !under_way_.insert(user).second) return;
    // Before admin knows: the contacts of a newcomer are about to introduce themselves.
    Apply(user, tag);
    context_.tasks.Spawn("remember language", Remember(user, tag, known.heard_language()));
  }

  net::Task<void> Remember(std::string user, std::string tag, std::string before) {
    absl::Status kept = co_await Keep(user, tag);
    if (!kept.ok()) log::Debug("language not remembered", {{"why", kept.message()}});
    // Again, for news of an account that came meanwhile may not know it.
    Apply(user, kept.ok() ? tag : before);
    co_await net::Sleep(kPause);
    under_way_.erase(user);
  }

  // Preferences are replaced as a whole: a language that the user chose meanwhile is
  // written again.
  net::Task<absl::Status> Keep(std::string user, std::string tag) {
    std::string chosen;
    do {
      chosen = Known(user).language();
      admin::v1::SetPreferencesRequest request;
      request.set_user(user);
      request.mutable_preferences()->set_language(chosen);
      request.mutable_preferences()->set_heard_language(tag);
      auto answer = co_await rpc::Call(
          context_.admin.async(),
          &admin::v1::AdminService::StubInterface::async_interface::SetPreferences,
          std::move(request), kDeadline);
      if (!answer.ok()) co_return answer.status();
    } while (Known(user).language() != chosen);
    co_return absl::OkStatus();
  }

  // Ahead of the news from admin.
  void Apply(const std::string& user, const std::string& tag) {
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      admin::v1::Account changed = *account;
      changed.mutable_preferences()->set_heard_language(tag);
      context_.directory.Apply(std::move(changed));
    }
  }

  FeatureContext context_;
  absl::flat_hash_set<std::string> under_way_;  // users
  absl::flat_hash_map<std::string, std::string> newcomers_;
};

}  // namespace

void InstallHeardLanguage(StanzaRouter& router, FeatureContext context) {
  auto feature = std::make_shared<HeardLanguage>(context);
  router.OnAny([feature](const Incoming& incoming) { feature->Hear(incoming); });
  context.directory.Listen(
      [feature](const AccountDirectory::Account&, const AccountDirectory::Account& after) {
        feature->AccountChanged(after);
      });
}

}  // namespace postern::xmpp_edge
