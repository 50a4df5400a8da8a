#include "services/xmpp-edge/outgoing_mail.h"

#include <gtest/gtest.h>

#include <ctime>

#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/draft_writer.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kWork[] = "work@mail.example.org";
constexpr char kOut[] = "out@mail.example.org";

class Outgoing : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.Install();
  }

  // A mail that came to `work` as message `id`.
  void Arrive(const std::string& id, const std::string& sender, int64_t seconds_ago = 0) {
    MailThread mail;
    mail.account_id = "ann@example.org/work";
    mail.contact = kWork;
    mail.message_id = id + "@origin.example";
    mail.references = {"root@origin.example"};
    mail.answer_to = {{"", sender, "example.net"}};
    mail.subject = "Re: Lunch";
    mail.at_unix = std::time(nullptr) - seconds_ago;
    mail.thread_id = "thread-" + id;
    EXPECT_TRUE(
        testing::Await(bench.io, bench.threads->Remember("ann@example.org", id, mail)).ok());
  }

  sender::v1::SubmitRequest Taken(size_t count = 1) {
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() >= count; }));
    return bench.sender.taken().empty() ? sender::v1::SubmitRequest() : bench.sender.taken().back();
  }

  std::string PendingCount() {
    std::vector<std::string> command{"HLEN", "postern:thread:{pending}:drafts"};
    const auto reply = testing::Await(bench.io, bench.redis->Command(command));
    return reply.ok() ? std::to_string(reply->integer) : "error";
  }

  // Redis as it is without its replicas, say: it reads, and refuses to write.
  void RefuseWrites(bool refuse) {
    Redis({"CONFIG", "SET", "min-replicas-to-write", refuse ? "1" : "0"});
  }
  void Redis(std::vector<std::string> command) {
    const auto reply = testing::Await(bench.io, bench.redis->Command(std::move(command)));
    EXPECT_TRUE(reply.ok()) << reply.status();
  }

  Element WithOriginId(const std::string& id, const std::string& body) {
    Element message = MakeStanza("message", kAnn, kDomain, "chat", id);
    Element origin = MakeElement("origin-id", "urn:xmpp:sid:0");
    origin.Set("id", "o-" + id);
    message.AddText("body", body).Add(std::move(origin));
    return message;
  }

  Element Refused(const std::string& to, const std::string& body) {
    Element message = MakeStanza("message", kAnn, to, "chat", "refused1");
    message.AddText("body", body);
    return bench.Ask(std::move(message));
  }

  FeatureBench bench;
};

TEST_F(Outgoing, ANewMailGoesToWhomItsHeadNames) {
  bench.Write(kAnn, kDomain, "m1",
              "To: bob@example.net\nCc: Eve <eve@example.net>\nBcc: dan@example.net\n"
              "Subject: Hi\n\nGrüße");
  const auto request = Taken();
  EXPECT_EQ(request.owner(), "ann@example.org");
  EXPECT_EQ(request.account_id(), "ann@example.org/out");
  EXPECT_EQ(request.draft().to(0).local_part(), "bob");
  EXPECT_EQ(request.draft().cc(0).display_name(), "Eve");
  EXPECT_EQ(request.draft().bcc(0).local_part(), "dan");
  EXPECT_EQ(request.draft().subject(), "Hi");
  EXPECT_EQ(request.draft().text(), "Grüße");
  EXPECT_EQ(request.draft().in_reply_to(), "");
  EXPECT_FALSE(request.draft().has_from());
  EXPECT_EQ(bench.rules.last().recipients_size(), 3);
  EXPECT_EQ(bench.rules.last().mail().from(0).local_part(), "out");
  bench.Settle();
  EXPECT_EQ(PendingCount(), "0");
  EXPECT_TRUE(bench.sink.sent.empty());
}

TEST_F(Outgoing, AMessageToAnAddressGoesThere) {
  bench.Write(kAnn, "bob\\40example.net@mail.example.org", "m1", "Lunch?\nAnn");
  const auto request = Taken();
  EXPECT_EQ(request.draft().to(0).local_part(), "bob");
  EXPECT_EQ(request.draft().to(0).domain(), "example.net");
  EXPECT_EQ(request.draft().subject(), "Lunch?");
  bench.Settle();
  // What follows without a subject continues it.
  bench.Write(kAnn, "bob%example.net@mail.example.org", "m2", "Subject: Other\n\nx");
  EXPECT_EQ(Taken(2).draft().in_reply_to(), "");
  bench.Settle();
  bench.Write(kAnn, "bob\\40example.net@mail.example.org", "m3", "and wine");
  const auto next = Taken(3);
  EXPECT_EQ(next.draft().subject(), "Re: Lunch?");
  EXPECT_NE(next.draft().in_reply_to(), "");
}

TEST_F(Outgoing, AnAnswerGoesToTheMailThatItNames) {
  Arrive("s1", "bob", 10);
  Arrive("s2", "eve", 5);
  Element message = MakeStanza("message", kAnn, kWork, "chat", "m1");
  Element reply = MakeElement("reply", "urn:xmpp:reply:0");
  reply.Set("id", "s1");
  message.AddText("body", "Yes").Add(std::move(reply));
  bench.Route(std::move(message));
  const auto request = Taken();
  EXPECT_EQ(request.draft().to(0).local_part(), "bob");
  EXPECT_EQ(request.draft().subject(), "Re: Lunch");
  EXPECT_EQ(request.draft().in_reply_to(), "s1@origin.example");
  ASSERT_EQ(request.draft().references_size(), 2);
  EXPECT_EQ(request.draft().references(0), "root@origin.example");
  EXPECT_EQ(request.draft().references(1), "s1@origin.example");
  edge::v1::OutgoingContext context;
  ASSERT_TRUE(context.ParseFromString(request.context()));
  EXPECT_EQ(context.user(), kAnn);
  EXPECT_EQ(context.stanza_id(), "m1");
  EXPECT_FALSE(context.inferred());
  EXPECT_EQ(context.recipients(), 1u);
}

TEST_F(Outgoing, AnAnswerGoesByItsThread) {
  Arrive("s1", "bob", 10);
  Arrive("s2", "eve", 5);
  Element message = MakeStanza("message", kAnn, kWork, "chat", "m1");
  message.AddText("body", "Yes").AddText("thread", "thread-s1");
  bench.Route(std::move(message));
  const auto request = Taken();
  EXPECT_EQ(request.draft().to(0).local_part(), "bob");
  edge::v1::OutgoingContext context;
  ASSERT_TRUE(context.ParseFromString(request.context()));
  EXPECT_TRUE(context.inferred());
}

TEST_F(Outgoing, AnAnswerWithoutANameGoesToTheNewestUnlessThatIsAGuess) {
  Arrive("s1", "bob", 3000);
  Arrive("s2", "eve", 100);
  bench.Write(kAnn, kWork, "m1", "Yes");
  const auto request = Taken();
  EXPECT_EQ(request.draft().to(0).local_part(), "eve");
  edge::v1::OutgoingContext context;
  ASSERT_TRUE(context.ParseFromString(request.context()));
  EXPECT_TRUE(context.inferred());
  bench.Settle();
  Arrive("s3", "dan", 2);
  const Element refusal = Refused(kWork, "No");
  EXPECT_EQ(ConditionOf(refusal), "not-acceptable");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(Outgoing, WhatCanNotBeSentComesBackOnThatVeryMessage) {
  const struct {
    const char *to, *body, *condition;
  } cases[] = {
      {kDomain, "hello", "not-acceptable"},
      {kWork, "hello", "not-acceptable"},
      {kDomain, "To: nobody\nhello", "not-acceptable"},
      {kDomain, "From: eve@example.net\nTo: bob@example.net\nhello", "not-acceptable"},
      {"other@mail.example.org", "hello", "item-not-found"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const Element refusal = Refused(c.to, c.body);
    EXPECT_EQ(refusal.Attr("type"), "error");
    EXPECT_EQ(refusal.Attr("to"), kAnn);
    EXPECT_EQ(ConditionOf(refusal), c.condition);
    EXPECT_NE(ErrorTextOf(refusal), "");
  }
  EXPECT_EQ(bench.sender.calls(), 0u);
}

TEST_F(Outgoing, AUserWithoutAnSmtpAccountIsTold) {
  Element message = MakeStanza("message", kBob, kDomain, "chat", "m1");
  message.AddText("body", "To: ann@example.net\nhello");
  const Element refusal = bench.Ask(std::move(message));
  EXPECT_EQ(ConditionOf(refusal), "not-allowed");
  EXPECT_NE(ErrorTextOf(refusal).find("SMTP account"), std::string::npos);
}

TEST_F(Outgoing, TheSenderAndTheRulesMayRefuse) {
  bench.rules.Reject("reject.txt:3");
  const Element rejected = Refused(kDomain, "To: bob@example.net\nspam");
  EXPECT_EQ(ConditionOf(rejected), "policy-violation");
  EXPECT_NE(ErrorTextOf(rejected).find("reject.txt:3"), std::string::npos);
  bench.rules.Reject("");
  bench.sender.FailWith({grpc::StatusCode::RESOURCE_EXHAUSTED, "the queue is full"});
  const Element full = Refused(kDomain, "To: bob@example.net\nmail");
  EXPECT_EQ(ConditionOf(full), "resource-constraint");
  EXPECT_NE(ErrorTextOf(full).find("the queue is full"), std::string::npos);
  bench.Settle();
  EXPECT_EQ(PendingCount(), "0");
}

TEST_F(Outgoing, ARefusalIsSaidInTheLanguageOfTheMessage) {
  const struct {
    const char *lang, *body, *text;
  } cases[] = {
      {"de-AT", "hello", "Nicht gesendet: Eine E-Mail beginnt mit einer Zeile „To: "},
      {"fr", "To: bob\nhello", "il manque @domaine)."},
      {"nl", "From: eve\nTo: bob@example.net\nhello", "geen van uw SMTP-accounts heet \"eve\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.lang);
    Element message = MakeStanza("message", kAnn, kDomain, "chat", "m1");
    message.Set("xml:lang", c.lang).AddText("body", c.body);
    const std::string text = ErrorTextOf(bench.Ask(std::move(message)));
    EXPECT_NE(text.find(c.text), std::string::npos) << text;
  }
}

// What is said later answers no stanza: it goes by the language heard last.
TEST_F(Outgoing, TheSendersReasonIsSaidInTheUsersLanguage) {
  const std::string wording =
      "the mail is larger than $0 MiB; send less with it\x1f"
      "25";
  bench.sender.FailWith({grpc::StatusCode::INVALID_ARGUMENT, "too large", wording});
  Element presence = MakeStanza("presence", kAnn, kDomain);
  bench.Route(presence.Set("xml:lang", "de"));
  bench.Settle();
  Element message = MakeStanza("message", kAnn, kDomain, "chat", "m1");
  message.AddText("body", "To: bob@example.net\nmail");
  EXPECT_EQ(ErrorTextOf(bench.Ask(std::move(message))),
            "die E-Mail ist größer als 25 MiB; schicken Sie weniger mit");
}

TEST_F(Outgoing, ARepeatedMessageIsOneMail) {
  bench.Write(kAnn, kDomain, "m1", "To: bob@example.net\nhello");
  bench.Write(kAnn, kDomain, "m1", "To: bob@example.net\nhello");
  bench.Write(kAnn, kDomain, "m1", "To: bob@example.net\nanother, by a client that counts from 1");
  Taken(2);
  bench.Settle();
  EXPECT_EQ(bench.sender.taken().size(), 2u);
}

TEST_F(Outgoing, AMailOutlivesASenderAndAnEdgeThatGoAway) {
  bench.sender.FailWith({grpc::StatusCode::UNAVAILABLE, "away"});
  bench.Write(kAnn, kOut, "m1", "To: bob@example.net\nhello");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.calls() >= 1; }));
  EXPECT_EQ(PendingCount(), "1");
  bench.Restart();
  EXPECT_EQ(PendingCount(), "1");
  bench.sender.FailWith(grpc::Status::OK);
  const auto request = Taken();
  EXPECT_EQ(request.draft().text(), "hello");
  ASSERT_TRUE(bench.RunUntil([&] { return PendingCount() == "0"; }));
  EXPECT_TRUE(bench.sink.sent.empty());
}

TEST_F(Outgoing, WithoutRedisNothingIsPromised) {
  bench.redis_server.Kill();
  const Element refusal = Refused(kDomain, "To: bob@example.net\nhello");
  EXPECT_EQ(ConditionOf(refusal), "remote-server-timeout");
  EXPECT_EQ(bench.sender.calls(), 0u);
  bench.redis_server.Restart();
}

TEST_F(Outgoing, AnIdUsedAgainLeadsNoAnswerToAnotherPerson) {
  bench.Write(kAnn, kWork, "a1", "To: bob@example.net\nSubject: Secret\n\nhello");
  Taken();
  bench.Settle();
  bench.Write(kAnn, "carol\\40example.net@mail.example.org", "a1", "Hi Carol");
  Taken(2);
  bench.Settle();
  bench.Write(kAnn, kWork, "a2", "and wine");
  const auto next = Taken(3);
  EXPECT_EQ(next.draft().to(0).local_part(), "bob");
  EXPECT_EQ(next.draft().subject(), "Re: Secret");
  bench.Settle();

  Element message =
      MakeStanza("message", kAnn, "carol\\40example.net@mail.example.org", "chat", "a3");
  Element reply = MakeElement("reply", "urn:xmpp:reply:0");
  reply.Set("id", "a2");  // what was written to Bob
  message.AddText("body", "Yes").Add(std::move(reply));
  bench.Route(std::move(message));
  const auto to_carol = Taken(4);
  EXPECT_EQ(to_carol.draft().to(0).local_part(), "carol");
  EXPECT_EQ(to_carol.draft().subject(), "Re: Hi Carol");
}

TEST_F(Outgoing, ARefusalIsKeptUntilTheServerHasTakenIt) {
  bench.sink.barrier_works = false;
  bench.sender.FailWith({grpc::StatusCode::INVALID_ARGUMENT, "no such thing"});
  bench.Write(kAnn, kDomain, "m1", "To: bob@example.net\nhello");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("no such thing") != nullptr; }));
  bench.Settle();
  EXPECT_EQ(PendingCount(), "1");
  bench.sink.sent.clear();
  bench.Restart();
  bench.sink.barrier_works = true;
  ASSERT_TRUE(bench.RunUntil([&] { return PendingCount() == "0"; }));
  // Nothing is known of the author's presence: an error alone might be dropped.
  ASSERT_GE(bench.sink.sent.size(), 2u);
  EXPECT_EQ(bench.sink.sent[0].Attr("type"), "error");
  EXPECT_EQ(bench.sink.sent[0].Attr("id"), "m1");
  EXPECT_EQ(bench.sink.sent[1].Attr("to"), "ann@example.org");
  EXPECT_EQ(bench.sink.sent[1].ChildText("body"), "no such thing");
}

TEST_F(Outgoing, AMailSaidToBeNotSentIsNotSentLater) {
  const Element message = WithOriginId("m1", "To: bob@example.net\nhello");
  // The answer of Redis got lost, but not the draft.
  Redis({"HSET", "postern:thread:{pending}:drafts",
         IdempotencyKey(message, *ParseJid(kAnn), sender::v1::Draft()), "as if kept"});
  RefuseWrites(true);
  EXPECT_EQ(ConditionOf(bench.Ask(message)), "remote-server-timeout");
  EXPECT_EQ(ConditionOf(bench.Ask(message)), "remote-server-timeout") << "and not silence";
  EXPECT_EQ(PendingCount(), "1");
  RefuseWrites(false);
  ASSERT_TRUE(bench.RunUntil([&] { return PendingCount() == "0"; }));
  EXPECT_EQ(bench.sender.calls(), 0u);
  bench.Settle();
  bench.Route(message);
  EXPECT_EQ(Taken().draft().text(), "hello");
}

TEST_F(Outgoing, ATakenMailIsForgottenWhenRedisWritesAgain) {
  bench.sender.Hold(true);
  bench.Write(kAnn, kDomain, "m1", "To: bob@example.net\nhello");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.calls() >= 1; }));
  RefuseWrites(true);
  bench.sender.Hold(false);
  Taken();
  bench.Settle();
  EXPECT_EQ(PendingCount(), "1");
  RefuseWrites(false);
  EXPECT_TRUE(bench.RunUntil([&] { return PendingCount() == "0"; }));
}

TEST_F(Outgoing, ADraftLeftBehindLongAgoIsNotSentAndItsAuthorIsTold) {
  edge::v1::OutgoingContext context;
  context.set_user(kAnn);
  context.set_contact(kDomain);
  context.set_stanza_id("old1");
  sender::v1::SubmitRequest request;
  request.set_idempotency_key("key");
  request.set_owner("ann@example.org");
  request.set_account_id("ann@example.org/out");
  request.set_context(context.SerializeAsString());
  Redis(
      {"HSET", "postern:thread:{pending}:drafts", "key",
       std::to_string(std::time(nullptr) - 2 * 24 * 60 * 60) + ":" + request.SerializeAsString()});
  bench.Restart();
  ASSERT_TRUE(bench.RunUntil([&] { return PendingCount() == "0"; }));
  ASSERT_FALSE(bench.sink.sent.empty());
  EXPECT_EQ(bench.sink.sent[0].Attr("id"), "old1");
  EXPECT_NE(ErrorTextOf(bench.sink.sent[0]).find("more than a day ago"), std::string::npos);
  EXPECT_EQ(bench.sender.calls(), 0u);
}

TEST_F(Outgoing, WhatIsWrittenNextIsKeptWhileTheSenderIsSlow) {
  Arrive("s1", "eve", 3000);
  bench.sender.Hold(true);
  bench.Write(kAnn, kWork, "m1", "To: bob@example.net\nSubject: Lunch\n\nbread");
  bench.Write(kAnn, kWork, "m2", "and wine");
  bench.Write(kAnn, kDomain, "m3", "To: dan@example.net\nhello");
  ASSERT_TRUE(bench.RunUntil([&] { return PendingCount() == "3"; }));
  EXPECT_TRUE(bench.sender.taken().empty());
  bench.sender.Hold(false);
  Taken(3);
  const auto taken = bench.sender.taken();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].draft().text(), "bread");
  EXPECT_EQ(taken[1].draft().to(0).local_part(), "bob") << "it follows what was just written";
  EXPECT_EQ(taken[1].draft().subject(), "Re: Lunch");
  EXPECT_EQ(taken[2].draft().text(), "hello");
}

TEST_F(Outgoing, TheSameWordsUnderTheSameIdToAnotherMailAreAnotherMail) {
  Arrive("s1", "bob", 10);
  Arrive("s2", "bob", 5);
  for (const char* answered : {"s1", "s2"}) {
    Element message = MakeStanza("message", kAnn, kWork, "chat", "5");
    Element reply = MakeElement("reply", "urn:xmpp:reply:0");
    reply.Set("id", answered);
    message.AddText("body", "thanks").Add(std::move(reply));
    bench.Route(std::move(message));
  }
  Taken(2);
  const Element message = MakeStanza("message", kAnn, kWork, "chat", "5");
  EXPECT_NE(IdempotencyKey(message, *ParseJid("ann@example.org/a"), sender::v1::Draft()),
            IdempotencyKey(message, *ParseJid("ann@example.org/b"), sender::v1::Draft()));
}

TEST_F(Outgoing, ARepetitionOfWhatWasTakenIsAnsweredAndNotSent) {
  bench.Route(WithOriginId("m1", "To: bob@example.net\nhello"));
  Taken();
  bench.Settle();
  EXPECT_TRUE(bench.sink.sent.empty());
  bench.Route(WithOriginId("m1", "To: bob@example.net\nhello"));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("took this very message") != nullptr; }));
  EXPECT_EQ(bench.SentWith("took this very message")->Attr("to"), "ann@example.org");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(Outgoing, TheFromLineChoosesAmongOnesOwnAccounts) {
  bench.Write(kAnn, kDomain, "m1", "From: Ann B <OUT@example.org>\nTo: bob@example.net\nhello");
  EXPECT_EQ(Taken().draft().from().display_name(), "Ann B");
  bench.Write(kAnn, kDomain, "m2", "From: out\nTo: bob@example.net\nhello");
  EXPECT_EQ(Taken(2).account_id(), "ann@example.org/out");
}

}  // namespace
}  // namespace postern::xmpp_edge
