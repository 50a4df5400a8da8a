#include "services/fetcher/replicas.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "lib/net/deadline.h"
#include "lib/net/event.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

using Calls = v1::FetcherService::StubInterface::async_interface;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kForwardLimit{1'000};
constexpr seconds kBetweenGifts{1};
constexpr int kMaxGifts = 20;  // a member that is dead is no member by then
// A new member is given the passwords by so many of those who hold them.
constexpr size_t kGivers = 2;

void WipeSecrets(v1::HoldPasswordRequest& request) { crypto::Wipe(*request.mutable_password()); }
template <class Request>
void WipeSecrets(Request&) {}

// rpc::Call from fetcher to fetcher: marked, and without patience, for a member may be dead
// though it is listed. The request's password is wiped with it.
template <class Request, class Response>
net::Task<absl::StatusOr<Response>> Forward(std::shared_ptr<v1::FetcherService::StubInterface> stub,
                                            void (Calls::*method)(grpc::ClientContext*,
                                                                  const Request*, Response*,
                                                                  rpc::Done),
                                            Request request) {
  struct Pending {
    ~Pending() { WipeSecrets(request); }
    std::shared_ptr<v1::FetcherService::StubInterface> stub;
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto pending = std::make_shared<Pending>();
  pending->stub = std::move(stub);
  pending->request.Swap(&request);
  pending->context.set_deadline(std::chrono::system_clock::now() + kForwardLimit);
  pending->context.AddMetadata(kForwardedMark, "1");
  std::function<void(rpc::Done)> start = [method, pending](rpc::Done done) {
    (pending->stub->async()->*method)(
        &pending->context, &pending->request, &pending->response,
        [pending, done = std::move(done)](grpc::Status status) { done(status); });
  };
  const grpc::Status status = co_await rpc::AwaitDone(pending->context, std::move(start));
  if (!status.ok()) co_return rpc::FromGrpc(status);
  co_return std::move(pending->response);
}

void NoteSilence(const Member& member, const char* what, const absl::Status& status) {
  log::Warn("another fetcher did not answer",
            {{"fetcher", member.address},
             {"call", what},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
}

bool NamesNoHost(const std::string& address) {
  return absl::StartsWith(address, "0.0.0.0:") || absl::StartsWith(address, "[::]:") ||
         absl::StartsWith(address, "*:");
}

}  // namespace

Replicas::Replicas(boost::asio::any_io_executor executor, Ownership& ownership,
                   const AccountBook& accounts, crypto::PasswordKeeper& passwords, Open open)
    : executor_(executor),
      ownership_(ownership),
      accounts_(accounts),
      passwords_(passwords),
      open_(std::move(open)),
      group_(executor) {}

// --- who they are -------------------------------------------------------------------

void Replicas::OthersChanged(const std::vector<Member>& others) {
  std::vector<std::string> ids = {me().id};
  absl::btree_map<std::string, Peer> before = std::exchange(peers_, {});
  for (const Member& other : others) {
    ids.push_back(other.id);
    const auto known = before.find(other.id);
    if (known != before.end()) {
      peers_.insert(std::move(*known));
      continue;
    }
    log::Info("another fetcher shares the accounts", {{"fetcher", other.address}});
    if (NamesNoHost(other.address)) {
      log::Error("a fetcher can't be reached by the others: it needs --advertise HOST:PORT",
                 {{"fetcher", other.address}});
    }
    auto channel = open_(other.address);
    if (!channel.ok()) {
      NoteSilence(other, "connect", channel.status());
      continue;
    }
    peers_[other.id] = Peer{other, v1::FetcherService::NewStub(*channel)};
  }
  for (const auto& [id, peer] : before) {
    if (!peers_.contains(id)) log::Info("a fetcher is gone", {{"fetcher", peer.member.address}});
  }
  std::sort(ids.begin(), ids.end());
  const size_t before_me = std::find(ids.begin(), ids.end(), me().id) - ids.begin();
  for (const auto& [id, peer] : peers_) {
    if (before.contains(id)) continue;
    // Among those who were there before it.
    const size_t rank = before_me - (id < me().id ? 1 : 0);
    if (rank < kGivers) GiveLater(peer);
  }
}

// --- side by side -------------------------------------------------------------------

namespace {

struct Gathering {
  explicit Gathering(boost::asio::any_io_executor executor) : done(executor) {}
  net::Event done;
  size_t left = 0;
};

net::Task<void> Counted(net::Task<void> task, std::shared_ptr<Gathering> gathering) {
  co_await std::move(task);
  if (--gathering->left == 0) gathering->done.Notify();
}

}  // namespace

net::Task<void> Replicas::Together(std::vector<net::Task<void>> tasks) {
  if (tasks.empty()) co_return;
  auto gathering = std::make_shared<Gathering>(executor_);
  gathering->left = tasks.size();
  for (net::Task<void>& task : tasks) {
    group_.Spawn("tell fetchers", Counted(std::move(task), gathering));
  }
  co_await gathering->done.Wait();
}

// --- checks and watches -------------------------------------------------------------

net::Task<absl::Status> Replicas::Check(std::string account_id) {
  auto owner = co_await ownership_.OwnerOf(account_id);
  if (!owner.ok()) co_return owner.status();
  const auto peer = *owner ? peers_.find((*owner)->id) : peers_.end();
  if (peer == peers_.end()) co_return absl::FailedPreconditionError("no other fetcher watches it");
  const Member member = peer->second.member;
  v1::CheckAccountRequest request;
  request.set_account_id(std::move(account_id));
  auto answer = co_await Forward(peer->second.stub, &Calls::CheckAccount, std::move(request));
  const absl::Status status = answer.status();
  // Dead, and not found to be so yet: nobody watches the account just now.
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    NoteSilence(member, "CheckAccount", status);
    co_return absl::FailedPreconditionError("the fetcher that has the account is silent");
  }
  co_return status;
}

net::Task<std::vector<v1::Watch>> Replicas::Watches(size_t limit) {
  auto watches = std::make_shared<std::vector<v1::Watch>>();
  std::vector<net::Task<void>> tasks;
  for (const auto& [id, peer] : peers_) tasks.push_back(AskOneWatches(peer, limit, watches));
  co_await Together(std::move(tasks));
  co_return std::move(*watches);
}

net::Task<void> Replicas::AskOneWatches(Peer peer, size_t limit, WatchesAsked watches) {
  v1::ListWatchesRequest request;
  auto answer = co_await Forward(peer.stub, &Calls::ListWatches, std::move(request));
  if (!answer.ok()) NoteSilence(peer.member, "ListWatches", answer.status());
  if (!answer.ok()) co_return;
  for (v1::Watch& watch : *answer->mutable_watches()) {
    if (watches->size() < limit) watches->push_back(std::move(watch));
  }
}

// --- passwords ------------------------------------------------------------------------

net::Task<void> Replicas::TellHeld(std::string account_id) {
  std::vector<net::Task<void>> tasks;
  for (const auto& [id, peer] : peers_) tasks.push_back(TellOneHeld(peer, account_id));
  co_await Together(std::move(tasks));
}

net::Task<void> Replicas::TellOneHeld(Peer peer, std::string account_id) {
  const absl::Status held = co_await Hold(peer, std::move(account_id));
  if (held.ok()) co_return;
  NoteSilence(peer.member, "HoldPassword", held);
  GiveLater(peer);
}

net::Task<absl::Status> Replicas::Hold(Peer peer, std::string account_id) {
  v1::HoldPasswordRequest request;
  {
    const crypto::Secret password = passwords_.Find(account_id);
    if (password.empty()) co_return absl::OkStatus();  // wiped, or refused, meanwhile
    request.set_password(password.Reveal());
  }
  request.set_account_id(std::move(account_id));
  auto answer = co_await Forward(peer.stub, &Calls::HoldPassword, std::move(request));
  co_return answer.status();
}

void Replicas::GiveLater(const Peer& peer) {
  if (!giving_.insert(peer.member.id).second) return;
  group_.Spawn("give passwords", GiveAll(peer));
}

net::Task<void> Replicas::GiveAll(Peer peer) {
  for (int gift = 0; gift < kMaxGifts && peers_.contains(peer.member.id); ++gift) {
    const bool all = co_await GiveOnce(peer);
    if (all) break;
    co_await net::Sleep(kBetweenGifts);
  }
  giving_.erase(peer.member.id);
}

net::Task<bool> Replicas::GiveOnce(Peer peer) {
  const std::vector<std::string> ids = accounts_.Ids([this](const Account& account) {
    return account.sealed_password.empty() && passwords_.Holds(account.id);
  });
  bool all = true;
  for (const std::string& id : ids) {
    const absl::Status held = co_await Hold(peer, id);
    // Not known there: the account is gone, or is not known there yet.
    if (!held.ok()) all = false;
    if (!held.ok() && !absl::IsNotFound(held)) co_return false;
  }
  co_return all;
}

net::Task<void> Replicas::TellRetained(v1::RetainPasswordsRequest request) {
  std::vector<net::Task<void>> tasks;
  for (const auto& [id, peer] : peers_) tasks.push_back(TellOneRetained(peer, request));
  co_await Together(std::move(tasks));
}

// Who is not told keeps a password for five minutes at most.
net::Task<void> Replicas::TellOneRetained(Peer peer, v1::RetainPasswordsRequest request) {
  auto answer = co_await Forward(peer.stub, &Calls::RetainPasswords, std::move(request));
  if (!answer.ok()) NoteSilence(peer.member, "RetainPasswords", answer.status());
}

net::Task<void> Replicas::Stop() { co_await group_.Stop(); }

}  // namespace postern::fetcher
