#include <atomic>

#include "services/xmpp-edge/xmpp_edge_service.h"
#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

// A server that takes stanzas and confirms none before it is allowed to.
struct SlowSink : testing::RecordingSink {
  explicit SlowSink(boost::asio::any_io_executor executor) : go_on(executor) {}
  net::Task<absl::Status> Barrier() override {
    co_await go_on.Wait();
    go_on.Notify();  // for the next one
    co_return absl::OkStatus();
  }
  net::Event go_on;
};

struct EdgeServiceTest : PresenceTest {
  struct Call {
    grpc::ClientContext context;
    edge::v1::DeliverRequest request;
    edge::v1::DeliverResponse response;
    grpc::Status status;
    std::atomic<bool> done = false;  // set on gRPC's thread
  };
  // A mail of `bytes` to the account.
  std::unique_ptr<Call> Deliver(edge::v1::EdgeService::Stub& edge, const std::string& account,
                                size_t bytes) {
    auto call = std::make_unique<Call>();
    call->request.set_account_id(account);
    call->request.set_mode(edge::v1::DELIVERY_MODE_FULL);
    edge::v1::Delivery& delivery = *call->request.add_deliveries();
    delivery.set_delivery_id(account);
    delivery.mutable_mail()->set_message_id("m@example.org");
    delivery.mutable_mail()->set_text(std::string(bytes, 'x'));
    edge.async()->Deliver(&call->context, &call->request, &call->response,
                          [raw = call.get()](grpc::Status status) {
                            raw->status = status;
                            raw->done = true;
                          });
    return call;
  }
  bool Ends(const Call& call) {
    for (int i = 0; i < 500 && !call.done; ++i) Await(io, net::Sleep(milliseconds(20)));
    return call.done;
  }
};

TEST_F(EdgeServiceTest, MailsThatWaitForASlowServerAreBounded) {
  for (const char* name : {"a", "b", "c"}) {
    admin::v1::Account account = BobsAccount(name);
    account.mutable_actions()->set_online(admin::v1::ACTION_FULL);
    admin.Add(account);
  }
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  SlowSink slow(io.get_executor());
  Process& p = *process;
  DeliveryLog log(*p.redis);
  DeliveryDesk desk("gw.example", slow, p.directory, p.interpreter, p.sessions, p.threads, log);
  AvailabilityFeed availability(io.get_executor());
  OutcomeReporter outcomes(FeatureContext{"gw.example", sink, p.directory, p.interpreter, p.site,
                                          p.threads, p.sessions, p.given, p.failed_trials, *stub,
                                          *no_rules, *no_sender, *no_fetcher, *p.redis, p.tasks,
                                          io.get_executor()});
  XmppEdgeService service(io.get_executor());
  NotificationDesk notifications("gw.example", slow, p.directory, p.interpreter, log);
  XmppEdgeService::Parts parts = {slow, p.feature, p.sessions,   availability,
                                  desk, outcomes,  notifications};
  service.Attach(parts);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(-1);
  const auto edge_server = builder.BuildAndStart();
  const auto edge = edge::v1::EdgeService::NewStub(edge_server->InProcessChannel({}));

  constexpr size_t kHalf = XmppEdgeService::kMaxDeliveringBytes / 2 + 1;
  const auto first = Deliver(*edge, "bob@a.example/a", kHalf);
  while (slow.sent.empty()) Await(io, net::Sleep(milliseconds(20)));
  const auto second = Deliver(*edge, "bob@a.example/b", kHalf);
  ASSERT_TRUE(Ends(*second));
  EXPECT_EQ(second->status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(first->done);
  slow.go_on.Notify();
  ASSERT_TRUE(Ends(*first));
  EXPECT_TRUE(first->status.ok()) << first->status.error_message();
  const auto third = Deliver(*edge, "bob@a.example/c", kHalf);
  ASSERT_TRUE(Ends(*third));
  EXPECT_TRUE(third->status.ok()) << "there is room again: " << third->status.error_message();
  edge_server->Shutdown();
}

}  // namespace
}  // namespace postern::xmpp_edge
