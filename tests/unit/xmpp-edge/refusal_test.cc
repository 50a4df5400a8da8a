#include "services/xmpp-edge/refusal.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/texts/refusals.h"

namespace postern::xmpp_edge {
namespace {

TEST(MeaningOf, KnowsWhatMailServersMean) {
  const struct {
    const char* answer;
    Refusal meaning;
  } cases[] = {
      {"550 5.1.1 no such user", Refusal::kNoSuchMailbox},
      {"550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 Please",
       Refusal::kNoSuchMailbox},
      {"550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", Refusal::kNoSuchMailbox},
      {"550 unknown user", Refusal::kNoSuchMailbox},
      {"550 No such person here", Refusal::kNoSuchMailbox},
      {"550 5.0.0 mailbox not found", Refusal::kNoSuchMailbox},
      {"551 5.1.6 gone", Refusal::kMoved},
      {"550 5.1.2 no such domain", Refusal::kNoSuchDomain},
      {"5.4.4 unable to look up host", Refusal::kNoSuchDomain},
      {"501 5.1.3 bad address syntax", Refusal::kBadAddress},
      {"550 5.1.8 sender domain does not exist", Refusal::kSenderRefused},
      {"550 5.2.1 disabled", Refusal::kMailboxClosed},
      {"552 5.2.2 over quota", Refusal::kMailboxFull},
      {"452 4.2.2 over quota", Refusal::kMailboxFull},
      {"552 mailbox full", Refusal::kMailboxFull},
      {"552 storage exceeded", Refusal::kMailboxFull},
      {"552 message too large", Refusal::kTooLarge},
      {"552 5.3.4 too big", Refusal::kTooLarge},
      {"552 5.2.3 limit", Refusal::kTooLarge},
      {"452 4.5.3 too many recipients", Refusal::kTooMany},
      {"4.4.1 connect to mx: timed out", Refusal::kUnreachable},
      {"5.4.7 delivery time expired", Refusal::kUnreachable},
      {"5.4.6 too many hops", Refusal::kLoop},
      {"550 5.6.7 no SMTPUTF8", Refusal::kNeedsUtf8},
      {"554 5.7.1 relay access denied", Refusal::kNotAllowed},
      {"554 5.7.1 blocked using zen.spamhaus.org", Refusal::kSpam},
      {"554 this looks like spam", Refusal::kSpam},
      {"550 5.7.26 not authenticated: DMARC", Refusal::kNotProvenYours},
      {"535 5.7.8 bad credentials", Refusal::kSignInFirst},
      {"530 authenticate first", Refusal::kSignInFirst},
      {"450 4.2.0 greylisted, come again", Refusal::kGreylisted},
      {"451 4.7.1 Greylisting in action", Refusal::kGreylisted},
      {"421 4.7.28 unusual rate of mail", Refusal::kTooFast},
      {"450 4.7.1 try later", Refusal::kUnclear},
      {"550 no", Refusal::kUnclear},
      {"450 later", Refusal::kUnclear},
      {"host 192.5.1.1 said no such user", Refusal::kUnclear},
      {"cancelled by the operator", Refusal::kUnclear},
      {"", Refusal::kUnclear},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.answer);
    EXPECT_EQ(MeaningOf(c.answer), c.meaning);
  }
}

TEST(Meaning, IsASentenceForEveryRefusalButTheUnclearOne) {
  const Words english("en");
  EXPECT_EQ(texts::Meaning(english, Refusal::kUnclear), "");
  for (int i = 1; i <= static_cast<int>(Refusal::kTooFast); ++i) {
    const std::string sentence = texts::Meaning(english, static_cast<Refusal>(i));
    ASSERT_FALSE(sentence.empty()) << i;
    EXPECT_EQ(sentence.back(), '.');
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
