#include "services/xmpp-edge/password_handover.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience(5);  // of one call
constexpr seconds kGiveUpAfter(12);
constexpr milliseconds kPause(500);

// One call, as rpc::Call makes it; its copy of the password goes with it.
template <class Async, class Request, class Response>
net::Task<absl::Status> Hold(Async* async,
                             void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                                   rpc::Done),
                             std::string account_id, const crypto::Secret& password) {
  struct Pending {
    ~Pending() { crypto::Wipe(*request.mutable_password()); }
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto pending = std::make_shared<Pending>();
  pending->request.set_account_id(account_id);
  pending->request.set_password(password.Reveal());
  rpc::Prepare(pending->context, kPatience);
  std::function<void(rpc::Done)> start = [async, method, pending](rpc::Done done) {
    (async->*method)(&pending->context, &pending->request, &pending->response,
                     [pending, done = std::move(done)](grpc::Status status) { done(status); });
  };
  const grpc::Status status = co_await rpc::AwaitDone(pending->context, std::move(start));
  co_return rpc::FromGrpc(status);
}

net::Task<absl::Status> HoldOnce(const FeatureContext& context, const admin::v1::Account& account,
                                 const crypto::Secret& password) {
  if (account.type() == admin::v1::ACCOUNT_TYPE_IMAP ||
      account.type() == admin::v1::ACCOUNT_TYPE_POP3) {
    co_return co_await Hold(
        context.fetcher.async(),
        &fetcher::v1::FetcherService::StubInterface::async_interface::HoldPassword, account.id(),
        password);
  }
  co_return co_await Hold(context.sender.async(),
                          &sender::v1::SenderService::StubInterface::async_interface::HoldPassword,
                          account.id(), password);
}

bool IsWorthAnother(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsUnavailable(status) ||
         absl::IsDeadlineExceeded(status);
}

}  // namespace

net::Task<absl::Status> HandOverPassword(FeatureContext context, AccountDirectory::Account account,
                                         crypto::Secret password) {
  const auto give_up = std::chrono::steady_clock::now() + kGiveUpAfter;
  absl::Status held = co_await HoldOnce(context, *account, password);
  while (IsWorthAnother(held) && std::chrono::steady_clock::now() < give_up) {
    co_await net::Sleep(kPause);
    held = co_await HoldOnce(context, *account, password);
  }
  co_return held;
}

}  // namespace postern::xmpp_edge
