// Stories of passwords that are not stored: asked for, given, refused, never mailed.
#include "absl/strings/match.h"
#include "services/xmpp-edge/wipe.h"
#include "tests/unit/xmpp-edge/password_story.h"

namespace postern::xmpp_edge {
namespace {

TEST_F(Passwords, AreAskedForOnceALoginAndOnceARefusal) {
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  bench.Settle();
  EXPECT_EQ(Requests(), 0) << "nobody is there";
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() == 1; }));
  const Element* request = bench.SentWith(RequestId());
  EXPECT_EQ(request->Attr("to"), kUser);
  EXPECT_EQ(request->ChildText("body"),
            "Reply to this message with the password for account 'work'.");
  ASSERT_NE(request->Child("x", kDataFormNs), nullptr);
  // Away and back, checked again: the same question stands.
  (void)Await(bench.io, bench.sessions().SetAvailable(*ParseJid(kAnn), edge::v1::SHOW_AWAY));
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  bench.Settle();
  EXPECT_EQ(Requests(), 1);
  Health("work", admin::v1::HEALTH_STATE_ASKING, "imap.example.org refused the password.");
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() == 2; }));
  EXPECT_NE(bench.SentWith("imap.example.org refused the password. Reply to this message with "
                           "the right password for account 'work'."),
            nullptr);
  GoOffline();
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() == 3; }));
}

TEST_F(Passwords, AnAnswerIsHandedOnAndNeverMailed) {
  GetMailFromBob();
  BeAsked();
  bench.Write(kAnn, kWork, "p1", absl::StrCat(kPassword, " "));
  ASSERT_TRUE(WaitFor("Password will be kept during your Jabber session."));
  EXPECT_EQ(Held(), kPassword);
  Health("work", admin::v1::HEALTH_STATE_OK);
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
  bench.Settle();
  EXPECT_EQ(bench.sender.calls(), 0u);
  EXPECT_EQ(Requests(), 1);
  for (const Element& stanza : bench.sink.sent) {
    EXPECT_FALSE(absl::StrContains(ToXml(stanza), kPassword));
  }
}

TEST_F(Passwords, ThoseOfSmtpAccountsGoToTheSender) {
  BeAsked("out");
  bench.Write(kAnn, kOut, "p1", kPassword);
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(bench.sender.held().at("ann@example.org/out"), kPassword);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, AFormAnswersAsWellAndACommandDoes) {
  BeAsked();
  Element message = MakeStanza("message", kAnn, kWork, "", "f1");
  message.Add(Form({{"FORM_TYPE", {"postern#password"}}, {"password", {" spaces kept "}}}));
  bench.Route(std::move(message));
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(Held(), " spaces kept ");
  const Element form = Execute(kWork, "postern#password");
  EXPECT_EQ(FieldOf(form, "password")->Attr("type"), "text-private");
  EXPECT_EQ(OwnConditionOf(Step(form, "complete", {})), "bad-payload");
  EXPECT_EQ(NoteOf(Step(form, "complete", {{"password", {kPassword}}})),
            "Password will be kept during your Jabber session.");
  EXPECT_EQ(Held(), kPassword);
  EXPECT_FALSE(absl::StrContains(WholeRedis(), kPassword));
}

TEST_F(Passwords, AReplyToTheRequestIsOneWhateverItLooksLike) {
  BeAsked();
  Element message = MakeStanza("message", kAnn, kWork, "chat", "p1");
  message.AddText("body", "correct horse battery staple");
  message.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", RequestId()));
  bench.Route(std::move(message));
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(Held(), "correct horse battery staple");
}

TEST_F(Passwords, AMailWrittenWhileTheQuestionIsAskedIsNeither) {
  GetMailFromBob();
  ComeOnline();
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() == 1; }));
  bench.Write(kAnn, kWork, "a1", "thanks");
  ASSERT_TRUE(WaitFor("Is this the password for account 'work'?"));
  bench.Settle();
  EXPECT_EQ(Held(), "");
  EXPECT_EQ(bench.sender.calls(), 0u);
  // It was the password after all.
  bench.Write(kAnn, kWork, "a2", "thanks");
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(Held(), "thanks");
}

TEST_F(Passwords, MailsAreSentWhileOneIsAwaited) {
  GetMailFromBob();
  BeAsked();
  bench.Write(kAnn, kWork, "m1", "To: eve@example.net\n\nhello");
  Element reply = MakeStanza("message", kAnn, kWork, "chat", "m2");
  reply.AddText("body", "fine");
  reply.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "mail-1"));
  bench.Route(std::move(reply));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 2; }));
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, SeveralLinesAreNoneAndNoMail) {
  GetMailFromBob();
  BeAsked();
  bench.Write(kAnn, kWork, "l1", "Dear Bob,\nsee you");
  ASSERT_TRUE(WaitFor("which is one line"));
  EXPECT_EQ(bench.SentWith("which is one line")->Attr("id"), "l1");
  bench.Settle();
  EXPECT_EQ(bench.sender.calls(), 0u);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, TheSameTwiceIsRefusedAndNotMailed) {
  GetMailFromBob();
  BeAsked();
  bench.Write(kAnn, kWork, "p1", kPassword);
  bench.Write(kAnn, kWork, "p2", kPassword);
  ASSERT_TRUE(WaitFor("which the gateway has already"));
  EXPECT_EQ(bench.SentWith("which the gateway has already")->Attr("id"), "p2");
  ASSERT_TRUE(WaitFor("Password will be kept"));
  Health("work", admin::v1::HEALTH_STATE_OK);
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
  bench.Write(kAnn, kWork, "p3", kPassword);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("\"p3\"") != nullptr; }));
  // Even by a process that knows nothing of it.
  Restart();
  bench.Write(kAnn, kWork, "p4", kPassword);
  ASSERT_TRUE(WaitFor("this may be one"));
  bench.Settle();
  EXPECT_EQ(bench.sender.calls(), 0u);
}

TEST_F(Passwords, OneThatComesLateIsNotMailed) {
  GetMailFromBob();
  BeAsked();
  GoOffline();
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
  bench.Write(kAnn, kWork, "p1", kPassword);
  ASSERT_TRUE(WaitFor("this may be one"));
  EXPECT_EQ(bench.sender.calls(), 0u);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, ARestartForgetsNoQuestionAndAsksNoneTwice) {
  GetMailFromBob();
  BeAsked();
  Restart();
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  bench.Settle();
  EXPECT_EQ(Requests(), 1);
  bench.Write(kAnn, kWork, "p1", kPassword);
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(Held(), kPassword);
  EXPECT_EQ(bench.sender.calls(), 0u);
}

TEST_F(Passwords, AQuestionTheServerNeverTookIsAskedAgainUnderItsId) {
  bench.sink.barrier_works = false;
  ComeOnline();
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() >= 1; }));
  const std::string id = RequestId();
  Restart();
  bench.sink.sent.clear();
  bench.sink.barrier_works = true;
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  ASSERT_TRUE(bench.RunUntil([&] { return Requests() == 1; }));
  EXPECT_EQ(RequestId(), id);
}

TEST_F(Passwords, OneThatCannotBeHandedOnMayBeSentAgain) {
  BeAsked();
  bench.fetcher.failure = {grpc::StatusCode::INVALID_ARGUMENT, "no"};
  bench.Write(kAnn, kWork, "p1", kPassword);
  ASSERT_TRUE(WaitFor("could not be handed on"));
  bench.fetcher.failure = grpc::Status::OK;
  bench.Write(kAnn, kWork, "p2", kPassword);
  ASSERT_TRUE(WaitFor("Password will be kept"));
  EXPECT_EQ(Held(), kPassword);
}

TEST_F(Passwords, WhoIsNotSeenOnlineIsTold) {
  Element message = MakeStanza("message", kAnn, kWork, "", "f1");
  message.Add(Form({{"FORM_TYPE", {"postern#password"}}, {"password", {kPassword}}}));
  bench.Route(message);
  ASSERT_TRUE(WaitFor("doesn't see that you are online"));
  EXPECT_EQ(Held(), "");
  // And where none is needed, or at somebody else's account, none is taken.
  message.Set("to", "kept@mail.example.org");
  bench.Route(message);
  ASSERT_TRUE(WaitFor("needs no password from you"));
  message.Set("from", "eve@example.org/x").Set("to", kWork).Set("id", "f3");
  bench.Route(message);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("\"f3\"") != nullptr; }));
  EXPECT_EQ(bench.SentWith("\"f3\"")->Attr("type"), "error");
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, FetcherAndSenderHearWhoIsThere) {
  const auto retained = [&] {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.retained;
  };
  ASSERT_TRUE(bench.RunUntil([&] {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.retentions > 0;
  }));
  EXPECT_TRUE(retained().empty());
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return retained() == std::vector<std::string>{kUser}; }));
  bench.fetcher.failure = {grpc::StatusCode::UNAVAILABLE, "away"};
  GoOffline();
  bench.Settle();
  bench.fetcher.failure = grpc::Status::OK;
  ASSERT_TRUE(bench.RunUntil([&] { return retained().empty(); }));
}

TEST_F(Passwords, WhoIsBackAtOnceWasGoneAllTheSame) {
  ComeOnline();
  const auto all = [&] {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.all_retained;
  };
  const std::vector<std::string> here = {kUser};
  ASSERT_TRUE(bench.RunUntil([&] { return !all().empty() && all().back() == here; }));
  const size_t before = all().size();
  GoOffline();
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return all().size() >= before + 2; }));
  EXPECT_TRUE(all()[before].empty());
  EXPECT_EQ(all()[before + 1], here);
}

TEST_F(Passwords, AreInNoKeyAndInNoLog) {
  GetMailFromBob();
  BeAsked();
  ::testing::internal::CaptureStderr();
  bench.Write(kAnn, kWork, "p1", kPassword);
  bench.Write(kAnn, kWork, "p2", kPassword);
  EXPECT_TRUE(WaitFor("Password will be kept"));
  bench.fetcher.failure = {grpc::StatusCode::INVALID_ARGUMENT, "no"};
  const Element form = Execute(kWork, "postern#password");
  (void)Step(form, "complete", {{"password", {kPassword}}});
  Element message = MakeStanza("message", kAnn, kWork, "", "f1");
  message.Add(Form({{"FORM_TYPE", {"postern#password"}}, {"password", {kPassword}}}));
  bench.Route(std::move(message));
  EXPECT_TRUE(WaitFor("could not be handed on"));
  const std::string logged = ::testing::internal::GetCapturedStderr();
  EXPECT_FALSE(absl::StrContains(logged, kPassword));
  const std::string kept = WholeRedis();
  EXPECT_TRUE(absl::StrContains(kept, "postern:session:{ann@example.org}:asked"));
  EXPECT_FALSE(absl::StrContains(kept, kPassword));
}

TEST_F(Passwords, HelpIsHelpEvenThen) {
  BeAsked();
  bench.Write(kAnn, kWork, "h1", "help");
  ASSERT_TRUE(WaitFor("reply with the password alone"));
  EXPECT_EQ(Held(), "");
}

TEST(WipeTexts, LeavesNoTextAtAnyDepth) {
  Element message = MakeStanza("message", kAnn, kWork, "chat", "w1");
  message.AddText("body", kPassword);
  Element html = MakeElement("html");
  html.AddText("p", kPassword);
  message.Add(std::move(html));
  WipeTexts(message);
  EXPECT_FALSE(absl::StrContains(ToXml(message), kPassword));
  EXPECT_EQ(message.Attr("id"), "w1");
}

}  // namespace
}  // namespace postern::xmpp_edge
