// Mails for the edge, as fast as it takes them: one caller for each account, as the
// fetcher has one watcher for each.
//
//   bench_deliver EDGE_ADDR MAILS BODY_BYTES ACCOUNT_ID...     (MAILS of each account)
//
// Prints the seconds that it took until the edge had confirmed the last.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/unary.h"
#include "postern/edge/v1/edge.grpc.pb.h"

namespace postern {
namespace {

using std::chrono::seconds;

constexpr int kAtOnce = 32;  // edge.proto

edge::v1::DeliverRequest Batch(const std::string& account, int first, int count, int body_bytes) {
  edge::v1::DeliverRequest request;
  request.set_account_id(account);
  request.set_mode(edge::v1::DELIVERY_MODE_FULL);
  for (int i = first; i < first + count; ++i) {
    edge::v1::Delivery& delivery = *request.add_deliveries();
    delivery.set_delivery_id(crypto::RandomId(32));
    mail::v1::Mail& mail = *delivery.mutable_mail();
    mail.set_message_id(absl::StrCat(delivery.delivery_id(), "@elsewhere.test"));
    mail.set_subject(absl::StrCat("bench mail ", i));
    mail::v1::Address& from = *mail.add_from();
    from.set_local_part("ann");
    from.set_domain("elsewhere.test");
    mail.set_text(std::string(body_bytes, 'x'));
  }
  return request;
}

net::Task<void> DeliverAll(edge::v1::EdgeService::StubInterface& edge, std::string account,
                           int mails, int body_bytes) {
  for (int done = 0; done < mails;) {
    const int count = std::min(kAtOnce, mails - done);
    edge::v1::DeliverRequest request = Batch(account, done, count, body_bytes);
    auto answer = co_await rpc::Call(
        edge.async(), &edge::v1::EdgeService::StubInterface::async_interface::Deliver,
        std::move(request), seconds(30));
    if (!answer.ok()) {
      std::cerr << account << ": " << answer.status() << "\n";
      std::exit(1);
    }
    done += count;
  }
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  using namespace postern;
  if (argc < 5) {
    std::cerr << "usage: bench_deliver EDGE_ADDR MAILS BODY_BYTES ACCOUNT_ID...\n";
    return 2;
  }
  boost::asio::io_context io;
  auto edge = edge::v1::EdgeService::NewStub(
      grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 4; i < argc; ++i) {
    auto work = DeliverAll(*edge, argv[i], std::atoi(argv[2]), std::atoi(argv[3]));
    boost::asio::co_spawn(io, std::move(work), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
  }
  io.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << took.count() << std::endl;
  std::_Exit(0);  // gRPC 1.51 may abort when its last queue goes
}
