// Stories of passwords that are not stored: asked for, given, refused, never mailed.
#include <ctime>

#include "absl/strings/match.h"
#include "services/xmpp-edge/failed_trials.h"
#include "services/xmpp-edge/password_handover.h"
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
  ASSERT_TRUE(
      WaitFor("Thank you. The password is being tried; it is kept in memory until you log off."));
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
  ASSERT_TRUE(WaitFor("The password is being tried"));
  EXPECT_EQ(bench.sender.held().at("ann@example.org/out"), kPassword);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, AFormAnswersAsWellAndACommandDoes) {
  BeAsked();
  Element message = MakeStanza("message", kAnn, kWork, "", "f1");
  message.Add(Form({{"FORM_TYPE", {"postern#password"}}, {"password", {" spaces kept "}}}));
  bench.Route(std::move(message));
  ASSERT_TRUE(WaitFor("The password is being tried"));
  EXPECT_EQ(Held(), " spaces kept ");
  const Element form = Execute(kWork, "postern#password");
  EXPECT_EQ(FieldOf(form, "password")->Attr("type"), "text-private");
  EXPECT_EQ(OwnConditionOf(Step(form, "complete", {})), "bad-payload");
  EXPECT_EQ(NoteOf(Step(form, "complete", {{"password", {kPassword}}})),
            "Thank you. The password is being tried; it is kept in memory until you log off.");
  EXPECT_EQ(Held(), kPassword);
  EXPECT_FALSE(absl::StrContains(WholeRedis(), kPassword));
}

TEST_F(Passwords, AReplyToTheRequestIsOneWhateverItLooksLike) {
  BeAsked();
  Element message = MakeStanza("message", kAnn, kWork, "chat", "p1");
  message.AddText("body", "correct horse battery staple");
  message.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", RequestId()));
  bench.Route(std::move(message));
  ASSERT_TRUE(WaitFor("The password is being tried"));
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
  ASSERT_TRUE(WaitFor("The password is being tried"));
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
  ASSERT_TRUE(WaitFor("you gave this as the password"));
  EXPECT_EQ(bench.SentWith("you gave this as the password")->Attr("id"), "p2");
  ASSERT_TRUE(WaitFor("The password is being tried"));
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
  ASSERT_TRUE(WaitFor("this may be it"));
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
  ASSERT_TRUE(WaitFor("The password is being tried"));
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
  ASSERT_TRUE(WaitFor("The password is being tried"));
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

TEST_F(Passwords, OneThatIsNeededIsNotMailedHoweverLongAgoItWasAskedFor) {
  GetMailFromBob();
  BeAsked();
  GoOffline();
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kClosed; }));
  Age(Mark());
  bench.Write(kAnn, kWork, "p1", kPassword);
  ExpectRefused("p1", "Not sent: account 'work' needs its password, and this may be it.");
  EXPECT_NE(ErrorTextOf(*bench.SentWith("\"p1\"")).find("doesn't see that you are online"),
            std::string::npos);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, OneGivenByCommandIsNotMailedLater) {
  GetMailFromBob();
  BeAsked();
  (void)Step(Execute(kWork, "postern#password"), "complete", {{"password", {kPassword}}});
  GetWell();
  bench.Write(kAnn, kWork, "p1", kPassword);
  ExpectRefused("p1", "Not sent: you gave this as the password for account 'work'.");
  // Nor to another contact, nor as a reply.
  bench.Write(kAnn, "kept@mail.example.org", "p2", kPassword);
  ExpectRefused("p2", "Not sent: you gave this as the password for account 'work'.");
  bench.Write(kAnn, "bob\\40example.net@mail.example.org", "p3", kPassword);
  ExpectRefused("p3", "Not sent: you gave this as the password for account 'work'.");
  Element reply = MakeStanza("message", kAnn, kWork, "chat", "p4");
  reply.AddText("body", kPassword);
  reply.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "mail-1"));
  bench.Route(std::move(reply));
  ExpectRefused("p4", "Not sent: you gave this as the password for account 'work'.");
  // Something else is a mail; and so is the same when its author says so.
  bench.Write(kAnn, kWork, "m1", "thanks");
  bench.Write(kAnn, kWork, "m2", absl::StrCat("To: bob@example.net\n\n", kPassword));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 2; }));
}

TEST_F(Passwords, OneGivenByTheRegistrationFormIsNotMailedLater) {
  GetMailFromBob();
  ComeOnline();
  const AccountDirectory::Account account = bench.context().directory.Find(kUser, "work");
  ASSERT_TRUE(
      Await(bench.io, HandOverPassword(bench.context(), account, crypto::Secret(kPassword))).ok());
  EXPECT_EQ(Held(), kPassword);
  bench.Write(kAnn, kWork, "p1", kPassword);
  ExpectRefused("p1", "Not sent: you gave this as the password for account 'work'.");
  // Until the session ends; then another account may need the same, and asks for it.
  GoOffline();
  ComeOnline();
  bench.Write(kAnn, kWork, "m1", kPassword);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
}

TEST_F(Passwords, APassphraseInDoubtIsNotMailedWhenTheFormWasFasterTwice) {
  GetMailFromBob();
  BeAsked();
  bench.Write(kAnn, kWork, "d1", "correct horse battery");
  ASSERT_TRUE(WaitFor("Is this the password for account 'work'?"));
  (void)Step(Execute(kWork, "postern#password"), "complete", {{"password", {kPassword}}});
  GetWell();
  bench.Write(kAnn, kWork, "d2", "correct horse battery");
  ExpectRefused("d2", "Not sent: this contact asked for a password");
}

TEST_F(Passwords, AMailIsNotTakenForOne) {
  GetMailFromBob();
  MailThread thread = **Await(bench.io, bench.threads->ByStanza(kUser, "mail-1"));
  thread.thread_id = "t1";
  ASSERT_TRUE(Await(bench.io, bench.threads->Remember(kUser, "mail-2", thread)).ok());
  BeAsked();
  Element message = MakeStanza("message", kAnn, kWork, "chat", "m1");
  message.AddText("body", "Agreed").AddText("subject", "Lunch").AddText("thread", "t1");
  bench.Route(message);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  // The thread alone may be one that a client goes on with: it is asked for once more.
  Element threaded = MakeStanza("message", kAnn, kWork, "chat", "m2");
  threaded.AddText("body", "Agreed").AddText("subject", "Re: ").AddText("thread", "t1");
  bench.Route(std::move(threaded));
  ASSERT_TRUE(WaitFor("Is this the password for account 'work'?"));
  // And a reference to what is no mail is none.
  Element reply = MakeStanza("message", kAnn, kWork, "chat", "m3");
  reply.AddText("body", kPassword).AddText("thread", "t1");
  reply.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "unknown"));
  bench.sink.sent.clear();
  bench.Route(std::move(reply));
  ASSERT_TRUE(WaitFor("Is this the password for account 'work'?"));
  bench.Settle();
  EXPECT_EQ(bench.sender.calls(), 1u);
  EXPECT_EQ(Held(), "");
}

TEST_F(Passwords, AreNotGuessedThroughUs) {
  BeAsked();
  const std::string request = RequestId();
  for (size_t i = 0; i < FailedTrials::kMost; ++i) {
    SCOPED_TRACE(i);
    bench.sink.sent.clear();
    Element guess = MakeStanza("message", kAnn, kWork, "chat", absl::StrCat("g", i));
    guess.AddText("body", absl::StrCat("guess", i));
    guess.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", request));
    bench.Route(std::move(guess));
    ASSERT_TRUE(WaitFor("The password is being tried"));
    Health("work", admin::v1::HEALTH_STATE_ASKING, "wrong password");
    ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kAsked; }));
  }
  bench.Write(kAnn, kWork, "p1", kPassword);
  ExpectRefused("p1", "Not tried: 10 logins with passwords of yours did not work");
  EXPECT_EQ(Held(), absl::StrCat("guess", FailedTrials::kMost - 1));
  EXPECT_NE(
      NoteOf(Step(Execute(kWork, "postern#password"), "complete", {{"password", {kPassword}}}))
          .find("Not tried: 10 logins"),
      std::string::npos);
}

TEST_F(Passwords, ThoseThatWorkAreNotCounted) {
  BeAsked();
  for (size_t i = 0; i < FailedTrials::kMost + 2; ++i) {
    SCOPED_TRACE(i);
    Health("work", admin::v1::HEALTH_STATE_ASKING);
    const Element answer =
        Step(Execute(kWork, "postern#password"), "complete", {{"password", {kPassword}}});
    ASSERT_EQ(NoteOf(answer).find("Thank you."), 0u) << NoteOf(answer);
    Health("work", admin::v1::HEALTH_STATE_OK);
  }
}

net::Task<void> PutMark(FeatureContext context, PasswordMark mark) {
  PasswordMarks marks(context.redis);
  (void)co_await marks.Put(kUser, kId, std::move(mark));
}

TEST_F(Passwords, AQuestionInTheMakingDoesNotUndoAPasswordThatCame) {
  // While she is asked for the one, the other's password comes.
  bench.sink.at_barrier = [this] {
    bench.sink.at_barrier = nullptr;
    const AccountDirectory::Account account = bench.context().directory.Find(kUser, "work");
    const int64_t since = bench.sessions().Of(kUser).since_unix_ms;
    bench.context().tasks.Spawn(
        "password comes", PutMark(bench.context(), GivenMark(*account, since, std::time(nullptr))));
  };
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  Health("out", admin::v1::HEALTH_STATE_ASKING);
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return Requests(kOut) == 1; }));
  ASSERT_TRUE(bench.RunUntil([&] { return Mark().state == PasswordMark::State::kGiven; }));
  bench.Settle();
  EXPECT_EQ(Mark().state, PasswordMark::State::kGiven);
  EXPECT_EQ(Requests(kWork), 0);
}

TEST_F(Passwords, AMarkIsReplacedOnlyWhenItIsTheOneMeant) {
  ComeOnline();
  PasswordMarks marks(*bench.redis);
  PasswordMark given;
  given.state = PasswordMark::State::kGiven;
  given.at_unix = 7;
  const PasswordMark none;
  EXPECT_TRUE(*Await(bench.io, marks.Replace(kUser, kId, none, given)));
  PasswordMark asking = given;
  asking.state = PasswordMark::State::kAsking;
  EXPECT_FALSE(*Await(bench.io, marks.Replace(kUser, kId, none, asking)));
  EXPECT_EQ(Mark().state, PasswordMark::State::kGiven);
  EXPECT_TRUE(*Await(bench.io, marks.Replace(kUser, kId, given, none)));
  EXPECT_FALSE(*Await(bench.io, marks.Replace(kUser, kId, given, asking)));
  EXPECT_EQ(Mark().state, PasswordMark::State::kNone);
}

TEST_F(Passwords, OneUserWhoCannotBeAskedHoldsUpNobody) {
  admin::v1::Account bobs = ImapAccount("zed@example.org", "work");
  bobs.set_store_password(false);
  bobs.set_id("zed@example.org/work");
  bobs.mutable_health()->set_state(admin::v1::HEALTH_STATE_ASKING);
  // Ann's marks can't be read.
  std::vector<std::string> spoil = {"SET", "postern:session:{ann@example.org}:asked", "x"};
  ASSERT_TRUE(Await(bench.io, bench.redis->Command(std::move(spoil))).ok());
  ComeOnline();
  Health("work", admin::v1::HEALTH_STATE_ASKING);
  bench.context().directory.Apply(bobs);
  (void)Await(bench.io,
              bench.sessions().SetAvailable(*ParseJid("zed@example.org/x"), edge::v1::SHOW_ONLINE));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("zed@example.org") != nullptr; }))
      << "Ann is before him";
  EXPECT_EQ(bench.SentWith("zed@example.org")->Attr("to"), "zed@example.org");
}

TEST_F(Passwords, WhoHasJustRegisteredIsNamedBeforeTheirPresenceComes) {
  const AccountDirectory::Account account = bench.context().directory.Find(kUser, "work");
  ASSERT_TRUE(
      Await(bench.io, HandOverPassword(bench.context(), account, crypto::Secret(kPassword))).ok());
  // Somebody else makes the fetcher hear of who is there.
  admin::v1::Account other = ImapAccount("bob@example.org", "work");
  other.set_store_password(false);
  other.set_id("bob@example.org/work");
  bench.context().directory.Apply(other);
  (void)Await(bench.io, bench.sessions().SetAvailable(*ParseJid(kBob), edge::v1::SHOW_ONLINE));
  const auto retained = [&] {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.retained;
  };
  ASSERT_TRUE(bench.RunUntil([&] { return !retained().empty(); }));
  EXPECT_EQ(retained(), (std::vector<std::string>{kUser, "bob@example.org"}));
  ComeOnline();
  GoOffline();
  ASSERT_TRUE(
      bench.RunUntil([&] { return retained() == std::vector<std::string>{"bob@example.org"}; }));
}

TEST_F(Passwords, AreInNoKeyAndInNoLog) {
  GetMailFromBob();
  BeAsked();
  ::testing::internal::CaptureStderr();
  bench.Write(kAnn, kWork, "p1", kPassword);
  bench.Write(kAnn, kWork, "p2", kPassword);
  EXPECT_TRUE(WaitFor("The password is being tried"));
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
