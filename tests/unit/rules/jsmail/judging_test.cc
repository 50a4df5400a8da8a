// What JSMail's files do with mails, by the examples of their manual.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/jsmail/compile.h"

namespace postern::rules::jsmail {
namespace {

using ::testing::HasSubstr;

struct Letter {
  std::string header;  // with LF
  std::vector<std::string> recipients = {"ann@ex.org"};
  std::string envelope_from = {};
  bool envelope_known = false;
};

Letter From(const std::string& sender, const std::string& subject = "") {
  return {absl::StrCat("From: ", sender, "\nSubject: ", subject, "\n")};
}

using FrontEnd = Compiled (*)(absl::string_view, const CompileOptions&);

Evaluation Judge(FrontEnd front_end, const std::string& source, const Letter& letter,
                 std::map<std::string, std::string> looked_up = {}) {
  CompileOptions options;
  options.file_name = "f";
  options.operator_rule = true;
  options.local_domain = "ex.org";
  options.read_text = [](absl::string_view name) -> std::optional<std::string> {
    if (name == "o.txt") return std::nullopt;
    return "Hello.\n";
  };
  const Compiled compiled = front_end(source, options);
  EXPECT_TRUE(compiled.program) << source;
  if (!compiled.program) return {};
  const std::string message = absl::StrCat(letter.header, "\nbody\n");
  MessageView view(message);
  Facts facts;
  facts.recipients = letter.recipients;
  facts.envelope_from = letter.envelope_from;
  facts.envelope_known = letter.envelope_known;
  facts.looked_up = std::move(looked_up);
  const auto program = std::make_shared<const PreparedProgram>(compiled.program);
  const Stage stages[] = {{program, true}};
  return EvaluateStages(stages, view, facts, {});
}

bool Rejects(const std::string& source, const Letter& letter) {
  return Judge(CompileReject, source, letter).stopped_by_reject;
}

const char kR1[] = "source:@myhost.com\nsource:!fred@myhost.com\n";
const char kR1Swapped[] = "source:!fred@myhost.com\nsource:@myhost.com\n";
const char kR2[] = "subject:\\$\\$\\$\n";
const char kR3[] = "subject:^[Ss][Ee][Xx]\n";

TEST(RejectFile, JudgesAsTheJsmailManualSays) {
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
      {kR1, "ann@MYHOST.COM", "", true},
      {kR1Swapped, "ann@myhost.com", "", true},
      {kR1Swapped, "fred@myhost.com", "", false},
      {kR1Swapped, "alfred@myhost.com", "", false},
      {kR2, "a@b.c", "win $$$", true},
      {kR2, "a@b.c", "win $$", false},
      {kR2, "a@b.c", "=?utf-8?q?win_=24=24=24?=", true},
      {kR3, "a@b.c", "sEx", true},
      {kR3, "a@b.c", "about sex", false},
      {std::string(kR2) + "source:!boss@", "boss@a.b", "win $$$", false},
      {std::string(kR2) + "source:!boss@", "bob@a.b", "win $$$", true},
      {"subject: foo", "a@b.c", "x foo", true},
      {"subject: foo", "a@b.c", "foo", false},
      {"subject:[!]", "a@b.c", "hi!", true},
      {"subject:\\!", "a@b.c", "hi!", true},
      {"!source:^a@b", "a@b.c", "hi", false},
      {"", "a@b.c", "hi", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.program + " on " + c.from + " \"" + c.subject + "\"");
    EXPECT_EQ(Rejects(c.program, From(c.from, c.subject)), c.rejected);
  }
}

TEST(RejectFile, LooksForTheSourceInEnvelopeFromAndSenderButNotInNames) {
  Letter letter = {"From: \"evil@c.d\" <from@a.b>\nSender: The Sender <sender@a.b>\n"};
  letter.envelope_from = "envelope@a.b";
  for (const char* pattern : {"source:^from@", "source:^envelope@", "source:^sender@"}) {
    SCOPED_TRACE(pattern);
    EXPECT_TRUE(Rejects(pattern, letter));
  }
  EXPECT_FALSE(Rejects("source:evil", letter));
  EXPECT_TRUE(Rejects("source:^Ann@", From("Ann@myhost.com")));
  EXPECT_FALSE(Rejects("source:^ann@", From("Ann@myhost.com"))) << "the local part has case";
  EXPECT_TRUE(Rejects("source:@MYHOST\\.COM$", From("Ann <Ann@MYHOST.COM>")));
}

TEST(RejectFile, RejectsWhenAnyReceivedFieldMatches) {
  const Letter letter = {"Received: from good.net by mx\nreceived: from evil.net by good.net\n"};
  EXPECT_TRUE(Rejects("received:evil\\.net", letter));
  EXPECT_FALSE(Rejects("received:evil\\.org", letter));
  EXPECT_FALSE(Rejects("received:^by", letter));
}

TEST(RejectFile, JudgesEachRecipientByItself) {
  Letter letter = From("a@b.c");
  const auto rejects = [&](const char* source, std::vector<std::string> recipients) {
    letter.recipients = std::move(recipients);
    return Rejects(source, letter);
  };
  EXPECT_TRUE(rejects("destination:list@", {"list@x"}));
  EXPECT_FALSE(rejects("destination:list@", {"bob@x"}));
  EXPECT_FALSE(rejects("destination:list@", {"list@x", "bob@x"}));
  EXPECT_TRUE(rejects("destination:list@", {"list@x", "list@y"}));
  EXPECT_FALSE(rejects("destination:!^bob@\nsubject:^$", {"bob@x", "ann@x"}));
}

TEST(RejectFile, SaysWhichLineMatchedWhat) {
  const Evaluation rejected =
      Judge(CompileReject, "# money\n\n" + std::string(kR2), From("a@b.c", "win $$$"));
  EXPECT_THAT(ActionsJson(rejected), HasSubstr(R"("reason":"f:3: subject:\\$\\$\\$")"));
  EXPECT_EQ(rejected.actions.at(0).line, 3u);
  bool told = false;
  for (const TraceStep& step : rejected.trace)
    told = told || (step.line == 3 && step.text.find(" matched \"win $$$\"") != std::string::npos);
  EXPECT_TRUE(told);

  const Evaluation overridden = Judge(CompileReject, kR1, From("fred@myhost.com"));
  EXPECT_FALSE(overridden.stopped_by_reject);
  EXPECT_THAT(ActionsJson(overridden),
              HasSubstr("f:2: source:!fred@myhost.com overrides f:1: source:@myhost.com"));
  EXPECT_EQ(Judge(CompileReject, "source:!fred@\nsubject:nothing", From("fred@a.b")).actions.size(),
            1u)
      << "an accept line that overrode nothing is none of anybody's business";
}

std::string Subject(const std::string& source, const std::string& subject) {
  const Evaluation evaluation = Judge(CompileSubject, source, From("a@b.c", subject));
  const auto* deliver = std::get_if<DeliverAction>(&evaluation.actions.at(0).kind);
  return deliver != nullptr ? absl::StrJoin(deliver->to, ",") : "";
}

TEST(SubjectFile, SortsAsTheJsmailManualSays) {
  EXPECT_EQ(Subject("ann:^\\[sales\\]", "[sales] hi"), "ann");
  EXPECT_EQ(Subject("ann:^\\[sales\\]", "hi [sales]"), "");
  EXPECT_EQ(Subject("ann: x", "a x"), "ann");
  EXPECT_EQ(Subject("ann: x", "x"), "");
  EXPECT_EQ(Subject("ann:a\nbob:a", "a"), "ann") << "the first";
  EXPECT_FALSE(Judge(CompileSubject, "ann:a", From("a@b.c", "a")).kept);
  EXPECT_TRUE(Judge(CompileSubject, "ann:a", From("a@b.c", "b")).kept);
}

// The actions, and what ran: "run gen, reply, redirect ann@ex.org, keep".
std::string Respond(const std::string& source, const Letter& letter, const char* exit_code = "0") {
  Evaluation evaluation = Judge(CompileResponders, source, letter);
  if (!evaluation.missing.empty())
    evaluation = Judge(CompileResponders, source, letter,
                       {{evaluation.missing.at(0), absl::StrCat(exit_code, "\nmade\n")}});
  std::vector<std::string> done;
  for (const TraceStep& step : evaluation.trace) {
    if (step.action && step.text.find("run ") == 0) done.push_back(step.text);
  }
  for (const Action& action : evaluation.actions) {
    done.emplace_back(ActionName(action));
    if (const auto* redirect = std::get_if<RedirectAction>(&action.kind))
      absl::StrAppend(&done.back(), " ", absl::StrJoin(redirect->addresses, ","));
    if (const auto* reply = std::get_if<ReplyAction>(&action.kind))
      absl::StrAppend(&done.back(), " ", reply->text.substr(0, reply->text.find('\n')));
  }
  return absl::StrJoin(done, ", ");
}

TEST(Responders, AnswerAsTheJsmailManualSays) {
  const Letter please = From("a@b.c", "Info please");
  EXPECT_EQ(Respond("info,info.txt", please), "reply Hello., keep");
  EXPECT_EQ(Respond("info,info.txt", From("a@b.c", "other")), "keep");
  EXPECT_EQ(Respond("info,o.txt,/bin/gen", please), "run \"gen\", reply made, keep");
  EXPECT_EQ(Respond("info,i.txt,!,ann", please), "reply Hello., redirect ann@ex.org, keep");
  EXPECT_EQ(Respond("info,i.txt,/bin/g,ann", please),
            "run \"g\", reply made, redirect ann@ex.org, keep");
  EXPECT_EQ(Respond("info,,!,ann", please), "redirect ann@ex.org, keep");
  EXPECT_EQ(Respond("x,a.txt\ninfo,b.txt\nplease,c.txt", please), "reply Hello., keep") << "one";
}

TEST(Responders, SayNothingWhenTheProgramFails) {
  EXPECT_EQ(Respond("info,o.txt,gen,ann@x.y", From("a@b.c", "info"), "1"),
            "run \"gen\", redirect ann@x.y, keep");
}

TEST(Responders, AnswerNoMachines) {
  const struct {
    const char* value;
    bool answered;
  } cases[] = {{"auto-replied", false},
               {"Auto-Generated; x=y", false},
               {"yes", false},
               {"none", false},
               {"no", true},
               {" NO ; because", true},
               {"n", false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    Letter letter = From("a@b.c", "info");
    letter.header += absl::StrCat("Auto-Submitted: ", c.value, "\n");
    EXPECT_EQ(Respond("info,o.txt,gen,ann", letter),
              c.answered ? "run \"gen\", reply made, redirect ann@ex.org, keep"
                         : "redirect ann@ex.org, keep");
  }
  Letter bounce = From("a@b.c", "info");
  bounce.envelope_known = true;
  EXPECT_EQ(Respond("info,i.txt", bounce), "keep") << "a null return path";
  bounce.envelope_from = "a@b.c";
  EXPECT_EQ(Respond("info,i.txt", bounce), "reply Hello., keep");
}

TEST(Responders, LookForWordsInWhateverCase) {
  EXPECT_EQ(Respond("GR\xC3\x9C\xC3\x9F"
                    "E,i.txt",
                    From("a@b.c", "=?utf-8?q?viele_gr=C3=BC=C3=9Fe?=")),
            "reply Hello., keep");
}

}  // namespace
}  // namespace postern::rules::jsmail
