#include "services/xmpp-edge/answered_mail.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

constexpr int64_t kNow = 1'000'000;

MailThread From(const char* who, int64_t seconds_ago) {
  MailThread mail;
  mail.answer_to = {{"", who, "example.org"}};
  mail.at_unix = kNow - seconds_ago;
  return mail;
}

std::string Chosen(AnswerCandidates candidates) {
  const auto answered = ChooseAnsweredMail(std::move(candidates), kNow, Words("en"));
  if (!answered.ok()) return "";
  return answered->mail.answer_to.front().local_part + (answered->inferred ? " inferred" : "");
}

TEST(ChooseAnsweredMail, PrefersWhatTheMessageNames) {
  AnswerCandidates candidates;
  candidates.names_message = true;
  candidates.replied = From("ann", 1000);
  candidates.threaded = {From("bob", 100)};
  candidates.newest = {From("eve", 10)};
  EXPECT_EQ(Chosen(candidates), "ann");
  candidates.names_message = false;
  candidates.replied.reset();
  EXPECT_EQ(Chosen(candidates), "bob inferred");
  candidates.threaded.clear();
  EXPECT_EQ(Chosen(candidates), "eve inferred");
}

TEST(ChooseAnsweredMail, GuessesOnlyWhereNobodyElseCouldBeMeant) {
  const struct {
    const char* name;
    std::vector<MailThread> newest;
    const char* chosen;
  } cases[] = {
      {"nobody", {}, ""},
      {"one", {From("ann", 5)}, "ann inferred"},
      {"two of one sender", {From("ann", 5), From("ann", 20)}, "ann inferred"},
      {"two senders at once", {From("ann", 5), From("bob", 20)}, ""},
      {"three, the first of another", {From("ann", 5), From("ann", 9), From("bob", 59)}, ""},
      {"the other a minute before", {From("ann", 5), From("bob", 65)}, "ann inferred"},
      {"both long ago, apart", {From("ann", 3000), From("bob", 3060)}, "ann inferred"},
      {"both long ago, together", {From("ann", 3000), From("bob", 3001)}, ""},
      {"a digest, read later", {From("ann", 600), From("bob", 600), From("eve", 600)}, ""},
      {"the clock was set back", {From("ann", 3000), From("bob", 5)}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    AnswerCandidates candidates;
    candidates.newest = c.newest;
    EXPECT_EQ(Chosen(candidates), c.chosen);
  }
}

TEST(ChooseAnsweredMail, AThreadNamesNobodyWhereSeveralWroteLately) {
  const struct {
    const char* name;
    std::vector<MailThread> threaded;
    const char* chosen;
  } cases[] = {
      {"one", {From("ann", 5)}, "ann inferred"},
      {"a conversation", {From("ann", 5), From("ann", 30), From("ann", 4000)}, "ann inferred"},
      {"another wrote later", {From("bob", 5), From("ann", 4000)}, ""},
      {"another wrote days ago", {From("bob", 5), From("ann", 90000)}, "bob inferred"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    AnswerCandidates candidates;
    candidates.threaded = c.threaded;
    candidates.newest = {From("eve", 3)};
    EXPECT_EQ(Chosen(candidates), c.chosen);
  }
}

TEST(ChooseAnsweredMail, DoesNotGuessWhenTheNamedMessageIsNoMail) {
  AnswerCandidates candidates;
  candidates.names_message = true;
  candidates.newest = {From("ann", 5)};
  EXPECT_EQ(Chosen(candidates), "");
}

TEST(ChooseAnsweredMail, RefusesAMailWithoutASender) {
  AnswerCandidates candidates;
  candidates.threaded = {MailThread()};
  EXPECT_EQ(Chosen(candidates), "");
}

MailThread Received(const char* ref, int64_t seconds_ago) {
  MailThread mail = From("ann", seconds_ago);
  mail.mail_ref = ref;
  return mail;
}

MailThread Own(int64_t seconds_ago) {
  MailThread mail = From("me", seconds_ago);
  mail.is_own = true;
  return mail;
}

TEST(ChooseForwardedMail, IsTheOneThatCanOnlyBeMeant) {
  const struct {
    const char* name;
    std::vector<MailThread> threaded, newest;
    const char* chosen;
  } cases[] = {
      {"nothing", {}, {}, ""},
      {"one", {}, {Received("1", 5)}, "1"},
      {"own mail is passed over", {}, {Own(5), Received("1", 9)}, "1"},
      {"nothing but own mail", {}, {Own(5)}, ""},
      {"two of one sender at once", {}, {Received("2", 5), Received("1", 20)}, ""},
      {"the same fetched again", {}, {Received("1", 5), Received("1", 20)}, "1"},
      {"two apart", {}, {Received("2", 100), Received("1", 200)}, "2"},
      {"of its thread", {Received("1", 500)}, {Received("2", 5)}, "1"},
      {"two of its thread in a day", {Received("2", 500), Received("1", 5000)}, {}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    AnswerCandidates candidates;
    candidates.threaded = c.threaded;
    candidates.newest = c.newest;
    const auto chosen = ChooseForwardedMail(std::move(candidates), kNow, Words("en"));
    EXPECT_EQ(chosen.ok() ? chosen->mail.mail_ref : "", c.chosen);
    EXPECT_TRUE(!chosen.ok() || chosen->inferred);
  }
  AnswerCandidates digest;
  digest.names_message = true;
  digest.threaded = {Received("1", 5)};
  EXPECT_FALSE(ChooseForwardedMail(digest, kNow, Words("en")).ok()) << "it is not the one named";
}

}  // namespace
}  // namespace postern::xmpp_edge
