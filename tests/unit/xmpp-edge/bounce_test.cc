#include "services/xmpp-edge/bounce.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "services/xmpp-edge/delivery_desk.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/xmpp-edge/fake_directory.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {
namespace {

using testing::Await;
using Report = postern::mail::v1::DeliveryReport;

constexpr char kUser[] = "bob@a.example";

SentMail Sent() {
  edge::v1::OutgoingContext context;
  context.set_user("bob@a.example/x");
  context.set_contact("carol\\40c.example@gw.example/mail");
  context.set_stanza_id("s1");
  context.set_recipients(2);
  return {"q1", context.SerializeAsString(), {"carol@c.example", "dave@c.example"}};
}

struct BounceTest : ::testing::Test {
  BounceTest() {
    lone.directory.Apply(testing::WorkAccount());
    (void)Await(io, threads.RememberSent(kUser, "17@a.example", Sent()));
    BobIs(edge::v1::SHOW_ONLINE);
  }
  void BobIs(edge::v1::Show show) {
    (void)Await(io, sessions.SetAvailable(*ParseJid("bob@a.example/x"), show));
  }

  static void Add(Report& report, const char* address, Report::Action action,
                  const char* status = "5.1.1", const char* diagnostic = "550 5.1.1 no such user") {
    auto* one = report.add_recipients();
    one->set_address(address);
    one->set_action(action);
    one->set_status(status);
    one->set_diagnostic(diagnostic);
  }
  static Report Failed(const char* address = "Carol@C.example") {
    Report report;
    report.set_message_id("17@a.example");
    Add(report, address, Report::ACTION_FAILED);
    return report;
  }
  int Deliver(const std::string& id, const Report& report,
              edge::v1::DeliveryMode mode = edge::v1::DELIVERY_MODE_FULL,
              bool beside_a_mail = false) {
    edge::v1::DeliverRequest request;
    request.set_account_id("a1");
    request.set_mode(mode);
    edge::v1::Delivery& delivery = *request.add_deliveries();
    delivery.set_delivery_id(id);
    delivery.mutable_mail()->set_subject("Undelivered");
    *delivery.mutable_mail()->mutable_delivery_report() = report;
    if (beside_a_mail) {
      request.add_deliveries()->set_delivery_id(id + "-mail");
      request.mutable_deliveries(1)->mutable_mail()->set_subject("Lunch");
    }
    const auto response = Await(io, desk.Deliver(request));
    return response.ok() ? response->results(0) : -1;
  }
  // What the bounce came to, forgetting it.
  std::vector<Element> Told() { return std::exchange(sink.sent, {}); }

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

TEST_F(BounceTest, BecomesAnErrorOnTheVeryMessage) {
  EXPECT_EQ(Deliver("d1", Failed()), edge::v1::DELIVERY_RESULT_DELIVERED);
  const auto told = Told();
  ASSERT_EQ(told.size(), 1u) << "and is no chat message beside it";
  EXPECT_EQ(told[0].Attr("type"), "error");
  EXPECT_EQ(told[0].Attr("id"), "s1");
  EXPECT_EQ(told[0].Attr("to"), "bob@a.example/x");
  EXPECT_EQ(told[0].Attr("from"), "carol\\40c.example@gw.example/mail");
  EXPECT_NE(told[0].Child("error")->Child("item-not-found"), nullptr);
  EXPECT_EQ(told[0].Child("error")->ChildText("text"),
            "Not sent to Carol@C.example: There is no such mailbox; check the address. The server "
            "said: 550 5.1.1 no such user");
  EXPECT_EQ(Deliver("d1", Failed()), edge::v1::DELIVERY_RESULT_DUPLICATE);
}

TEST_F(BounceTest, IsFoundByItsEnvelopeIdToo) {
  Report report = Failed();
  report.set_message_id("rewritten@elsewhere.example");
  report.set_envelope_id("17@a.example");
  (void)Deliver("d1", report);
  EXPECT_EQ(Told().at(0).Attr("type"), "error");
}

TEST_F(BounceTest, IsAMailLikeAnyOtherWhereItKnowsTooLittle) {
  Report unknown_mail = Failed(), other_recipient = Failed("eve@c.example"), one_of_two = Failed(),
         arrived, nameless = Failed();
  unknown_mail.set_message_id("18@a.example");
  Add(one_of_two, "eve@c.example", Report::ACTION_FAILED);
  arrived.set_message_id("17@a.example");
  Add(arrived, "carol@c.example", Report::ACTION_DELIVERED, "2.0.0", "");
  nameless.clear_message_id();
  int id = 0;
  for (const Report& report : {unknown_mail, other_recipient, one_of_two, arrived, nameless}) {
    SCOPED_TRACE(report.DebugString());
    (void)Deliver(absl::StrCat("d", ++id), report);
    const auto told = Told();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].Attr("type"), "chat");
    EXPECT_NE(told[0].ChildText("body").find("Undelivered"), std::string::npos);
  }
}

TEST_F(BounceTest, OfSomebodyElsesMailIsAMailLikeAnyOther) {
  (void)Await(io, threads.RememberSent("eve@a.example", "19@a.example", Sent()));
  Report report = Failed();
  report.set_message_id("19@a.example");
  (void)Deliver("d1", report);
  EXPECT_EQ(Told().at(0).Attr("type"), "chat");
}

TEST_F(BounceTest, TellsOfADelayOnceForEachRecipient) {
  Report delayed;
  delayed.set_message_id("17@a.example");
  Add(delayed, "carol@c.example", Report::ACTION_DELAYED, "4.4.1", "connect timed out");
  EXPECT_EQ(Deliver("d1", delayed), edge::v1::DELIVERY_RESULT_DELIVERED);
  auto told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].Attr("type"), "chat");
  EXPECT_EQ(told[0].Child("reply", "urn:xmpp:reply:0")->Attr("id"), "s1");
  EXPECT_NE(told[0].ChildText("body").find("Not yet sent to carol@c.example"), std::string::npos);
  EXPECT_EQ(Deliver("d2", delayed), edge::v1::DELIVERY_RESULT_DELIVERED);
  EXPECT_TRUE(Told().empty());
  Add(delayed, "dave@c.example", Report::ACTION_DELAYED, "4.4.1", "connect timed out");
  (void)Deliver("d3", delayed);
  told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].ChildText("body").find("carol"), std::string::npos);
  // The end of it is news, once in the same words.
  for (const size_t expected : {1u, 0u}) {
    (void)Deliver(absl::StrCat("d4", expected), Failed());
    EXPECT_EQ(Told().size(), expected);
  }
}

TEST_F(BounceTest, IsToldAgainUnderTheSameIdsWhenTheServerMayNotHaveIt) {
  BobIs(edge::v1::SHOW_AWAY);
  sink.barrier_works = false;
  EXPECT_EQ(Deliver("d1", Failed(), edge::v1::DELIVERY_MODE_DIGEST), -1);
  const auto first = Told();
  sink.barrier_works = true;
  EXPECT_EQ(Deliver("d1", Failed(), edge::v1::DELIVERY_MODE_DIGEST),
            edge::v1::DELIVERY_RESULT_DELIVERED);
  const auto second = Told();
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(ToXml(first[i]), ToXml(second[i]));
}

TEST_F(BounceTest, IsNoPartOfADigest) {
  BobIs(edge::v1::SHOW_AWAY);
  EXPECT_EQ(Deliver("d1", Failed(), edge::v1::DELIVERY_MODE_DIGEST, /*beside_a_mail=*/true),
            edge::v1::DELIVERY_RESULT_DELIVERED);
  const auto told = Told();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].ChildText("body").find("1 new mail\n"), std::string::npos);
  EXPECT_EQ(told[0].ChildText("body").find("Undelivered"), std::string::npos);
  EXPECT_EQ(told[1].Attr("type"), "error");
}

TEST_F(BounceTest, IsHeldWithTheOtherMailWhileNoneIsWanted) {
  BobIs(edge::v1::SHOW_AWAY);
  EXPECT_EQ(Deliver("d1", Failed()), edge::v1::DELIVERY_RESULT_HELD);
  EXPECT_TRUE(Told().empty());
}

TEST(SentMail, IsReadAsItWasWritten) {
  const SentMail sent = Sent();
  const auto again = DecodeSentMail(EncodeSentMail(sent));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->queue_id, sent.queue_id);
  EXPECT_EQ(again->context, sent.context);
  EXPECT_EQ(again->recipients, sent.recipients);
  EXPECT_FALSE(DecodeSentMail("1:2"));
  EXPECT_FALSE(DecodeSentMail(EncodeSentMail(sent).substr(0, 40)));
}

TEST(RecipientKey, IsTheSameHoweverAnAddressIsWritten) {
  EXPECT_EQ(RecipientKey("Bob@Example.NET"), "bob@example.net");
  EXPECT_EQ(RecipientKey("bob@bücher.example"), RecipientKey("bob@xn--bcher-kva.example"));
  EXPECT_NE(RecipientKey("bob@a.example"), RecipientKey("bob@b.example"));
  EXPECT_EQ(RecipientKey("Bob"), "bob");
  EXPECT_EQ(RecipientKey("bob@"), "bob@");
}

TEST(SentMail, KnowsEverybodyItWentTo) {
  sender::v1::SubmitRequest request;
  for (auto* list : {request.mutable_draft()->mutable_to(), request.mutable_draft()->mutable_cc(),
                     request.mutable_draft()->mutable_bcc()}) {
    auto* address = list->Add();
    address->set_local_part(absl::StrCat("User", list->size(), request.draft().bcc_size()));
    address->set_domain("c.example");
  }
  EXPECT_EQ(SentMailOf(request, "q").recipients,
            (std::vector<std::string>{"user10@c.example", "user10@c.example", "user11@c.example"}));
}

}  // namespace
}  // namespace postern::xmpp_edge
