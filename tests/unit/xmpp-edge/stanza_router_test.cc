#include "services/xmpp-edge/stanza_router.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "lib/net/event.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/fake_directory.h"
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
  testing::LoneDirectory lone;
  Interpreter interpreter{"en", lone.directory};
  StanzaRouter router{"gw.example", sink, tasks, interpreter};
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

TEST_F(StanzaRouterTest, ARefusalIsSaidInTheLanguageOfTheStanza) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  for (size_t i = 0; i <= StanzaRouter::kMaxWaitingOfUser; ++i) {
    Element message = Message("ann@a.example", std::to_string(i));
    router.Route(message.Set("xml:lang", "es"));
  }
  Settle();
  ASSERT_EQ(sink.sent.size(), 1u);
  EXPECT_EQ(sink.sent[0].Child("error")->ChildText("text"),
            "Demasiado a la vez; inténtelo de nuevo en un momento.");
}

TEST_F(StanzaRouterTest, EveryStanzaWithAHandlerIsHeard) {
  std::vector<std::string> heard;
  router.OnAny([&](const Incoming& i) { heard.push_back(i.stanza.name + " " + i.lang); });
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  Element message = Message("ann@a.example", "1");
  router.Route(message.Set("xml:lang", "de"));
  router.Route(Message("ann@gw.example", "from ourselves"));
  Settle();
  EXPECT_EQ(heard, std::vector<std::string>{"message de"});
}

TEST_F(StanzaRouterTest, APresenceWithoutRoomIsReported) {
  std::vector<std::string> lost;
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  router.OnPresenceLost([&](const std::string& user) { lost.push_back(user); });
  for (size_t i = 0; i < StanzaRouter::kMaxWaitingOfUser; ++i) {
    router.Route(Message("ann@a.example", std::to_string(i)));
  }
  router.Route(MakeStanza("presence", "ann@a.example/x", "gw.example", "unavailable"));
  router.Route(MakeStanza("presence", "bob@a.example/x", "gw.example"));
  Settle();
  EXPECT_EQ(lost, std::vector<std::string>{"ann@a.example"});
  EXPECT_TRUE(sink.sent.empty());
}

TEST_F(StanzaRouterTest, TooManyBytesOfOneUserAreRefusedAndOthersServed) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  const std::string text(1536 * 1024, 'x');
  for (int i = 0; i < 6; ++i) {
    Element message = Message("ann@a.example", std::to_string(i));
    message.AddText("body", text);
    router.Route(std::move(message));
  }
  router.Route(Message("bob@a.example", "b"));
  Settle();
  ASSERT_EQ(sink.sent.size(), 1u);
  EXPECT_EQ(sink.sent[0].Attr("id"), "5");
  EXPECT_NE(sink.sent[0].Child("error")->Child("resource-constraint"), nullptr);
  EXPECT_EQ(started.back(), "bob@a.example b");
  for (int i = 0; i < 5; ++i) {
    gate.Notify();
    Settle();
  }
  Element message = Message("ann@a.example", "6");
  message.AddText("body", text);
  router.Route(std::move(message));
  Settle();
  EXPECT_EQ(started.back(), "ann@a.example 6") << "what is done counts no more";
}

TEST_F(StanzaRouterTest, ManyTinyElementsCountAsWhatTheyTakeInMemory) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  Element message = Message("ann@a.example", "1");
  for (int i = 0; i < 100'000; ++i) message.Add(MakeElement("a"));
  router.Route(std::move(message));
  Settle();
  EXPECT_TRUE(started.empty());
  ASSERT_EQ(sink.sent.size(), 1u);
}

TEST_F(StanzaRouterTest, AllUsersTogetherAreBounded) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  const std::string text(1536 * 1024, 'x');
  size_t taken = 0;
  for (int i = 0; i < 60; ++i) {
    Element message = Message(std::to_string(i) + "@a.example", "1");
    message.AddText("body", text);
    router.Route(std::move(message));
    Settle();
    taken = started.size();
  }
  EXPECT_EQ(taken, StanzaRouter::kMaxBytes / text.size());
  EXPECT_EQ(sink.sent.size(), 60 - taken);
}

TEST_F(StanzaRouterTest, OnlyItsHandlerHoldsAStanza) {
  const Element* handled = nullptr;
  router.OnMessage([&](Incoming i) {
    handled = i.stanza.children.data();
    return HandleMessage(std::move(i));
  });
  Element message = Message("ann@a.example", "1");
  message.AddText("password", "secret");
  const Element* given = message.children.data();
  router.Route(std::move(message));
  Settle();
  EXPECT_EQ(handled, given) << "a copy would outlive the wiping of what it says";
}

TEST_F(StanzaRouterTest, WhoWaitsAtTheEndIsToldAndWorkMayEnd) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  router.Route(Message("ann@a.example", "1"));
  router.Route(Message("ann@a.example", "2"));
  Settle();
  tasks.Spawn("close", router.Close(std::chrono::seconds(5)));
  Settle();
  router.Route(Message("bob@a.example", "3"));
  Settle();
  ASSERT_EQ(sink.sent.size(), 2u);
  for (const Element& answer : sink.sent) {
    EXPECT_EQ(answer.Child("error")->Attr("type"), "wait");
    EXPECT_NE(answer.Child("error")->Child("service-unavailable"), nullptr);
  }
  EXPECT_EQ(sink.sent[0].Attr("id"), "2");
  EXPECT_EQ(sink.sent[1].Attr("id"), "3");
  EXPECT_EQ(tasks.size(), 2u) << "closing waits for the one at work";
  gate.Notify();
  io.restart();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_EQ(started.size(), 1u);
}

TEST_F(StanzaRouterTest, WorkThatDoesNotEndIsNotWaitedForLong) {
  router.OnMessage([this](Incoming i) { return HandleMessage(std::move(i)); });
  router.Route(Message("ann@a.example", "1"));
  testing::Await(io, router.Close(std::chrono::milliseconds(30)));
  EXPECT_TRUE(sink.sent.empty());
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
