#include "services/xmpp-edge/stanza_router.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "lib/net/event.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {
namespace {

struct StanzaRouterTest : ::testing::Test {
  void Settle() {
    io.restart();
    io.poll();
  }
  net::Task<void> HandleMessage(Incoming incoming) {
    started.push_back(incoming.from.Bare() + " " + std::string(incoming.stanza.Attr("id")));
    co_await gate.Wait();
  }
  net::Task<Element> HandleIq(Incoming incoming) { co_return IqResult(incoming.stanza); }

  static Element Message(const std::string& from, const std::string& id) {
    return MakeStanza("message", from, "work@gw.example", "chat", id);
  }

  boost::asio::io_context io;
  testing::RecordingSink sink;
  net::TaskGroup tasks{io.get_executor()};
  net::Event gate{io.get_executor()};
  std::vector<std::string> started;
  StanzaRouter router{"gw.example", sink, tasks};
};

TEST_F(StanzaRouterTest, StanzasOfOneUserRunInOrderAndNoUserWaitsForAnother) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  router.Route(Message("ann@a.example/x", "1"));
  router.Route(Message("ann@a.example/y", "2"));
  router.Route(Message("bob@a.example/x", "3"));
  Settle();
  EXPECT_EQ(started, (std::vector<std::string>{"ann@a.example 1", "bob@a.example 3"}));
  gate.Notify();
  Settle();
  EXPECT_EQ(started.back(), "ann@a.example 2");
  gate.Notify();
  Settle();
  EXPECT_EQ(tasks.size(), 0u);
}

TEST_F(StanzaRouterTest, TooManyWaitingOfOneUserAreRefusedAndOthersServed) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  for (size_t i = 0; i < StanzaRouter::kMaxWaitingOfUser + 3; ++i) {
    router.Route(Message("ann@a.example", std::to_string(i)));
  }
  router.Route(Message("bob@a.example", "b"));
  Settle();
  ASSERT_EQ(sink.sent.size(), 3u);
  EXPECT_NE(sink.sent[0].Child("error")->Child("resource-constraint"), nullptr);
  EXPECT_EQ(started.back(), "bob@a.example b");
}

TEST_F(StanzaRouterTest, IqsAreAnsweredByTheTable) {
  router.OnIq("get", "known", [this](Incoming i) { return HandleIq(std::move(i)); });
  const struct {
    const char *name, *type, *ns, *answer;
  } cases[] = {
      {"known", "get", "known", "result"},       {"unknown namespace", "get", "unknown", "error"},
      {"not for set", "set", "known", "error"},  {"result", "result", "known", ""},
      {"error", "error", "known", ""},           {"no payload", "get", "", "error"},
      {"no such type", "put", "known", "error"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Element iq = MakeStanza("iq", "ann@a.example/x", "gw.example", c.type, "1");
    if (*c.ns != '\0') iq.Add(MakeElement("query", c.ns));
    router.Route(iq);
    Settle();
    ASSERT_EQ(sink.sent.size(), *c.answer == '\0' ? 0u : 1u);
    if (!sink.sent.empty()) {
      EXPECT_EQ(sink.sent[0].Attr("type"), c.answer);
    }
    sink.sent.clear();
  }
}

TEST_F(StanzaRouterTest, NothingIsSaidToErrorsStrangeAddressesOrOurselves) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  router.Route(MakeStanza("message", "ann@a.example", "gw.example", "error", "1"));
  router.Route(MakeStanza("presence", "ann@a.example", "gw.example", "error"));
  router.Route(MakeStanza("message", "work@gw.example", "gw.example", "chat"));
  router.Route(MakeStanza("message", "ann@a.example", "other.example", "chat"));
  router.Route(MakeStanza("message", "", "gw.example", "chat"));
  router.Route(MakeElement("stream:features"));
  Settle();
  EXPECT_TRUE(started.empty());
  EXPECT_TRUE(sink.sent.empty());
}

}  // namespace
}  // namespace postern::xmpp_edge
