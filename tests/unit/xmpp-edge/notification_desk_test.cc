// What rules show: notifications, mails in other forms, at once, and to other people.

#include "services/xmpp-edge/notification_desk.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>

#include "absl/strings/match.h"
#include "services/xmpp-edge/delivery_desk.h"
#include "services/xmpp-edge/jid.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/xmpp-edge/fake_directory.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {
namespace {

using testing::Await;

// A server that has something to say before it confirms.
struct AnsweringSink : testing::RecordingSink {
  net::Task<absl::Status> Barrier() override {
    if (before_barrier) before_barrier();
    return RecordingSink::Barrier();
  }
  std::function<void()> before_barrier;
};

struct NotificationDeskTest : ::testing::Test {
  NotificationDeskTest() { lone.directory.Apply(testing::WorkAccount()); }

  edge::v1::NotifyRequest Request(const std::string& id, const std::string& to) {
    edge::v1::NotifyRequest request;
    request.set_notification_id(id);
    request.set_to(to);
    request.set_headline(true);
    request.set_body("A <b> & c");
    request.set_urgency("high");
    return request;
  }
  absl::Status Notify(const edge::v1::NotifyRequest& request) {
    return Await(io, notifications.Notify(request));
  }
  absl::StatusOr<edge::v1::DeliverResponse> Deliver(const edge::v1::Delivery& delivery) {
    edge::v1::DeliverRequest request;
    request.set_account_id("a1");
    request.set_mode(edge::v1::DELIVERY_MODE_FULL);
    *request.add_deliveries() = delivery;
    return Await(io, desk.Deliver(request));
  }
  edge::v1::Delivery Mail(const std::string& id) {
    edge::v1::Delivery delivery;
    delivery.set_delivery_id(id);
    delivery.mutable_mail()->set_subject("about");
    delivery.mutable_mail()->set_text("the text");
    delivery.mutable_mail()->set_size(3000);
    return delivery;
  }

  boost::asio::io_context io;
  testing::RedisServer redis_server;
  std::unique_ptr<store::RedisClient> redis =
      *store::RedisClient::Create(io.get_executor(), redis_server.url());
  AnsweringSink sink;
  testing::LoneDirectory lone;
  PresenceSessions sessions{*redis};
  ThreadStore threads{*redis};
  DeliveryLog log{*redis};
  Interpreter interpreter{"en", lone.directory};
  DeliveryDesk desk{"gw.example", sink, lone.directory, interpreter, sessions, threads, log};
  NotificationDesk notifications{"gw.example", sink, lone.directory, interpreter, log};
};

TEST_F(NotificationDeskTest, ANotificationIsAHeadlineOfTheGatewayAndComesOnce) {
  ASSERT_TRUE(Notify(Request("n1", "eve@b.example")).ok());
  ASSERT_TRUE(Notify(Request("n1", "eve@b.example")).ok());
  ASSERT_EQ(sink.sent.size(), 1u);
  const Element& message = sink.sent[0];
  EXPECT_EQ(message.Attr("type"), "headline");
  EXPECT_EQ(message.Attr("from"), "gw.example");
  EXPECT_EQ(message.Attr("id"), "n1");
  EXPECT_EQ(message.ChildText("body"), "A <b> & c");
  const Element* headers = message.Child("headers", "http://jabber.org/protocol/shim");
  ASSERT_NE(headers, nullptr);
  EXPECT_EQ(headers->children.at(0).Attr("name"), "Urgency");
  EXPECT_EQ(headers->children.at(0).text, "high");
  EXPECT_EQ(sink.barriers, 1);
}

TEST_F(NotificationDeskTest, WhatIsSentBackAtOnceIsRefusedAndMayBeTriedAgain) {
  const auto send_back = [this](const std::string& id, const std::string& from,
                                const std::string& condition) {
    const Element sent = MakeStanza("message", "gw.example", from, "chat", id);
    notifications.Hear(ErrorAnswer(sent, "cancel", condition));
  };
  sink.before_barrier = [&] {
    send_back("n1", "eve@b.example", "service-unavailable");
    send_back("n2", "mallory@b.example", "item-not-found");  // it was none of theirs
    send_back("n3", "eve@b.example", "Bad condition<");
  };
  const auto notify = [&](const std::string& id) {
    return Await(io, notifications.NotifyUnlessRefused(Request(id, "eve@b.example")));
  };
  const absl::Status refused = notify("n1");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(),
            "the server sent it back: service-unavailable (there is no such user, or none who "
            "takes messages)");
  EXPECT_EQ(notify("n2"), absl::OkStatus());
  EXPECT_EQ(notify("n3").message(), "the server sent it back: error");
  EXPECT_EQ(Notify(Request("n3", "eve@b.example")), absl::OkStatus()) << "who does not ask";
  sink.before_barrier = nullptr;
  EXPECT_EQ(notify("n1"), absl::OkStatus());
  EXPECT_EQ(sink.sent.size(), 5u) << "n1 and n3 were sent again: they were not recorded";
  EXPECT_EQ(notify("n1"), absl::OkStatus());
  EXPECT_EQ(sink.sent.size(), 5u);
}

TEST_F(NotificationDeskTest, WordToAnOwnerComesFromTheContactOfTheAccount) {
  edge::v1::NotifyRequest request;
  request.set_notification_id("n1");
  request.set_to("bob@a.example");
  request.set_account("work");
  request.mutable_wording()->set_text("A rule went wrong, and did nothing with the mail: $0");
  request.mutable_wording()->add_arguments("line 3");
  ASSERT_TRUE(Notify(request).ok());
  ASSERT_EQ(sink.sent.size(), 1u);
  EXPECT_EQ(sink.sent[0].Attr("type"), "chat");
  EXPECT_EQ(sink.sent[0].Attr("from"), "work@gw.example");
  EXPECT_EQ(sink.sent[0].ChildText("body"),
            "A rule went wrong, and did nothing with the mail: line 3");
}

TEST_F(NotificationDeskTest, AddressesOfTheGatewayAreNotNotifiedForThatWouldBeMail) {
  for (const char* to :
       {"ann\\40x.org@gw.example", "gw.example", "x.gw.example", "", "a@b/c", "@"}) {
    SCOPED_TRACE(to);
    EXPECT_EQ(Notify(Request("n1", to)).code(), absl::StatusCode::kInvalidArgument);
  }
  edge::v1::NotifyRequest urgent = Request("n1", "eve@b.example");
  urgent.set_urgency("<x/>");
  EXPECT_EQ(Notify(urgent).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(sink.sent.empty());
}

TEST_F(NotificationDeskTest, AnInstantMessageComesFromTheContactOfItsSender) {
  edge::v1::NotifyRequest request;
  request.set_notification_id("im-1");
  request.set_to("eve@b.example");
  request.set_from("o'brien@x.org");
  request.set_body("hi");
  request.set_chat(true);
  ASSERT_TRUE(Notify(request).ok());
  EXPECT_EQ(sink.sent.at(0).Attr("type"), "chat");
  EXPECT_EQ(sink.sent.at(0).Attr("from"), "o\\27brien\\40x.org@gw.example");
  EXPECT_NE(sink.sent.at(0).Child("store", "urn:xmpp:hints"), nullptr);
  for (const std::string& wrong : {std::string("nobody"), std::string(1100, 'x') + "@x.org"}) {
    request.set_notification_id("im-2");
    request.set_from(wrong);
    EXPECT_EQ(Notify(request).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(sink.sent.size(), 1u);
}

TEST_F(NotificationDeskTest, UrgentMailComesWhateverThePresence) {
  edge::v1::Delivery mail = Mail("m1");
  EXPECT_EQ(Deliver(mail)->results(0), edge::v1::DELIVERY_RESULT_HELD) << "bob is offline";
  mail.set_urgent(true);
  EXPECT_EQ(Deliver(mail)->results(0), edge::v1::DELIVERY_RESULT_DELIVERED);
  EXPECT_EQ(sink.sent.size(), 1u);
}

TEST_F(NotificationDeskTest, TheHeaderAloneLeavesTheTextInTheMailbox) {
  edge::v1::Delivery mail = Mail("m1");
  mail.set_urgent(true);
  mail.set_headers_only(true);
  ASSERT_TRUE(Deliver(mail).ok());
  const std::string body = sink.sent.at(0).ChildText("body");
  EXPECT_TRUE(absl::StrContains(body, "Subject: about")) << body;
  EXPECT_FALSE(absl::StrContains(body, "the text")) << body;
  EXPECT_TRUE(absl::EndsWith(body, "(its text is in your mailbox: 3 KB)")) << body;
}

TEST_F(NotificationDeskTest, SomebodyElseGetsAMailFromTheGatewayIfTheyHaveAnAccountHere) {
  admin::v1::Account other = testing::WorkAccount();
  other.set_id("a2");
  other.set_owner("carol@a.example");
  lone.directory.Apply(other);
  edge::v1::Delivery mail = Mail("m1");
  mail.set_urgent(true);
  mail.set_to("carol@a.example");
  ASSERT_TRUE(Deliver(mail).ok());
  EXPECT_EQ(sink.sent.at(0).Attr("to"), "carol@a.example");
  EXPECT_EQ(sink.sent.at(0).Attr("from"), "gw.example");
  mail.set_delivery_id("m2");
  mail.set_to("eve@a.example");
  EXPECT_EQ(Deliver(mail).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sink.sent.size(), 1u);
}

}  // namespace
}  // namespace postern::xmpp_edge
