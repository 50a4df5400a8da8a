#pragma once

#include <grpcpp/channel.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/fetcher/account_book.h"
#include "services/fetcher/ownership.h"

namespace postern::fetcher {

// With this in a call's metadata it comes from another fetcher, and is not handed on again.
inline constexpr char kForwardedMark[] = "postern-forwarded";

// The other fetchers behind our common address. Whom a call reaches is chance; here it is
// brought to those whom it concerns. One that is dead delays no answer for more than a second.
class Replicas {
 public:
  using Open =
      std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(const std::string& address)>;
  Replicas(boost::asio::any_io_executor executor, Ownership& ownership, const AccountBook& accounts,
           crypto::PasswordKeeper& passwords, Open open);

  // As Ownership tells them. Those that are new are given the passwords that are held here.
  void OthersChanged(const std::vector<Member>& others);

  // At the fetcher that watches the account. kFailedPrecondition: that is this one, or none.
  net::Task<absl::Status> Check(std::string account_id);
  // Gives the account's password, as it is held here, to all others; those that don't take
  // it now are given it later.
  net::Task<void> TellHeld(std::string account_id);
  net::Task<void> TellRetained(v1::RetainPasswordsRequest request);
  // What the others watch, at most so many.
  net::Task<std::vector<v1::Watch>> Watches(size_t limit);

  const Member& me() const { return ownership_.me(); }
  net::Task<void> Stop();

 private:
  using Stub = v1::FetcherService::StubInterface;
  struct Peer {
    Member member;
    std::shared_ptr<Stub> stub;
  };
  using WatchesAsked = std::shared_ptr<std::vector<v1::Watch>>;

  // Runs them side by side, to the end of the last.
  net::Task<void> Together(std::vector<net::Task<void>> tasks);
  net::Task<void> TellOneHeld(Peer peer, std::string account_id);
  net::Task<void> TellOneRetained(Peer peer, v1::RetainPasswordsRequest request);
  net::Task<void> AskOneWatches(Peer peer, size_t limit, WatchesAsked watches);
  net::Task<absl::Status> Hold(Peer peer, std::string account_id);
  void GiveLater(const Peer& peer);
  net::Task<void> GiveAll(Peer peer);
  net::Task<bool> GiveOnce(Peer peer);

  boost::asio::any_io_executor executor_;
  Ownership& ownership_;
  const AccountBook& accounts_;
  crypto::PasswordKeeper& passwords_;
  const Open open_;
  absl::btree_map<std::string, Peer> peers_;  // by the id of the member
  absl::flat_hash_set<std::string> giving_;   // to whom GiveAll() runs
  net::TaskGroup group_;
};

}  // namespace postern::fetcher
