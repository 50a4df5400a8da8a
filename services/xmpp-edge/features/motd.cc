#include "services/xmpp-edge/features/motd.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"

namespace postern::xmpp_edge {

namespace {

constexpr std::chrono::milliseconds kPause(10), kRetryPause(1000);
// Who has no account any more is told again after that, should they come back.
constexpr char kTtlSeconds[] = "31536000";  // a year

std::string Key(absl::string_view user) {
  return absl::StrCat("postern:session:motd:{", user, "}");
}

}  // namespace

Motd::Motd(FeatureContext context) : context_(std::move(context)), work_(context_.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        if (after == nullptr && !context_.directory.Has(before->owner())) {
          settled_.erase(before->owner());
        }
      });
}

void Motd::Arrived(const std::string& user) {
  if (hash_.empty() || settled_.contains(user)) return;
  due_.insert(user);
  work_.Notify();
}

void Motd::SiteChanged() {
  const std::string& text = context_.site.current().motd();
  const std::string hash = text.empty() ? "" : crypto::Sha256Hex(text).substr(0, 32);
  if (hash == hash_) return;
  hash_ = hash;
  due_.clear();
  failed_.clear();
  settled_.clear();
  for (const auto& [user, session] : context_.sessions.all()) Arrived(user);
}

net::Task<void> Motd::Tell() {
  while (true) {
    if (due_.empty() && failed_.empty()) {
      co_await work_.Wait();
      continue;
    }
    if (due_.empty()) due_.swap(failed_);
    std::string user = *due_.begin();
    due_.erase(user);
    // Who is gone again, or not yet heard of on this link, arrives another time.
    if (!context_.directory.Has(user) || context_.sessions.ConfirmedJids(user).empty()) continue;
    const std::string hash = hash_;
    const absl::Status told = co_await TellOne(user, context_.site.current().motd(), hash);
    if (hash != hash_) continue;  // the newer one has made everybody due
    if (told.ok()) {
      settled_.insert(std::move(user));
      continue;
    }
    log::Debug("message of the day not told", {{"user", user}, {"reason", told.message()}});
    if (context_.sink.IsUp()) failed_.insert(std::move(user));
    co_await net::Sleep(kRetryPause);
  }
}

net::Task<absl::Status> Motd::TellOne(std::string user, std::string text, std::string hash) {
  std::vector<std::string> ask = {"GET", Key(user)};
  auto known = co_await context_.redis.Command(std::move(ask));
  if (!known.ok()) co_return known.status();
  if (known->text == hash) co_return absl::OkStatus();
  // Under the same id when it is told again because Redis did not learn of it.
  const std::string id = crypto::Sha256Hex(absl::StrCat("motd\n", user, "\n", hash)).substr(0, 32);
  Element message = MakeStanza("message", context_.domain, user, "chat", id);
  message.AddText("body", text);
  message.Add(MakeElement("store", "urn:xmpp:hints"));
  if (absl::Status sent = co_await context_.sink.Send(std::move(message)); !sent.ok()) {
    co_return sent;
  }
  if (absl::Status taken = co_await context_.sink.Barrier(); !taken.ok()) co_return taken;
  std::vector<std::string> keep = {"SET", Key(user), hash, "EX", kTtlSeconds};
  auto kept = co_await context_.redis.Command(std::move(keep));
  co_await net::Sleep(kPause);
  co_return kept.status();
}

}  // namespace postern::xmpp_edge
