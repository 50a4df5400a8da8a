// Stories of accounts that are tried before they are stored, and of passwords that are not.
#include "services/xmpp-edge/features/registration_trial.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/xmpp-edge/registration_story.h"

namespace postern::xmpp_edge {
namespace {

class RegistrationTrial : public RegistrationStory {};

TEST_F(RegistrationTrial, WhatDoesNotWorkIsSaidAndNotStored) {
  bench.Install();
  FetcherSays("wrong password", "password");
  const Element refused = Submit(kImap, NewImap("x"));
  EXPECT_EQ(ConditionOf(refused), "not-acceptable");
  EXPECT_EQ(refused.Child("error")->Attr("type"), "modify");
  EXPECT_TRUE(absl::StartsWith(ErrorTextOf(refused),
                               "Error with 'password' field (Password): "
                               "imap.example.org says: wrong password"))
      << ErrorTextOf(refused);
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "Store it even when it doesn't work"));
  EXPECT_TRUE(bench.admin.puts().empty());
  ASSERT_EQ(Tried().size(), 1u);
  EXPECT_EQ(Tried().front().password(), "s3cret");
  EXPECT_EQ(Tried().front().account().owner(), "ann@example.org");
  ExpectNowhere("s3cret");

  const Element stored = Submit(kImap, With(NewImap("x"), "store_untested", "1"));
  EXPECT_EQ(stored.Attr("type"), "result");
  EXPECT_EQ(bench.admin.puts().size(), 1u);
  EXPECT_EQ(Tried().size(), 1u);
}

TEST_F(RegistrationTrial, WhatSendsIsTriedByTheSender) {
  bench.Install();
  sender::v1::TryAccountResponse trial;
  trial.mutable_problem()->set_text("the name is not found");
  trial.set_field("host");
  bench.sender.SetTrial(trial);
  const Element refused = Submit("mail.example.org/SMTP", NewSmtp("x"));
  EXPECT_TRUE(absl::StartsWith(
      ErrorTextOf(refused),
      "Error with 'host' field (Host name of the mail server): the name is not found"));
  EXPECT_EQ(bench.sender.tried().size(), 1u);
  EXPECT_TRUE(Tried().empty());
  EXPECT_TRUE(bench.admin.puts().empty());
}

TEST_F(RegistrationTrial, AChangeThatTheServerDoesNotSeeIsNotTried) {
  bench.Install();
  FetcherSays("wrong password", "password");
  EXPECT_EQ(Submit(kWork, {{"interval", "12"}, {"online_action", "1"}}).Attr("type"), "result");
  EXPECT_TRUE(Tried().empty());
  for (const auto& [var, value] : Fields{{"host", "other.example"},
                                         {"port", "1"},
                                         {"login", "eve"},
                                         {"mailbox", "A"},
                                         {"ssl", "0"},
                                         {"password", "x"}}) {
    SCOPED_TRACE(var);
    Fields change = {{var, value}};
    if (var == "host" || var == "login") change["password"] = "p";
    EXPECT_EQ(ConditionOf(Submit(kWork, change)), "not-acceptable");
  }
  EXPECT_EQ(Tried().size(), 6u);
  EXPECT_EQ(bench.admin.puts().size(), 1u);
}

TEST_F(RegistrationTrial, NothingIsStoredWhileNobodyCanTryIt) {
  bench.Install();
  {
    const std::lock_guard lock(bench.fetcher.mutex);
    bench.fetcher.failure = grpc::Status(grpc::StatusCode::INTERNAL, "secret internals");
  }
  const Element answer = Submit(kImap, NewImap("x"));
  EXPECT_EQ(ConditionOf(answer), "remote-server-timeout");
  EXPECT_EQ(answer.Child("error")->Attr("type"), "wait");
  EXPECT_FALSE(absl::StrContains(ErrorTextOf(answer), "secret"));
  EXPECT_TRUE(bench.admin.puts().empty());
}

TEST_F(RegistrationTrial, ATrialHoldsUpNothingElseAndThereIsOneAtATime) {
  bench.Install();
  bench.fetcher.Hold(true);
  Element slow = MakeStanza("iq", kAnn, kImap, "set", "slow");
  slow.Add(FilledForm(NewImap("x")));
  bench.Route(std::move(slow));
  EXPECT_EQ(Form(kDomain).Attr("type"), "result");
  const Element second = Submit(kImap, NewImap("y"));
  EXPECT_EQ(ConditionOf(second), "resource-constraint");
  EXPECT_NE(ErrorTextOf(second), "");
  bench.fetcher.Hold(false);
  ASSERT_TRUE(bench.RunUntil([this] { return bench.SentWith("\"slow\"") != nullptr; }));
  EXPECT_EQ(bench.SentWith("\"slow\"")->Attr("type"), "result");
  EXPECT_EQ(Submit(kImap, NewImap("y")).Attr("type"), "result");
}

TEST_F(RegistrationTrial, PasswordsAreNotGuessedThroughUs) {
  bench.Install();
  FetcherSays("wrong password", "password");
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(ConditionOf(Submit(kImap, With(NewImap("x"), "password", absl::StrCat("p", i)))),
              "not-acceptable");
  }
  // Untested ones tell by their health, so they count as well.
  EXPECT_EQ(Submit(kImap, With(NewImap("y"), "store_untested", "1")).Attr("type"), "result");
  for (const char* untested : {"0", "1"}) {
    const Element refused = Submit(kImap, With(NewImap("z"), "store_untested", untested));
    EXPECT_EQ(ConditionOf(refused), "resource-constraint");
    EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "five minutes"));
  }
  EXPECT_EQ(Tried().size(), 9u);
  // Others are not kept from it, and what needs no trial goes on.
  FetcherSays("", "");
  EXPECT_EQ(Submit(kImap, NewImap("x"), kBob).Attr("type"), "result");
  EXPECT_EQ(Submit(kWork, {{"interval", "12"}}).Attr("type"), "result");
}

TEST_F(RegistrationTrial, APasswordThatIsNotStoredGoesToWhoNeedsIt) {
  bench.Install();
  ASSERT_EQ(Submit(kImap, With(NewImap("x"), "store_password", "0")).Attr("type"), "result");
  ASSERT_EQ(Submit("mail.example.org/SMTP", With(NewSmtp("y"), "store_password", "0")).Attr("type"),
            "result");
  ASSERT_TRUE(bench.RunUntil([this] {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.held.contains("ann@example.org/x");
  }));
  ASSERT_TRUE(bench.RunUntil([this] { return bench.sender.held().contains("ann@example.org/y"); }));
  EXPECT_EQ(bench.fetcher.held["ann@example.org/x"], "s3cret");
  EXPECT_EQ(bench.sender.held()["ann@example.org/y"], "s3cret");
  ExpectNowhere("s3cret");
}

TEST_F(RegistrationTrial, WithoutAPasswordTheGatewayAsksLaterIfThatIsWished) {
  bench.Install();
  FetcherSays("password needed", "password");
  EXPECT_TRUE(absl::StartsWith(ErrorTextOf(Submit(kImap, With(NewImap("x"), "password", ""))),
                               "Error with 'password' field (Password): "));
  Fields later = With(NewImap("x"), "password", "");
  later["store_password"] = "0";
  EXPECT_EQ(Submit(kImap, later).Attr("type"), "result");
  EXPECT_TRUE(Tried().empty()) << "there is nothing to log in with";
  // Storing it from now on needs one.
  bench.Settle();
  EXPECT_TRUE(
      absl::StartsWith(ErrorTextOf(Submit("x@mail.example.org/IMAP", {{"store_password", "1"}})),
                       "Error with 'password' field (Password): "));
}

TEST(NeedsTrial, WhenTheServerSeesSomethingNewAndCanBeAsked) {
  const struct {
    const char* name;
    bool exists, stored, asking;
    Fields submitted;
    bool needed;
  } cases[] = {
      {"new", false, false, false, NewImap("x"), true},
      {"new, to be asked",
       false,
       false,
       false,
       {{"name", "x"}, {"host", "h"}, {"login", "a"}, {"store_password", "0"}},
       false},
      {"nothing changed", true, true, false, {}, false},
      {"another interval", true, true, false, {{"interval", "9"}}, false},
      {"another port", true, true, false, {{"port", "1993"}}, true},
      {"another password", true, true, false, {{"password", "p"}}, true},
      {"another port, with the held password", true, false, false, {{"port", "1993"}}, true},
      {"another port, nobody knows the password", true, false, true, {{"port", "1993"}}, false},
      {"the password is given while asked", true, false, true, {{"password", "p"}}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    FormSubject subject;
    subject.type = admin::v1::ACCOUNT_TYPE_IMAP;
    admin::v1::Account account = ImapAccount("ann@example.org", "work");
    account.set_store_password(c.stored);
    account.mutable_health()->set_state(c.asking ? admin::v1::HEALTH_STATE_ASKING
                                                 : admin::v1::HEALTH_STATE_OK);
    if (c.exists) subject.existing = std::make_shared<const admin::v1::Account>(account);
    const auto registration = ReadRegistration(c.submitted, subject);
    ASSERT_TRUE(registration.ok()) << registration.status();
    EXPECT_EQ(NeedsTrial(subject, *registration), c.needed);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
