#include "services/xmpp-edge/rule_commands.h"

#include "absl/strings/str_split.h"
#include "tests/unit/xmpp-edge/rule_bench.h"

namespace postern::xmpp_edge {
namespace {

using Texts = std::vector<std::string>;

class RuleByChat : public ::testing::Test, public RuleBench {
 protected:
  void SetUp() override { Begin(); }

  static bool Has(const std::string& text, const std::string& part) {
    return absl::StrContains(text, part);
  }

  // What is said to a correction (XEP-0308) of the message `w1`.
  std::string Corrected(const std::string& to, const std::string& body) {
    bench.sink.sent.clear();
    Element message = MakeStanza("message", kAnn, to, "chat", absl::StrCat("k", ++said));
    Element replace = MakeElement("replace", "urn:xmpp:message-correct:0");
    message.AddText("body", body).Add(std::move(replace.Set("id", "w1")));
    bench.Route(std::move(message));
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); })) << body;
    return bench.sink.sent.empty() ? "" : bench.sink.sent.front().ChildText("body");
  }
};

TEST_F(RuleByChat, SendersAreMutedAndHeardAgain) {
  EXPECT_TRUE(Has(Said(kDomain, "rules"), "You have no rules."));
  EXPECT_TRUE(Has(Said(kDomain, "mute Anna@Example.org"),
                  "Mail from anna@example.org is not shown to you any more."));
  EXPECT_TRUE(Has(Said(kWork, "mute @spam.example"), "Mail from @spam.example is not shown"));
  EXPECT_EQ(Said(kDomain, "mute anna@example.org"),
            "anna@example.org is muted already: mail from there is not shown to you.");
  EXPECT_EQ(Said(kDomain, "rules"),
            "Your rules, in their order:\n"
            "1. If the sender ends with \"@spam.example\": don't show it\n"
            "2. If the sender is \"anna@example.org\": don't show it");
  EXPECT_EQ(Said(kDomain, "unmute anna@example.org"),
            "New mail from anna@example.org is shown to you again.");
  EXPECT_TRUE(Has(Said(kDomain, "unmute anna@example.org"), "is not muted"));
  EXPECT_EQ(RuleTexts(), Texts{"If the sender ends with \"@spam.example\": don't show it"});
  EXPECT_TRUE(RuleTexts("bob@example.org").empty());
}

TEST_F(RuleByChat, WhatIsWrongIsToldWithWhatToDo) {
  for (const char* body : {"mute", "mute this sender", "vip", "vip off", "unmute"}) {
    SCOPED_TRACE(body);
    EXPECT_TRUE(Has(Said(kDomain, body), "Whose mail? Write"));
  }
  EXPECT_TRUE(Has(Said(kDomain, "mute anna"), "\"anna\" is no mail address; write it like"));
  EXPECT_TRUE(Has(Said(kDomain, "rule delete 1"), "You have no rule 1."));
  EXPECT_TRUE(Has(Said(kDomain, "rule delete x"), "\"x\" is no number of a rule."));
  EXPECT_TRUE(Has(Said(kDomain, "rule off all"), "\"all\" is no number of a rule. Write"));
  EXPECT_TRUE(Has(Said(kDomain, "finger juliet wide please"), "Send \"finger\" with the name"));
  EXPECT_TRUE(Has(Said(kDomain, "rule nonsense"), "with the number of one"));
  EXPECT_TRUE(Has(Said(kDomain, "rule"), "with the number of one"));
  EXPECT_TRUE(Has(Said(kDomain, "why"), "Reply \"why\" to a mail"));
  EXPECT_TRUE(Has(Said(kDomain, "quarantine release 1"), "Write \"quarantine\" first"));
  EXPECT_TRUE(Has(Said(kDomain, "only from my contacts"), "ann\\40example.org@mail.example.org"));
  EXPECT_TRUE(RuleTexts().empty());
  bench.rules.refusal = {grpc::StatusCode::UNAVAILABLE, "redis"};
  EXPECT_TRUE(Has(Said(kDomain, "mute anna@example.org"), "Try again in a minute"));
}

TEST_F(RuleByChat, AReplyNamesTheSenderAndIsNotMailed) {
  Arrive("m1", "romeo");
  Arrive("m2", "juliet", 10);
  EXPECT_TRUE(Has(Said(kWork, "mute this sender", "m1"), "Mail from romeo@example.net is not"));
  EXPECT_TRUE(Has(Said(kWork, "vip this sender", "m2"), "Mail from juliet@example.net is shown"));
  EXPECT_EQ(Said(kWork, "unmute this sender", "m1"),
            "New mail from romeo@example.net is shown to you again.");
  EXPECT_EQ(Said(kWork, "vip off this sender", "m2"),
            "Mail from juliet@example.net is shown as any other mail.");
  EXPECT_TRUE(Has(Said(kWork, "mute this sender", "unknown"), "Which mail do you mean?"));
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(RuleByChat, WithoutAReplyTheNewestMailIsMeantOrNone) {
  EXPECT_TRUE(Has(Said(kWork, "mute this sender"), "Which mail do you mean?"));
  Arrive("m1", "romeo", 500);
  EXPECT_TRUE(Has(Said(kWork, "mute this sender"), "Mail from romeo@example.net is not shown"));
  Arrive("m2", "juliet", 20);
  Arrive("m3", "tybalt", 10);
  EXPECT_TRUE(Has(Said(kWork, "mute this sender"), "Which mail do you mean?"));
  EXPECT_EQ(RuleTexts(), Texts{"If the sender is \"romeo@example.net\": don't show it"});
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(RuleByChat, AnAddressesContactIsItsSender) {
  const std::string bob = "bob\\40example.net@mail.example.org";
  EXPECT_TRUE(Has(Said(bob, "mute this sender"), "Mail from bob@example.net is not shown"));
  for (const char* body : {"rules", "quiet", "rule delete 1", "only from my contacts"}) {
    SCOPED_TRACE(body);
    EXPECT_TRUE(Has(Said(bob, body), "Not mailed: that is a command."));
  }
  EXPECT_TRUE(bench.sender.taken().empty());
  bench.Write(kAnn, bob, "w1", "why");
  bench.Write(kAnn, bob, "w2", "why?");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 2; }));
  EXPECT_EQ(bench.sender.taken().front().draft().text(), "why");
}

TEST_F(RuleByChat, MailIsMailWhereRulesAreNoMatter) {
  Arrive("m1", "romeo");
  for (const char* body :
       {"mute everybody", "quiet please", "2", "two", "yes", "no", "why not tomorrow?",
        "rule of thumb", "Why me?", "rules apply to all of us", "quarantine is over",
        "rules\nof the house", "Subject: a word\nmute"}) {
    SCOPED_TRACE(body);
    const size_t before = bench.sender.taken().size();
    bench.Write(kAnn, kWork, absl::StrCat("mail-", before), body);
    ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() > before; }));
    const std::string sent = bench.sender.taken().back().draft().text();
    EXPECT_TRUE(absl::EndsWith(body, sent)) << sent;
  }
  Element with_subject = MakeStanza("message", kAnn, kWork, "chat", "s1");
  with_subject.AddText("subject", "Re: mute");
  with_subject.AddText("body", "mute this sender");
  const size_t before = bench.sender.taken().size();
  bench.Route(std::move(with_subject));
  EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() > before; }));
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, CommandsThatStandAloneAreNeverMailed) {
  Arrive("m1", "romeo");
  for (const char* contact : {kWork, "out@mail.example.org"}) {
    for (const char* body : {"rules", "Rules.", "quiet", "quiet zone Europe/Berlin", "why not",
                             "Why not?", "quarantine", "quarantine release 1", "rule 3",
                             "rules sieve", "rules try INBOX", "sieve password"}) {
      for (const char* replied : {"", "m1"}) {
        SCOPED_TRACE(absl::StrCat(contact, ": ", body, " ", replied));
        const std::string told = Said(contact, body, replied);
        EXPECT_TRUE(Has(told, "Not mailed: that is a command. Write it to the gateway, mail."));
        EXPECT_TRUE(Has(told, "line \"Subject: \u2026\" before it"));
      }
    }
    for (const char* body : {"mute", "unmute", "vip", "vip off", "mute this sender please"}) {
      SCOPED_TRACE(absl::StrCat(contact, ": ", body));
      const std::string told = Said(contact, body);
      EXPECT_TRUE(Has(told, "Whose mail? Write") && Has(told, "Nothing was mailed.")) << told;
    }
  }
  EXPECT_TRUE(Has(Said("out@mail.example.org", "mute", "m1"), "Nothing was mailed."));
  EXPECT_TRUE(bench.sender.taken().empty());
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, TheyAreHeardInTheLanguageOfTheUser) {
  Arrive("m1", "romeo");
  for (const char* body : {"Regeln", "Ruhe", "warum nicht?", "Quarant\u00e4ne", "rules"}) {
    SCOPED_TRACE(body);
    Element message = MakeStanza("message", kAnn, kWork, "chat", "d1");
    message.Set("xml:lang", "de").AddText("body", body);
    bench.sink.sent.clear();
    bench.Route(std::move(message));
    EXPECT_TRUE(bench.RunUntil([&] { return !bench.sink.sent.empty(); }));
    EXPECT_TRUE(Has(bench.sink.sent.front().ChildText("body"), "\u201eSubject: \u2026\u201c"))
        << bench.sink.sent.front().ChildText("body");
  }
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(RuleByChat, AWordAsAReplyIsAboutThatMailsSender) {
  Arrive("m1", "romeo");
  Arrive("m2", "juliet", 10);
  EXPECT_TRUE(Has(Said(kWork, "mute", "m1"), "Mail from romeo@example.net is not shown"));
  EXPECT_TRUE(Has(Said(kWork, "unmute", "m1"), "New mail from romeo@example.net is shown"));
  EXPECT_TRUE(Has(Said(kWork, "Vip!", "m2"), "Mail from juliet@example.net is shown at once"));
  EXPECT_TRUE(Has(Said(kWork, "vip off", "m2"), "juliet@example.net is shown as any other"));
  EXPECT_TRUE(Has(Said(kWork, "why?", "m1"), "No rule had to do with that mail"));
  EXPECT_TRUE(Has(Said(kWork, "mute", "unknown"), "Which mail do you mean?"));
  EXPECT_TRUE(bench.sender.taken().empty());
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, TheLatestWordAboutASenderCountsAndIsTold) {
  Said(kDomain, "mute anna@example.org");
  const std::string vip = Said(kDomain, "vip anna@example.org");
  EXPECT_TRUE(Has(vip, "is shown at once") && Has(vip, " Not muted any more: anna@example.org."));
  EXPECT_EQ(RuleTexts(),
            Texts{"If the sender is \"anna@example.org\": show it at once, whatever your "
                  "presence and the hour"});
  const std::string muted = Said(kDomain, "mute anna@example.org");
  EXPECT_TRUE(Has(muted, "is not shown to you any more."));
  EXPECT_TRUE(Has(muted, " No VIP any more: anna@example.org."));
  EXPECT_EQ(RuleTexts(), Texts{"If the sender is \"anna@example.org\": don't show it"});
}

TEST_F(RuleByChat, AnAddressAndItsDomainAreToldApart) {
  Said(kDomain, "vip @example.org");
  EXPECT_TRUE(Has(Said(kDomain, "vip off anna@example.org"),
                  "Not anna@example.org alone is a VIP, but all of @example.org."));
  EXPECT_TRUE(Has(Said(kDomain, "mute anna@example.org"), "is not shown to you any more."));
  EXPECT_EQ(RuleTexts(),
            (Texts{"If the sender ends with \"@example.org\": show it at once, whatever "
                   "your presence and the hour",
                   "If the sender is \"anna@example.org\": don't show it"}))
      << "the last one counts";
  Said(kDomain, "vip off @example.org");
  const std::string all = Said(kDomain, "vip @example.org");
  EXPECT_TRUE(Has(all,
                  " Still muted, for an address counts more than its domain: "
                  "anna@example.org. \"unmute anna@example.org\" ends that."))
      << all;
  Said(kDomain, "vip off @example.org");
  Said(kDomain, "vip anna@example.org");
  EXPECT_TRUE(Has(Said(kDomain, "mute @example.org"), " Still a VIP, for an address counts"));
  EXPECT_TRUE(Has(Said(kDomain, "unmute bob@example.org"),
                  "Not bob@example.org alone is muted, but all of @example.org. \"unmute "
                  "@example.org\" ends that."));
}

TEST_F(RuleByChat, AMessageCorrectedToACommandIsNotMailed) {
  Arrive("m1", "romeo");
  bench.Write(kAnn, kWork, "w1", "mutte");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  bench.Settle();
  for (const char* body : {"mute", "mute this sender", "rules", "quiet 22:00-07:00", "why"}) {
    SCOPED_TRACE(body);
    EXPECT_TRUE(Has(Corrected(kWork, body), "Not mailed, and the mail that you corrected is as"));
  }
  EXPECT_EQ(bench.sender.taken().size(), 1u);
  EXPECT_TRUE(RuleTexts().empty());
  EXPECT_TRUE(Has(Corrected(kDomain, "rules"), "You have no rules.")) << "nothing was a mail there";
  EXPECT_TRUE(Has(Corrected(kDomain, "accounts"), "work"));
}

TEST_F(RuleByChat, RulesAreOrderedSwitchedCopiedAndDeleted) {
  Said(kDomain, "mute anna@example.org");
  Said(kDomain, "vip boss@example.org");
  const std::string muted = "If the sender is \"anna@example.org\": don't show it";
  const std::string vip =
      "If the sender is \"boss@example.org\": show it at once, whatever your presence and the hour";
  EXPECT_TRUE(Has(Said(kDomain, "rule up 1"), "It is the first one already."));
  EXPECT_TRUE(Has(Said(kDomain, "rule down 2"), "It is the last one already."));
  EXPECT_EQ(Said(kDomain, "rule up 2"),
            "Moved: " + vip + "\n\nYour rules, in their order:\n1. " + vip + "\n2. " + muted);
  EXPECT_TRUE(Has(Said(kDomain, "rule off 2"), "Off: " + muted + "\n"));
  EXPECT_EQ(RuleTexts(), (Texts{vip, muted + " (off)"}));
  EXPECT_TRUE(Has(Said(kDomain, "rule on 2"), "On: " + muted + "\n"));
  EXPECT_TRUE(Has(Said(kDomain, "rule copy 1"), "Copied"));
  EXPECT_EQ(RuleTexts(), (Texts{vip, vip + " (off)", muted}));
  EXPECT_TRUE(Has(Said(kWork, "rule delete 2"), "Deleted: " + vip + " (off)\n"));
  EXPECT_EQ(Said(kDomain, "rule 2"), "2. " + muted);
  Said(kDomain, "rule delete 1");
  EXPECT_EQ(Said(kDomain, "rule delete 1"), "Deleted: " + muted);
}

TEST_F(RuleByChat, AChangeInBetweenIsNotLost) {
  bench.rules.conflicts = 2;
  EXPECT_TRUE(Has(Said(kDomain, "mute anna@example.org"), "is not shown to you any more"));
  bench.rules.conflicts = 100;
  EXPECT_TRUE(Has(Said(kDomain, "mute bob@example.org"), "Try again in a minute"));
}

TEST_F(RuleByChat, OnlyFromContactsOfAllAccountsOrOfOne) {
  bench.rules.contacts["ann@example.org"] = {"bob@example.net", "eve@example.net"};
  EXPECT_TRUE(Has(Said(kDomain, "only from my contacts"), "(2 addresses)"));
  EXPECT_TRUE(Has(Said(kWork, "only from my contacts"), "is shown already"));
  EXPECT_EQ(RuleTexts(), Texts{"If the sender is none of your contacts: don't show it"});
  EXPECT_TRUE(Has(Said(kDomain, "only from my contacts off"), "whoever it is from"));
  Said(kWork, "only from my contacts");
  EXPECT_EQ(RuleTexts(), Texts{"If the sender is none of your contacts: don't show it (mail of the "
                               "account work)"});
  EXPECT_TRUE(Has(Said(kWork, "only from my contacts off"), "whoever it is from"));
  EXPECT_TRUE(Has(Said(kWork, "only from my contacts off"), "There was no such rule"));
}

TEST_F(RuleByChat, QuietHoursAreThoseOfTheAccounts) {
  EXPECT_TRUE(Has(Said(kDomain, "quiet"), "'work' has no quiet hours."));
  EXPECT_TRUE(Has(Said(kDomain, "quiet 22:00\u201307:00"), "Quiet hours: 22:00-07:00."));
  EXPECT_EQ(bench.admin.watchings().back().watching().quiet_hours(), "22:00-07:00");
  EXPECT_TRUE(Has(Said(kWork, "quiet sa-su 00:00-24:00"), "Quiet hours: SA-SU 00:00-24:00."));
  Said(kDomain, "quiet zone Europe/Berlin");
  EXPECT_EQ(bench.admin.watchings().back().watching().time_zone(), "Europe/Berlin");
  EXPECT_EQ(bench.admin.watchings().back().watching().quiet_hours(), "SA-SU 00:00-24:00");
  EXPECT_EQ(Said(kWork, "quiet off"), "'work' has no quiet hours.");
  EXPECT_EQ(Said(kDomain, "quiet zone Europe/Paris"),
            "The time zone of 'work' is Europe/Paris now: times are told in it, and hours are its. "
            "'work' has no quiet hours.");
}

TEST_F(RuleByChat, ARuleIsMadeFromAMailByNumber) {
  Arrive("m1", "romeo");
  const std::string proposed = Said(kWork, "rule", "m1");
  EXPECT_TRUE(Has(proposed, "A rule for mail like \"Minutes\" from romeo@example.net."));
  EXPECT_TRUE(Has(proposed, "\n1. If the sender is \"romeo@example.net\": don't show it\n"));
  EXPECT_TRUE(Has(proposed, "\n3. If the sender is \"romeo@example.net\": move it to the folder"));
  EXPECT_TRUE(Has(Said(kWork, "99"), "Answer with a number from 1 to"));
  EXPECT_TRUE(Has(Said(kWork, "1 Lists/work"), "That rule moves nothing."));
  EXPECT_EQ(
      Said(kWork, "3 Lists/work \"\\"),
      "Stored: If the sender is \"romeo@example.net\": move it to the folder \"Lists/work \"\\\"");
  EXPECT_EQ(bench.rules.RulesOf("ann@example.org").front().actions(0).value(), "Lists/work \"\\");
  bench.Write(kAnn, kWork, "n1", "2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }))
      << "the question is answered: this is a mail";
}

TEST_F(RuleByChat, NoEndsTheQuestion) {
  Arrive("m1", "romeo");
  Said(kWork, "rule", "m1");
  EXPECT_EQ(Said(kWork, "No"), "Nothing was done.");
  EXPECT_EQ(Said(kDomain, "no"), "There is no question that waits for an answer.");
  EXPECT_EQ(Said(kDomain, "yes"), "There is no question that waits for an answer.");
  bench.Write(kAnn, kWork, "n1", "no");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; })) << "a mail again";
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, WithoutAMailARuleIsProposedForTheAddress) {
  EXPECT_TRUE(Has(Said("bob\\40example.net@mail.example.org", "rule"),
                  "A rule for mail from bob@example.net. Answer with the number of one:\n1. "));
}

TEST_F(RuleByChat, ANumberMayBeAWord) {
  Arrive("m1", "romeo");
  Said(kWork, "rule", "m1");
  EXPECT_TRUE(Has(Said(kWork, "ten"), "Answer with a number from 1 to"));
  EXPECT_TRUE(Has(Said(kWork, "Two"), "Mail from romeo@example.net is shown at once"));
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(RuleByChat, ANewerMailEndsTheQuestion) {
  Arrive("m1", "romeo", 500);
  Arrive("m2", "romeo", 400);
  Said(kWork, "rule", "m1");
  EXPECT_TRUE(Has(Said(kWork, "99"), "Answer with a number from 1 to")) << "m2 was there before";
  Arrive("m3", "romeo", 0);
  bench.Write(kAnn, kWork, "n1", "2");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  EXPECT_EQ(bench.sender.taken().front().draft().text(), "2");
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, WhatOneWroteOneselfDoesNotEndTheQuestion) {
  Arrive("m1", "romeo", 500);
  Said(kWork, "rule", "m1");
  bench.Write(kAnn, kWork, "n1", "Hello");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  ASSERT_TRUE(bench.RunUntil([&] {
    auto newest = testing::Await(bench.io, bench.threads->Newest("ann@example.org", kWork, 1));
    return newest.ok() && !newest->empty() && newest->front().is_own;
  }));
  EXPECT_TRUE(Has(Said(kWork, "2"), "Mail from romeo@example.net is shown at once"));
}

TEST_F(RuleByChat, AReplyToAMailIsNoChoice) {
  Arrive("m1", "romeo");
  Said(kWork, "rule", "m1");
  Element message = MakeStanza("message", kAnn, kWork, "chat", "r1");
  message.AddText("body", "2");
  Element reply = MakeElement("reply", "urn:xmpp:reply:0");
  message.Add(std::move(reply.Set("id", "m1")));
  bench.Route(std::move(message));
  EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  EXPECT_TRUE(RuleTexts().empty());
}

TEST_F(RuleByChat, WhyTellsOfOnesOwnMails) {
  Said(kDomain, "mute romeo@example.net");
  Arrive("m1", "romeo");
  EXPECT_TRUE(Has(Said(kWork, "why", "m1"), "No rule had to do with that mail"));
  rules::v1::Decision decision;
  decision.set_user("ann@example.org");
  decision.set_message_id("m1@origin.example");
  decision.set_subject("Minutes");
  decision.set_from("romeo@example.net");
  rules::v1::Action& action = *decision.add_actions();
  action.mutable_deliver()->set_form(rules::v1::Action::FORM_NONE);
  action.set_program("rules");
  action.set_line(1);
  bench.rules.decisions.push_back(decision);
  decision.set_user("bob@example.org");
  decision.set_subject("Secret");
  bench.rules.decisions.push_back(decision);
  EXPECT_TRUE(
      Has(Said(kWork, "why", "m1"), "don't show it, by your rule 1 (If the sender is \"romeo"));
  const std::string kept = Said(kDomain, "why not ROMEO");
  EXPECT_TRUE(Has(kept, "\"Minutes\" from romeo@example.net: don't show it, by your rule 1"));
  EXPECT_FALSE(Has(Said(kDomain, "why not"), "Secret"));
  EXPECT_TRUE(Has(Said(kDomain, "why not party"), "Rules kept back no such mail"));
}

TEST_F(RuleByChat, WhyTellsTimesInTheZoneThatIsSet) {
  rules::v1::Decision decision;
  decision.set_user("ann@example.org");
  decision.set_account_id("ann@example.org/work");
  decision.set_decided_unix(1700000000);
  decision.add_actions()->mutable_quarantine()->set_reason("spam");
  bench.rules.decisions.push_back(decision);
  EXPECT_TRUE(Has(Said(kDomain, "why not"), "2023-11-14 22:13 UTC"));
  Said(kDomain, "quiet zone Europe/Berlin");
  EXPECT_TRUE(Has(Said(kDomain, "why not"), "2023-11-14 23:13 (Europe/Berlin)"));
  EXPECT_TRUE(Has(Said(kDomain, "quarantine"), "2023-11-14 23:13 (Europe/Berlin)"));
}

TEST_F(RuleByChat, RulesTellsOfTheScriptAndThatItRests) {
  rules::v1::RuleProgram script;
  script.set_scope("ann@example.org");
  script.set_language(rules::v1::RULE_LANGUAGE_SIEVE);
  script.set_file_name("other");
  bench.rules.programs.push_back(script);
  EXPECT_TRUE(Has(Said(kDomain, "rules"), "You have no rules.")) << "it is not in force";
  script.set_file_name("mine");
  script.set_active(true);
  bench.rules.programs.push_back(script);
  EXPECT_EQ(
      Said(kDomain, "rules"),
      "Your script \"mine\" is in force; \"rules export\" shows it.\nYou have no other rules.");
  Said(kDomain, "mute romeo@example.net");
  EXPECT_TRUE(Has(Said(kDomain, "rules"), "\nYour script \"mine\" is in force"));
  bench.rules.programs.back().set_active(false);
  bench.rules.programs.back().set_suspended(true);
  const std::string rests = "\nYour script \"mine\" failed with three mails in a row";
  EXPECT_TRUE(Has(Said(kDomain, "rules"), rests));
  EXPECT_TRUE(Has(Said(kDomain, "rules export"), rests.substr(1)));
  Arrive("m1", "romeo");
  EXPECT_TRUE(Has(Said(kWork, "why", "m1"), rests)) << "that may be why";
}

TEST_F(RuleByChat, QuarantineIsListedAndReleased) {
  EXPECT_TRUE(Has(Said(kDomain, "quarantine"), "Nothing was put into quarantine"));
  rules::v1::Decision decision;
  decision.set_user("ann@example.org");
  decision.set_mail_id("d1");
  decision.set_account_id("ann@example.org/work");
  decision.set_mail_ref("7:m1");
  decision.set_subject("Offer");
  decision.set_from("shop@example.net");
  decision.add_actions()->mutable_quarantine()->set_reason("spam");
  bench.rules.decisions.push_back(decision);
  decision.set_mail_id("d2");
  decision.set_account_id("bob@example.org/his");
  bench.rules.decisions.push_back(decision);
  bench.fetcher.whole["7:m1"].set_subject("Offer");
  const std::string listed = Said(kDomain, "quarantine");
  EXPECT_TRUE(Has(listed, "\n1. ")) << listed;
  EXPECT_TRUE(Has(Said(kDomain, "quarantine release 2"), "not in your mailbox any more"));
  EXPECT_EQ(Said(kDomain, "quarantine release 3"),
            "The list has no such number: its numbers go from 1 to 2.");
  EXPECT_TRUE(Has(Said(kDomain, "quarantine release x"), "Write \"quarantine\" first"));
  bench.sink.sent.clear();
  bench.Write(kAnn, kDomain, "q1", "quarantine release 1");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("\"Offer\" is released") != nullptr; }));
  EXPECT_EQ(bench.sink.sent.front().Attr("from"), kWork);
  EXPECT_FALSE(Has(Said(kDomain, "quarantine"), "\n2. ")) << "released once";
}

TEST_F(RuleByChat, ExportsAndPasswords) {
  EXPECT_TRUE(Has(Said(kDomain, "rules sieve"), "You have no rules."));
  Said(kDomain, "mute romeo@example.net");
  EXPECT_TRUE(Has(Said(kDomain, "rules sieve"), "# 1 rules of ann@example.org"));
  rules::v1::RuleProgram script;
  script.set_scope("ann@example.org");
  script.set_language(rules::v1::RULE_LANGUAGE_SIEVE);
  script.set_name("main");
  script.set_active(true);
  script.set_source("keep;");
  bench.rules.programs.push_back(script);
  script.set_scope("bob@example.org");
  script.set_source("discard;");
  bench.rules.programs.push_back(script);
  const std::string all = Said(kDomain, "rules export");
  EXPECT_TRUE(Has(all, "Your script \"main\", which is in force:\n\nkeep;"));
  EXPECT_FALSE(Has(all, "discard;"));
  EXPECT_TRUE(Has(Said(kDomain, "sieve password"), "offers no ManageSieve"));
  EXPECT_EQ(bench.rules.passwords, 0);
}

TEST(RuleByChatWithSieve, NothingIsKeptForStrangers) {
  RuleBench stranger;
  stranger.bench.managesieve = "sieve.example.org:4190";
  stranger.Begin();
  stranger.user = "tramp@example.com/phone";
  for (const char* wish : {"mute romeo@example.net", "vip romeo@example.net", "sieve password"}) {
    const std::string told = stranger.Said(kDomain, wish);
    EXPECT_TRUE(absl::StrContains(told, "You have no account here yet. Register one first."))
        << wish << ": " << told;
  }
  EXPECT_TRUE(stranger.RuleTexts("tramp@example.com").empty());
  EXPECT_EQ(stranger.bench.rules.passwords, 0);
}

TEST(RuleByChatWithSieve, APasswordIsToldWithHostAndPort) {
  RuleBench ann;
  ann.bench.managesieve = "sieve.example.org:4190";
  ann.Begin();
  const std::string told = ann.Said(kDomain, "sieve password");
  for (const char* part : {"server: sieve.example.org\n", "port: 4190", "login: ann@example.org\n",
                           "password: secret-of-ann@example.org\n"}) {
    EXPECT_TRUE(absl::StrContains(told, part)) << told;
  }
  EXPECT_EQ(ann.Said(kDomain, "sieve password off"), "Your password for ManageSieve is void.");
  EXPECT_EQ(ann.bench.rules.passwords, 0);
}

}  // namespace
}  // namespace postern::xmpp_edge
