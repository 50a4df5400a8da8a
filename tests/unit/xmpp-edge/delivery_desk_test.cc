#include "services/xmpp-edge/delivery_desk.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "services/xmpp-edge/presence_contacts.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/xmpp-edge/fake_directory.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {
namespace {

using testing::Await;
using Results = std::vector<int>;

constexpr int kDelivered = edge::v1::DELIVERY_RESULT_DELIVERED;
constexpr int kDuplicate = edge::v1::DELIVERY_RESULT_DUPLICATE;
constexpr int kHeld = edge::v1::DELIVERY_RESULT_HELD;

struct DeliveryDeskTest : ::testing::Test {
  DeliveryDeskTest() { lone.directory.Apply(testing::WorkAccount()); }

  void BobIs(edge::v1::Show show) {
    (void)Await(io, sessions.SetAvailable(*ParseJid("bob@a.example/x"), show));
  }
  absl::StatusOr<Results> Deliver(std::vector<std::string> ids,
                                  edge::v1::DeliveryMode mode = edge::v1::DELIVERY_MODE_FULL,
                                  const std::string& account = "a1") {
    edge::v1::DeliverRequest request;
    request.set_account_id(account);
    request.set_mode(mode);
    for (const std::string& id : ids) {
      edge::v1::Delivery& delivery = *request.add_deliveries();
      delivery.set_delivery_id(id);
      delivery.set_mail_ref("7:" + id);
      delivery.mutable_mail()->set_message_id(id + "@example.org");
      delivery.mutable_mail()->set_subject("about " + id);
    }
    auto response = Await(io, desk.Deliver(request));
    if (!response.ok()) return response.status();
    return Results(response->results().begin(), response->results().end());
  }
  std::vector<std::string> SentIds() {
    std::vector<std::string> ids;
    for (const Element& stanza : sink.sent) ids.emplace_back(stanza.Attr("id"));
    return ids;
  }

  boost::asio::io_context io;
  testing::RedisServer redis_server;
  std::unique_ptr<store::RedisClient> redis =
      *store::RedisClient::Create(io.get_executor(), redis_server.url());
  testing::RecordingSink sink;
  testing::LoneDirectory lone;
  PresenceSessions sessions{*redis};
  ThreadStore threads{*redis};
  DeliveryLog log{*redis};
  Interpreter interpreter{"en", lone.directory};
  DeliveryDesk desk{"gw.example", sink, lone.directory, interpreter, sessions, threads, log};
};

TEST_F(DeliveryDeskTest, AMailIsWrittenOnceAndRemembered) {
  BobIs(edge::v1::SHOW_ONLINE);
  EXPECT_EQ(*Deliver({"m1", "m2"}), (Results{kDelivered, kDelivered}));
  EXPECT_EQ(*Deliver({"m1", "m3", "m3"}), (Results{kDuplicate, kDelivered, kDuplicate}));
  EXPECT_EQ(SentIds(), (std::vector<std::string>{"m1", "m2", "m3"}));
  EXPECT_EQ(sink.barriers, 2) << "one round trip for a batch";
  EXPECT_EQ(sink.sent[0].Attr("from"), "work@gw.example");
  EXPECT_EQ(sink.sent[0].Attr("to"), "bob@a.example");

  const auto thread = Await(io, threads.ByStanza("bob@a.example", "m2"));
  ASSERT_TRUE(thread.ok() && thread->has_value());
  EXPECT_EQ((*thread)->message_id, "m2@example.org");
  EXPECT_EQ((*thread)->account_id, "a1");
  EXPECT_EQ((*thread)->mail_ref, "7:m2");
  EXPECT_FALSE((*thread)->is_own);
}

TEST_F(DeliveryDeskTest, PresenceDecidesWhatIsDelivered) {
  const struct {
    edge::v1::Show show;
    int full, digest;
  } cases[] = {
      {edge::v1::SHOW_CHAT, kDelivered, kHeld},
      {edge::v1::SHOW_AWAY, kHeld, kDelivered},
  };
  EXPECT_EQ(*Deliver({"off"}), Results{kHeld}) << "offline";
  for (const auto& c : cases) {
    SCOPED_TRACE(c.show);
    BobIs(c.show);
    const std::string n = std::to_string(c.show);
    EXPECT_EQ(*Deliver({"f" + n}), Results{c.full});
    EXPECT_EQ(*Deliver({"d" + n}, edge::v1::DELIVERY_MODE_DIGEST), Results{c.digest});
  }
}

TEST_F(DeliveryDeskTest, WhatWasDeliveredIsADuplicateEvenWhenHeldNow) {
  BobIs(edge::v1::SHOW_ONLINE);
  EXPECT_EQ(*Deliver({"m1"}), Results{kDelivered});
  BobIs(edge::v1::SHOW_AWAY);
  EXPECT_EQ(*Deliver({"m1", "m2"}), (Results{kDuplicate, kHeld}));
}

TEST_F(DeliveryDeskTest, MailsComeInTheUsersLanguage) {
  admin::v1::Account account = testing::WorkAccount();
  account.mutable_preferences()->set_heard_language("ru");
  lone.directory.Apply(account);
  BobIs(edge::v1::SHOW_ONLINE);
  EXPECT_EQ(*Deliver({"m1"}), Results{kDelivered});
  EXPECT_EQ(sink.sent[0].ChildText("body"),
            "От: (без отправителя)\nТема: about m1\n\n(без текста)");
  BobIs(edge::v1::SHOW_AWAY);
  EXPECT_EQ(*Deliver({"m2"}, edge::v1::DELIVERY_MODE_DIGEST), Results{kDelivered});
  EXPECT_EQ(sink.sent[1].ChildText("body"), "1 новое письмо\n\n1. (без отправителя)\n   about m2");
}

TEST_F(DeliveryDeskTest, ADigestIsOneMessageForAll) {
  BobIs(edge::v1::SHOW_DND);
  EXPECT_EQ(*Deliver({"m1", "m2", "m3"}, edge::v1::DELIVERY_MODE_DIGEST),
            (Results{kDelivered, kDelivered, kDelivered}));
  ASSERT_EQ(sink.sent.size(), 1u);
  EXPECT_NE(sink.sent[0].ChildText("body").find("3 new mails"), std::string::npos);
  EXPECT_EQ(*Deliver({"m2", "m4"}, edge::v1::DELIVERY_MODE_DIGEST),
            (Results{kDuplicate, kDelivered}));
  EXPECT_NE(sink.sent[1].ChildText("body").find("1 new mail\n"), std::string::npos);
  const auto newest = Await(io, threads.Newest("bob@a.example", "work@gw.example", 2));
  ASSERT_EQ(newest->size(), 2u);
  EXPECT_EQ((*newest)[0].message_id, "m4@example.org");
}

TEST_F(DeliveryDeskTest, ACrashBetweenWritingAndRecordingDoublesUnderTheSameId) {
  BobIs(edge::v1::SHOW_ONLINE);
  sink.barrier_works = false;  // written, but the process never hears of it
  EXPECT_EQ(Deliver({"m1"}).status().code(), absl::StatusCode::kUnavailable);
  sink.barrier_works = true;
  EXPECT_EQ(*Deliver({"m1"}), Results{kDelivered});
  EXPECT_EQ(SentIds(), (std::vector<std::string>{"m1", "m1"}));
  BobIs(edge::v1::SHOW_AWAY);
  sink.sent.clear();
  sink.barrier_works = false;
  (void)Deliver({"m2", "m3"}, edge::v1::DELIVERY_MODE_DIGEST);
  sink.barrier_works = true;
  (void)Deliver({"m2", "m3", "m4"}, edge::v1::DELIVERY_MODE_DIGEST);
  ASSERT_EQ(sink.sent.size(), 3u) << "the digest that was begun, then the one of newer mail";
  EXPECT_EQ(SentIds()[0], SentIds()[1]);
  EXPECT_EQ(sink.sent[0].ChildText("body"), sink.sent[1].ChildText("body"));
  EXPECT_NE(SentIds()[1], SentIds()[2]);
  EXPECT_EQ(sink.sent[2].ChildText("body").find("about m2"), std::string::npos);
}

TEST_F(DeliveryDeskTest, NothingIsDeliveredWhileTheLinkOrRedisIsDown) {
  BobIs(edge::v1::SHOW_ONLINE);
  sink.up = false;
  EXPECT_EQ(Deliver({"m1"}).status().code(), absl::StatusCode::kUnavailable);
  sink.up = true;
  redis_server.Kill();
  EXPECT_EQ(Deliver({"m1"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(sink.sent.empty()) << "without Redis nobody knows whether it was delivered";
  redis_server.Restart();
}

TEST_F(DeliveryDeskTest, WrongRequestsAreRefused) {
  BobIs(edge::v1::SHOW_ONLINE);
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(Deliver({}).status().code(), kInvalid);
  EXPECT_EQ(Deliver({""}).status().code(), kInvalid);
  EXPECT_EQ(Deliver({"m"}, edge::v1::DELIVERY_MODE_UNSPECIFIED).status().code(), kInvalid);
  EXPECT_EQ(Deliver(std::vector<std::string>(33, "m")).status().code(), kInvalid);
  EXPECT_EQ(Deliver({"m"}, edge::v1::DELIVERY_MODE_FULL, "other").status().code(),
            absl::StatusCode::kNotFound);
  admin::v1::Account disabled = testing::WorkAccount();
  disabled.set_enabled(false);
  lone.directory.Apply(disabled);
  EXPECT_EQ(Deliver({"m"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DeliveryDeskTest, ThreadsAreFoundByEachOfTheirNames) {
  MailThread thread;
  thread.account_id = "a1";
  thread.contact = "work@gw.example";
  thread.message_id = "m@example.org";
  for (int i = 0; i < 100; ++i) thread.references.push_back("r" + std::to_string(i));
  thread.answer_to = {{"Ann \n: 5", "ann", "example.org"}};
  thread.subject = "12:weird\xFF";
  thread.at_unix = 7;
  thread.thread_id = "t";
  for (int repeat = 0; repeat < 2; ++repeat) {
    ASSERT_TRUE(Await(io, threads.Remember("bob@a.example", "s1", thread)).ok());
  }
  const auto by_thread = Await(io, threads.ByThread("bob@a.example", "t", 16));
  ASSERT_TRUE(by_thread.ok());
  ASSERT_EQ(by_thread->size(), 1u);
  EXPECT_EQ(by_thread->front().subject, thread.subject);
  EXPECT_EQ(by_thread->front().answer_to, thread.answer_to);
  EXPECT_EQ(by_thread->front().references.size(), 30u);
  EXPECT_EQ(by_thread->front().references.front(), "r0");
  EXPECT_EQ(by_thread->front().references.back(), "r99");
  EXPECT_FALSE(Await(io, threads.ByStanza("eve@a.example", "s1"))->has_value());
  EXPECT_TRUE(Await(io, threads.ByThread("bob@a.example", "none", 16))->empty());
  for (int i = 2; i < 40; ++i) {
    ASSERT_TRUE(Await(io, threads.Remember("bob@a.example", "s" + std::to_string(i), thread)).ok());
  }
  EXPECT_EQ(Await(io, threads.Newest("bob@a.example", "work@gw.example", 100))->size(), 16u);
}

TEST_F(DeliveryDeskTest, AnAliasGivenToTwoMailsNamesNeither) {
  MailThread bob, carol;
  bob.contact = "work@gw.example";
  bob.subject = "to Bob";
  carol.contact = "carol\\40x.example@gw.example";
  carol.subject = "to Carol";
  for (int repeat = 0; repeat < 2; ++repeat) {
    ASSERT_TRUE(Await(io, threads.Remember("bob@a.example", "q1", bob, "a1")).ok());
  }
  EXPECT_EQ((*Await(io, threads.ByStanza("bob@a.example", "a1")))->subject, "to Bob");
  ASSERT_TRUE(Await(io, threads.Remember("bob@a.example", "q2", carol, "a1")).ok());
  EXPECT_FALSE(Await(io, threads.ByStanza("bob@a.example", "a1"))->has_value());
  EXPECT_EQ((*Await(io, threads.ByStanza("bob@a.example", "q1")))->subject, "to Bob");
  // Even where a record has become another contact's, it is not this one's newest.
  ASSERT_TRUE(Await(io, threads.Remember("bob@a.example", "q1", carol)).ok());
  EXPECT_TRUE(Await(io, threads.Newest("bob@a.example", "work@gw.example", 16))->empty());
}

}  // namespace
}  // namespace postern::xmpp_edge
