#include "services/xmpp-edge/component_link.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "lib/net/task_group.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/jabber_server.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Await;

// One component against a real Prosody.
struct Component {
  Component(boost::asio::io_context& io, uint16_t port, const std::string& domain,
            const std::string& secret = "sesame", milliseconds idle = seconds(30),
            milliseconds patience = seconds(5))
      : changed(io.get_executor()),
        link(
            io.get_executor(), MakeSettings(port, domain, secret, idle, patience),
            [this](Element stanza) {
              got.push_back(std::move(stanza));
              changed.Notify();
            },
            [this](bool) { changed.Notify(); }),
        tasks(io.get_executor()) {
    tasks.Spawn("link", link.Run());
  }

  static ComponentLink::Settings MakeSettings(uint16_t port, const std::string& domain,
                                              const std::string& secret, milliseconds idle,
                                              milliseconds patience) {
    ComponentLink::Settings settings;
    settings.host = "127.0.0.1";
    settings.port = port;
    settings.domain = domain;
    settings.secret = secret;
    settings.idle = idle;
    settings.patience = patience;
    return settings;
  }

  // Waits until `done`; false after 8 s.
  net::Task<bool> Until(std::function<bool()> done) {
    for (int tries = 0; tries < 400; ++tries) {
      if (done()) co_return true;
      (void)co_await changed.WaitFor(milliseconds(20));
    }
    co_return false;
  }

  net::Event changed;
  std::vector<Element> got;
  ComponentLink link;
  net::TaskGroup tasks;
};

class ComponentLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::JabberServer::Installed()) GTEST_SKIP() << "prosody is not installed";
    server = std::make_unique<testing::JabberServer>();
  }
  bool ComesUp(Component& component) {
    return Await(io, component.Until([&] { return component.link.IsUp(); }));
  }

  boost::asio::io_context io;
  std::unique_ptr<testing::JabberServer> server;
};

TEST_F(ComponentLinkTest, StanzasOfOneComponentReachAnotherWholeAndInOrder) {
  Component mail(io, server->component_port(), "mail.localhost");
  Component news(io, server->component_port(), "news.localhost");
  ASSERT_TRUE(ComesUp(mail));
  ASSERT_TRUE(ComesUp(news));

  const std::string text = "a < b && \"c\" > 'd' ]]> \xC3\xA4\nline\ttab \x01\xFF end";
  for (int i = 0; i < 500; ++i) {
    Element message = MakeStanza("message", "ann@mail.localhost", "bob@news.localhost", "chat",
                                 std::to_string(i));
    message.Set("xml:lang", "de").AddText("body", text);
    message.Add(MakeElement("store", "urn:xmpp:hints"));
    ASSERT_TRUE(Await(io, mail.link.Send(message)).ok());
  }
  ASSERT_TRUE(Await(io, news.Until([&] { return news.got.size() == 500; }))) << news.got.size();
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(news.got[i].Attr("id"), std::to_string(i));
    EXPECT_EQ(news.got[i].ChildText("body"), SanitizeXmlText(text));
  }
  EXPECT_EQ(news.got[0].Attr("xml:lang"), "de");
  EXPECT_NE(news.got[0].Child("store", "urn:xmpp:hints"), nullptr);
}

TEST_F(ComponentLinkTest, TheBarrierComesBackAfterWhatWasWrittenBefore) {
  Component mail(io, server->component_port(), "mail.localhost");
  Component news(io, server->component_port(), "news.localhost");
  ASSERT_TRUE(ComesUp(mail));
  ASSERT_TRUE(ComesUp(news));
  for (int round = 0; round < 3; ++round) {
    const Element message = MakeStanza("message", "mail.localhost", "news.localhost", "chat");
    ASSERT_TRUE(Await(io, mail.link.Send(message)).ok());
    const absl::Status barrier = Await(io, mail.link.Barrier());
    EXPECT_TRUE(barrier.ok()) << barrier;
  }
  EXPECT_TRUE(mail.got.empty()) << "barriers are not for the router";
}

TEST_F(ComponentLinkTest, ALargeStanzaIsRefusedHereAndTheStreamLivesOn) {
  Component mail(io, server->component_port(), "mail.localhost");
  ASSERT_TRUE(ComesUp(mail));
  Element message = MakeStanza("message", "mail.localhost", "news.localhost", "chat");
  message.AddText("body", std::string(ComponentLink::kMaxStanzaBytes, 'x'));
  EXPECT_EQ(Await(io, mail.link.Send(message)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Await(io, mail.link.Barrier()).ok());
}

TEST_F(ComponentLinkTest, AWrongSecretIsToldInWords) {
  Component mail(io, server->component_port(), "mail.localhost", "wrong");
  EXPECT_TRUE(Await(io, mail.Until([&] {
    return mail.link.why_down().find("refused the secret") != std::string::npos;
  }))) << mail.link.why_down();
  EXPECT_FALSE(mail.link.IsUp());
}

TEST_F(ComponentLinkTest, ASecondComponentOfThatNameIsTold) {
  Component first(io, server->component_port(), "mail.localhost");
  ASSERT_TRUE(ComesUp(first));
  Component second(io, server->component_port(), "mail.localhost");
  EXPECT_TRUE(Await(io, second.Until([&] {
    return second.link.why_down().find("another component is connected") != std::string::npos;
  }))) << second.link.why_down();
  EXPECT_TRUE(first.link.IsUp());
}

TEST_F(ComponentLinkTest, SendAndBarrierFailWhileTheServerIsAwayAndWorkAfterIt) {
  Component mail(io, server->component_port(), "mail.localhost");
  ASSERT_TRUE(ComesUp(mail));
  server->Kill();
  ASSERT_TRUE(Await(io, mail.Until([&] { return !mail.link.IsUp(); })));
  const Element message = MakeStanza("message", "mail.localhost", "news.localhost", "chat");
  EXPECT_EQ(Await(io, mail.link.Send(message)).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Await(io, mail.link.Barrier()).code(), absl::StatusCode::kUnavailable);
  server->Start();
  ASSERT_TRUE(ComesUp(mail));
  EXPECT_TRUE(Await(io, mail.link.Barrier()).ok());
}

TEST_F(ComponentLinkTest, ASilentServerIsFoundOut) {
  Component mail(io, server->component_port(), "mail.localhost", "sesame", milliseconds(100),
                 milliseconds(200));
  ASSERT_TRUE(ComesUp(mail));
  server->Freeze();
  EXPECT_TRUE(Await(io, mail.Until([&] { return !mail.link.IsUp(); })));
  server->Thaw();
  EXPECT_TRUE(ComesUp(mail));
}

TEST_F(ComponentLinkTest, AFloodWaitsInsteadOfFillingMemory) {
  Component mail(io, server->component_port(), "mail.localhost");
  ASSERT_TRUE(ComesUp(mail));
  server->Freeze();
  Element message = MakeStanza("message", "mail.localhost", "news.localhost", "chat");
  message.AddText("body", std::string(100'000, 'x'));
  constexpr int kStanzas = 80;  // more than the kernel's buffers hold
  int sent = 0;
  struct Flood {
    static net::Task<void> Run(ComponentLink& link, Element message, int& sent) {
      for (int i = 0; i < kStanzas; ++i) {
        if ((co_await link.Send(message)).ok()) ++sent;
      }
    }
  };
  mail.tasks.Spawn("flood", Flood::Run(mail.link, message, sent));
  Await(io, net::Sleep(milliseconds(300)));
  EXPECT_LT(sent, kStanzas);
  server->Thaw();
  EXPECT_TRUE(Await(io, mail.Until([&] { return sent == kStanzas; }))) << sent;
}

TEST_F(ComponentLinkTest, CloseEndsTheStreamAndDoesNotConnectAgain) {
  Component mail(io, server->component_port(), "mail.localhost");
  ASSERT_TRUE(ComesUp(mail));
  Await(io, mail.link.Close());
  EXPECT_FALSE(mail.link.IsUp());
  Await(io, net::Sleep(milliseconds(700)));
  EXPECT_FALSE(mail.link.IsUp());
}

TEST(ComponentLinkWithoutServer, ARefusedConnectionIsToldInWords) {
  boost::asio::io_context io;
  Component mail(io, 1, "mail.localhost");
  EXPECT_TRUE(Await(io, mail.Until([&] {
    return mail.link.why_down().find("Connection refused") != std::string::npos;
  }))) << mail.link.why_down();
}

}  // namespace
}  // namespace postern::xmpp_edge
