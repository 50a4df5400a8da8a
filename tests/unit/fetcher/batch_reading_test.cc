// Many mails in one round trip, and what servers make of that (RFC 3501 section 6.4.8).

#include "services/fetcher/batch_reading.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"

namespace postern::fetcher {
namespace {

using testing::Await;
using testing::ScriptedStream;

constexpr char kAsk[] = "C: A1 UID FETCH 9:10,12 (UID BODY.PEEK[]<0.65536>)\n";

std::string Body(uint32_t uid, absl::string_view subject) {
  return absl::StrCat("S: * 2 FETCH (UID ", uid, " BODY[]<0> {", subject.size() + 13,
                      "}\nS: Subject: ", subject, "\nS:\nS: )\n");
}
std::string AskAlone(int tag, uint32_t uid) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uid, " (UID BODY.PEEK[]<0.1048576>)\n");
}
std::string Done(int tag) { return absl::StrCat("S: A", tag, " OK\n"); }
std::string Alone(int tag, uint32_t uid, absl::string_view subject) {
  return absl::StrCat(AskAlone(tag, uid), Body(uid, subject), Done(tag));
}

WantedMail Small(uint32_t uid, uint64_t size = 20) {
  WantedMail wanted;
  wanted.facts.uid = uid;
  wanted.facts.size = size;
  wanted.facts.received_unix = 1000 + uid;
  return wanted;
}

// "One,Two,-": the subjects; "-" for a mail that is gone, "?" for one without a subject.
std::string Subjects(const ReadMails& read) {
  return absl::StrJoin(read.mails, ",", [](std::string* out, const auto& mail) {
    absl::StrAppend(out, !mail ? "-" : mail->subject.empty() ? "?" : mail->subject);
  });
}

ReadMails Read(ScriptedStream& stream) {
  imap::Session session(stream);
  return Await(ReadSome(session, {Small(9), Small(10), Small(12)}));
}

struct Case {
  const char* name;
  std::string script;  // behind kAsk
  const char* subjects;
  absl::StatusCode status = absl::StatusCode::kOk;
  bool sure = true;
};

void Check(const Case& c) {
  SCOPED_TRACE(c.name);
  ScriptedStream stream(absl::StrCat(kAsk, c.script));
  const ReadMails read = Read(stream);
  EXPECT_EQ(Subjects(read), c.subjects);
  EXPECT_EQ(read.status.code(), c.status) << read.status;
  if (!read.status.ok()) {
    EXPECT_EQ(read.sure, c.sure);
  }
  EXPECT_EQ(stream.mismatch(), "");
  EXPECT_EQ(stream.Remaining(), "");
}

const std::string kOne = Body(9, "One"), kTwo = Body(10, "Two"), kThree = Body(12, "Three");

TEST(BatchReading, TakesMailsAsTheyCome) {
  const std::string unasked =
      "S: * 3 EXPUNGE\nS: * 7 EXISTS\nS: * 2 FETCH (FLAGS (\\Seen))\n"
      "S: * 2 FETCH (UID 10 FLAGS ())\nS: * OK still there\n";
  const Case cases[] = {
      {"in order", absl::StrCat(kOne, kTwo, kThree, Done(1)), "One,Two,Three"},
      {"out of order", absl::StrCat(kThree, kOne, kTwo, Done(1)), "One,Two,Three"},
      {"twice, the second time another one",
       absl::StrCat(kOne, kTwo, Body(9, "Other"), kThree, Done(1)), "One,Two,Three"},
      {"with others that nobody asked for",
       absl::StrCat(Body(8, "Old"), kOne, Body(11, "Unasked"), kTwo, kThree, Done(1)),
       "One,Two,Three"},
      {"with news in between", absl::StrCat(kOne, unasked, kTwo, kThree, Done(1)), "One,Two,Three"},
  };
  for (const Case& c : cases) Check(c);
}

TEST(BatchReading, AsksByItselfForWhatDidNotCome) {
  const std::string empty = "S: * 2 FETCH (UID 10 BODY[]<0> NIL)\n";
  const std::string cut = absl::StrCat("S: * 2 FETCH (UID 10 BODY[]<0> {65536}\nS: Subject: Cut",
                                       std::string(65536 - 14, 'x'), "\nS: )\n");
  const Case cases[] = {
      {"one is gone", absl::StrCat(kOne, kThree, Done(1), AskAlone(2, 10), Done(2)), "One,-,Three"},
      {"one was left out", absl::StrCat(kOne, kThree, Done(1), Alone(2, 10, "Two")),
       "One,Two,Three"},
      {"none came",
       absl::StrCat(Done(1), Alone(2, 9, "One"), AskAlone(3, 10), Done(3), Alone(4, 12, "Three")),
       "One,-,Three"},
      {"without content",
       absl::StrCat(kOne, empty, kThree, Done(1), AskAlone(2, 10), empty, Done(2)), "One,?,Three"},
      {"larger than the server had said",
       absl::StrCat(kOne, cut, kThree, Done(1), Alone(2, 10, "Two")), "One,Two,Three"},
      {"another client removed one",
       absl::StrCat(kOne, "S: A1 NO [EXPUNGEISSUED] some are gone\n", AskAlone(2, 10),
                    "S: A2 NO [EXPUNGEISSUED] it is gone\n", Alone(3, 12, "Three")),
       "One,-,Three"},
  };
  for (const Case& c : cases) Check(c);
}

TEST(BatchReading, FindsTheMailThatTheServerRefuses) {
  Check({"refused for good",
         absl::StrCat(kOne, "S: A1 NO a mail is damaged\n", AskAlone(2, 10), "S: A2 NO damaged\n"),
         "One", absl::StatusCode::kFailedPrecondition});
}

TEST(BatchReading, KeepsWhatCameBeforeTheConnectionBroke) {
  const Case cases[] = {
      {"BYE", absl::StrCat(kOne, "S: * BYE going down\n"), "One", absl::StatusCode::kUnavailable,
       false},
      {"the last came first", absl::StrCat(kThree, kOne, "S: * BYE going down\n"), "One",
       absl::StatusCode::kUnavailable, false},
      {"senseless", absl::StrCat(kOne, kTwo, "S: * 2 FETCH (UID 12\n"), "One,Two",
       absl::StatusCode::kDataLoss, false},
      {"a literal too large", absl::StrCat(kOne, "S: * 2 FETCH (UID 10 BODY[]<0> {4294967295}\n"),
       "One", absl::StatusCode::kDataLoss, false},
      {"not now", absl::StrCat(kOne, "S: A1 NO [LIMIT] too fast\n"), "One",
       absl::StatusCode::kUnavailable, false},
  };
  for (const Case& c : cases) Check(c);
}

// Each is of a size that it may have.
TEST(BatchReading, EndsAnAnswerWithMoreThanWasAskedFor) {
  const std::string large = absl::StrCat("S: * 2 FETCH (UID 10 BODY[]<0> {60000}\nS: Subject: Big",
                                         std::string(60000 - 14, 'x'), "\nS: )\n");
  std::string often = kOne;
  for (int i = 0; i < 7; ++i) often += large;
  ScriptedStream stream(absl::StrCat(kAsk, often, kThree, Done(1)));
  const ReadMails read = Read(stream);
  EXPECT_EQ(read.status.code(), absl::StatusCode::kDataLoss) << read.status;
  EXPECT_FALSE(read.sure);
  EXPECT_EQ(read.mails.size(), 2u);
}

TEST(BatchReading, CutAnywhereLosesNoMailAndMakesUpNone) {
  const std::string script = absl::StrCat(kAsk, kOne, kThree, Done(1), Alone(2, 10, "Two"));
  const size_t steps = ScriptedStream(script).size();
  for (size_t cut = 0; cut < steps; ++cut) {
    SCOPED_TRACE(cut);
    ScriptedStream stream(script);
    stream.CutAfter(cut);
    const ReadMails read = Read(stream);
    EXPECT_FALSE(read.status.ok());
    EXPECT_EQ(std::string("One,Two,Three").substr(0, Subjects(read).size()), Subjects(read));
    EXPECT_LE(read.mails.size(), 1u) << "the second comes with the last line";
  }
}

TEST(BatchReading, TellsSizeAndTimeOfEachMail) {
  ScriptedStream stream(absl::StrCat(kAsk, kOne, kTwo, kThree, Done(1)));
  const ReadMails read = Read(stream);
  ASSERT_EQ(read.mails.size(), 3u);
  EXPECT_EQ(read.mails[2]->size, 20u);
  EXPECT_EQ(read.mails[2]->received_unix, 1012);
}

TEST(BatchReading, PutsTogetherWhatIsSmall) {
  WantedMail header = Small(3);
  header.depth = Depth::kHeader;
  const std::vector<WantedMail> many(200, Small(1));
  const std::vector<WantedMail> heavy(64, Small(1, 60'000));
  struct {
    const char* name;
    std::vector<WantedMail> wanted;
    size_t count;
  } const cases[] = {
      {"one", {Small(1)}, 1},
      {"three", {Small(1), Small(2), Small(3)}, 3},
      {"up to a large one", {Small(1), Small(2), Small(3, kSmallBytes), Small(4)}, 2},
      {"a large one by itself", {Small(1, 25'000'000), Small(2)}, 1},
      {"up to one that made trouble", {Small(1), Small(2), header, Small(4)}, 2},
      {"so many", many, kTogetherMails},
      {"so many bytes", heavy, kTogetherBytes / 60'000},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(CountTogether(c.wanted), c.count);
  }
}

}  // namespace
}  // namespace postern::fetcher
