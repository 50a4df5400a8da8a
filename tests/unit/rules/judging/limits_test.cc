// What stops rules that go wrong: the breaker of automatic answers, three strikes.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/rules/judging/answer_breaker.h"
#include "services/rules/judging/strikes.h"

namespace postern::rules {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'770'000'000);

TEST(AnswerBreaker, StopsAnswersThatAreTooManyForTheMail) {
  AnswerBreaker breaker;
  breaker.NoteMails(kNoon, 60);
  breaker.NoteAnswers(kNoon, 50);
  EXPECT_TRUE(breaker.MayAnswer(kNoon)) << "a few are never too many";
  breaker.NoteAnswers(kNoon + absl::Minutes(5), 1);
  EXPECT_FALSE(breaker.MayAnswer(kNoon + absl::Minutes(5)));
  EXPECT_FALSE(breaker.MayAnswer(kNoon + absl::Minutes(14)));
  EXPECT_TRUE(breaker.MayAnswer(kNoon + absl::Minutes(15)));
}

TEST(AnswerBreaker, LetsThemThroughWhereMuchMailComesIn) {
  AnswerBreaker breaker;
  breaker.NoteMails(kNoon, 1000);
  breaker.NoteAnswers(kNoon, 400);
  EXPECT_TRUE(breaker.MayAnswer(kNoon));
}

TEST(AnswerBreaker, ForgetsAfterTenMinutes) {
  AnswerBreaker breaker;
  breaker.NoteAnswers(kNoon, 50);
  breaker.NoteAnswers(kNoon + absl::Minutes(11), 50);
  EXPECT_TRUE(breaker.MayAnswer(kNoon + absl::Minutes(11)));
}

TEST(Strikes, CountsDifferentMailsInARow) {
  Strikes strikes;
  EXPECT_FALSE(strikes.Failed("ann", "s1", "m1"));
  EXPECT_FALSE(strikes.Failed("ann", "s1", "m1")) << "the same, judged again";
  EXPECT_FALSE(strikes.Failed("ann", "s1", "m2"));
  EXPECT_FALSE(strikes.Failed("bob", "s1", "m9")) << "another's";
  EXPECT_TRUE(strikes.Failed("ann", "s1", "m3"));
  EXPECT_FALSE(strikes.Failed("ann", "s1", "m4")) << "from the beginning";
}

TEST(Strikes, BeginsAnewAfterASuccessAndWithAnotherScript) {
  Strikes strikes;
  strikes.Failed("ann", "s1", "m1");
  strikes.Failed("ann", "s1", "m2");
  strikes.Passed("ann");
  EXPECT_FALSE(strikes.Failed("ann", "s1", "m3"));
  strikes.Failed("ann", "s1", "m4");
  EXPECT_FALSE(strikes.Failed("ann", "s2", "m5"));
  EXPECT_FALSE(strikes.Failed("ann", "s2", "m6"));
  EXPECT_TRUE(strikes.Failed("ann", "s2", "m7"));
}

}  // namespace
}  // namespace postern::rules
