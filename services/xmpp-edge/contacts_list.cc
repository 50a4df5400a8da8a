#include "services/xmpp-edge/contacts_list.h"

#include <chrono>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {
namespace {

using Async = rules::v1::RulesService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kRetryPause{2};

uint64_t HashOf(const std::string& user, const std::string& address) {
  return absl::Hash<std::pair<std::string, std::string>>()({user, address});
}

// Nothing gets better by saying it again: the list is full, or this is no address for it.
bool IsRefused(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status);
}

}  // namespace

ContactsList::ContactsList(FeatureContext context, net::Duration gather)
    : context_(std::move(context)), gather_(gather), work_(context_.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        // The rules service forgets what it was told of who goes.
        if (after == nullptr && !context_.directory.Has(before->owner())) told_.clear();
      });
}

void ContactsList::Heard(const std::string& user, const mail::Address& address, bool there) {
  std::string spec = address.Spec();
  // Who goes and comes back at once has to be told again.
  if (!there) told_.erase(HashOf(user, spec));
  const auto waiting = news_.find(user);
  const bool waits = waiting != news_.end() && waiting->second.contains(spec);
  if (there && !waits && told_.contains(HashOf(user, spec))) return;
  if (!waits && waiting_ >= kMaxWaiting) return;
  News& news = news_[user];
  if (news.insert_or_assign(std::move(spec), there).second) ++waiting_;
  work_.Notify();
}

net::Task<void> ContactsList::Keep() {
  while (true) {
    if (news_.empty()) {
      co_await work_.Wait();
      co_await net::Sleep(gather_);
      continue;
    }
    auto first = news_.extract(news_.begin());
    waiting_ -= first.mapped().size();
    // Who has no account has no rules that could ask.
    if (context_.directory.ready() && !context_.directory.Has(first.key())) continue;
    const absl::Status told = co_await Tell(first.key(), first.mapped());
    if (told.ok()) continue;
    if (IsRefused(told)) {
      log::Warn("the list of a user's contacts was not changed",
                {{"user", first.key()}, {"error", told.message()}});
      continue;
    }
    PutBack(first.key(), std::move(first.mapped()));
    co_await net::Sleep(kRetryPause);
  }
}

net::Task<absl::Status> ContactsList::Tell(std::string user, const News& news) {
  rules::v1::ChangeListRequest request;
  request.set_user(user);
  request.set_list(kName);
  for (const auto& [address, there] : news) {
    there ? request.add_add(address) : request.add_remove(address);
  }
  auto answer =
      co_await rpc::Call(context_.rules.async(), &Async::ChangeList, std::move(request), kPatience);
  if (!answer.ok()) co_return answer.status();
  if (told_.size() > kMaxTold) told_.clear();
  for (const auto& [address, there] : news) {
    there ? (void)told_.insert(HashOf(user, address)) : (void)told_.erase(HashOf(user, address));
  }
  co_return absl::OkStatus();
}

// What has been heard meanwhile is newer.
void ContactsList::PutBack(const std::string& user, News news) {
  News& now = news_[user];
  for (auto& [address, there] : news) {
    if (now.emplace(address, there).second) ++waiting_;
  }
}

}  // namespace postern::xmpp_edge
