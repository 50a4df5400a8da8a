#include "services/rules/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/rules/jsmail_reject.h"

namespace postern::rules {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ProgramPtr Compile(const std::string& source, const std::string& name = "reject.txt") {
  auto file = ParseRejectFile(source, name);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? std::make_shared<const Program>(std::move(file->program)) : nullptr;
}

mail::Address Spec(const std::string& text) {
  const size_t at = text.rfind('@');
  return {"", text.substr(0, at), text.substr(at + 1)};
}

mail::Mail From(const std::string& sender, const std::string& subject = "") {
  mail::Mail mail;
  mail.from = {Spec(sender)};
  mail.subject = subject;
  return mail;
}

Judgement JudgeBy(const std::string& source, const mail::Mail& mail,
                  const std::vector<std::string>& recipients = {}) {
  const ProgramPtr stages[] = {Compile(source)};
  return Judge(stages, GatherFacts(mail, recipients));
}

const char kR1[] = "source:@myhost.com\nsource:!fred@myhost.com\n";
const char kR1Swapped[] = "source:!fred@myhost.com\nsource:@myhost.com\n";
const char kR2[] = "subject:\\$\\$\\$\n";
const char kR3[] = "subject:^[Ss][Ee][Xx]\n";

TEST(Engine, JudgesAsTheJsmailManualSays) {
  const struct {
    std::string program;
    const char* from;
    const char* subject;
    bool rejected;
  } cases[] = {
      {kR1, "ann@myhost.com", "", true},
      {kR1, "fred@myhost.com", "", false},
      {kR1, "ann@myhostXcom", "", true},
      {kR1, "fred@myhostXcom", "", false},
      {kR1, "alfred@myhost.com", "", false},
      {kR1, "x@other", "", false},
      {kR1Swapped, "ann@myhost.com", "", true},
      {kR1Swapped, "fred@myhost.com", "", false},
      {kR1Swapped, "alfred@myhost.com", "", false},
      {kR2, "a@b.c", "win $$$", true},
      {kR2, "a@b.c", "win $$", false},
      {kR3, "a@b.c", "sEx", true},
      {kR3, "a@b.c", "about sex", false},
      {std::string(kR2) + "source:!boss@", "boss@a.b", "win $$$", false},
      {std::string(kR2) + "source:!boss@", "bob@a.b", "win $$$", true},
      {"subject: foo", "a@b.c", "x foo", true},
      {"subject: foo", "a@b.c", "foo", false},
      {"subject:[!]", "a@b.c", "hi!", true},
      {"subject:\\!", "a@b.c", "hi!", true},
      {"", "a@b.c", "hi", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.program + " on " + c.from + " \"" + c.subject + "\"");
    const Judgement judgement = JudgeBy(c.program, From(c.from, c.subject));
    EXPECT_EQ(judgement.verdict, c.rejected ? Verdict::kReject : Verdict::kKeep);
    EXPECT_EQ(judgement.program_hash.empty(), judgement.reason.empty());
    EXPECT_FALSE(c.rejected && judgement.reason.empty());
  }
}

TEST(Engine, TriesAnAddressAsWrittenAndWithALowerCaseDomain) {
  mail::Mail mail = From("Ann@myhost.com");
  mail.headers = {{"From", "Ann <Ann@MYHOST.COM>"}};
  EXPECT_EQ(JudgeBy("source:@myhost\\.com$", mail).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("source:@MYHOST\\.COM$", mail).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("source:^Ann@", mail).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("source:^ann@", mail).verdict, Verdict::kKeep) << "the local part has case";
  mail::Mail bounce;
  bounce.envelope_from = "daemon@MYHOST.COM";
  EXPECT_EQ(JudgeBy("source:@myhost\\.com$", bounce).verdict, Verdict::kReject);
}

TEST(Engine, LooksForTheSourceInEnvelopeFromAndSenderButNotInNames) {
  mail::Mail mail = From("from@a.b");
  mail.from[0].display_name = "evil@c.d";
  mail.envelope_from = "envelope@a.b";
  mail.headers = {{"Sender", "The Sender <sender@a.b>"}};
  for (const char* pattern : {"source:^from@", "source:^envelope@", "source:^sender@"}) {
    SCOPED_TRACE(pattern);
    EXPECT_EQ(JudgeBy(pattern, mail).verdict, Verdict::kReject);
  }
  EXPECT_EQ(JudgeBy("source:evil", mail).verdict, Verdict::kKeep);
}

TEST(Engine, RejectsWhenAnyReceivedFieldMatches) {
  mail::Mail mail = From("a@b.c");
  mail.headers = {{"Received", "from good.net by mx"}, {"received", "from evil.net by good.net"}};
  EXPECT_EQ(JudgeBy("received:evil\\.net", mail).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("received:evil\\.org", mail).verdict, Verdict::kKeep);
  EXPECT_EQ(JudgeBy("received:^by", mail).verdict, Verdict::kKeep);
}

TEST(Engine, JudgesEachRecipientByItself) {
  const char program[] = "destination:list@";
  const mail::Mail mail = From("a@b.c");
  EXPECT_EQ(JudgeBy(program, mail, {"list@x"}).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy(program, mail, {"bob@x"}).verdict, Verdict::kKeep);
  EXPECT_EQ(JudgeBy(program, mail, {"list@x", "bob@x"}).verdict, Verdict::kKeep);
  EXPECT_EQ(JudgeBy(program, mail, {"list@x", "list@y"}).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("destination:!^bob@\nsubject:^$", mail, {"bob@x", "ann@x"}).verdict,
            Verdict::kKeep);
}

TEST(Engine, TakesToAndCcForTheRecipientOfAMailWithoutEnvelope) {
  mail::Mail mail = From("a@b.c");
  mail.to = {Spec("bob@x")};
  mail.cc = {Spec("list@x")};
  EXPECT_EQ(JudgeBy("destination:list@", mail).verdict, Verdict::kReject);
  EXPECT_EQ(JudgeBy("destination:carol@", mail).verdict, Verdict::kKeep);
}

TEST(Engine, AcceptOverridesOnlyItsOwnScope) {
  const ProgramPtr site = Compile("subject:spam", "site.txt");
  const ProgramPtr user = Compile("source:!^boss@\nsubject:ham", "user.txt");
  const auto judge = [&](const mail::Mail& mail) {
    const ProgramPtr stages[] = {site, user};
    return Judge(stages, GatherFacts(mail, {}));
  };
  EXPECT_EQ(judge(From("boss@a.b", "spam")).verdict, Verdict::kReject) << "the site's word";
  EXPECT_EQ(judge(From("boss@a.b", "ham")).verdict, Verdict::kKeep);
  EXPECT_EQ(judge(From("bob@a.b", "ham")).verdict, Verdict::kReject);

  const ProgramPtr lenient = Compile("source:!^boss@\nsubject:ham", "site.txt");
  const ProgramPtr strict = Compile("subject:ham", "user.txt");
  const ProgramPtr stages[] = {lenient, strict};
  const Judgement judgement = Judge(stages, GatherFacts(From("boss@a.b", "ham"), {}));
  EXPECT_EQ(judgement.verdict, Verdict::kReject) << "the user's word, whatever the site accepts";
  EXPECT_THAT(judgement.reason, HasSubstr("user.txt:1"));
}

TEST(Engine, SkipsAbsentStages) {
  const ProgramPtr stages[] = {nullptr, Compile("subject:x"), nullptr};
  EXPECT_EQ(Judge(stages, GatherFacts(From("a@b.c", "x"), {})).verdict, Verdict::kReject);
  EXPECT_EQ(Judge({}, GatherFacts(From("a@b.c", "x"), {})).verdict, Verdict::kKeep);
}

TEST(Engine, SaysWhichLineMatchedWhat) {
  const Judgement rejected = JudgeBy("# money\n\nsubject:\\$\\$\\$", From("a@b.c", "win $$$"));
  EXPECT_EQ(rejected.reason, "reject.txt:3: subject:\\$\\$\\$ matched \"win $$$\"");
  EXPECT_EQ(rejected.program_hash.size(), 64u);

  const Judgement overridden = JudgeBy(kR1, From("fred@myhost.com"));
  EXPECT_EQ(overridden.verdict, Verdict::kKeep);
  EXPECT_EQ(overridden.reason,
            "reject.txt:2: source:!fred@myhost.com matched \"fred@myhost.com\", which overrides "
            "reject.txt:1: source:@myhost.com matched \"fred@myhost.com\"");

  const Judgement unneeded = JudgeBy("source:!fred@\nsubject:nothing", From("fred@a.b"));
  EXPECT_EQ(unneeded.reason, "") << "an accept line that overrode nothing explains nothing";
}

TEST(Engine, CutsLongValuesInReasons) {
  const Judgement judgement =
      JudgeBy("subject:x", From("a@b.c", std::string(100, 'y') + std::string(1000, 'x')));
  EXPECT_LT(judgement.reason.size(), 300u);
  EXPECT_THAT(judgement.reason, AllOf(HasSubstr("yyy"), HasSubstr("…")));
}

TEST(Engine, LooksAtABoundedPartOfAMail) {
  mail::Mail mail = From("a@b.c");
  mail.headers.push_back({"Received", std::string(kMaxMatchedBytes, 'r')});
  mail.headers.push_back({"Received", "evil"});
  EXPECT_EQ(JudgeBy("received:evil", mail).verdict, Verdict::kKeep);
  mail.headers.clear();
  for (size_t i = 0; i < kMaxReceivedFields; ++i)
    mail.headers.push_back({"Received", "hop " + std::to_string(i)});
  mail.headers.push_back({"Received", "evil"});
  EXPECT_EQ(JudgeBy("received:evil", mail).verdict, Verdict::kKeep);
}

}  // namespace
}  // namespace postern::rules
