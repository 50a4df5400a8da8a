// Looks for new mail, and what servers make of them (RFC 3501 sections 2.3.1.1 and 6.4.8).

#include "services/fetcher/imap_look.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"

namespace postern::fetcher {
namespace {

using testing::Await;
using testing::ScriptedStream;

std::string Opening(uint32_t exists, const std::string& uid_next) {
  return absl::StrCat(
      "C: A1 EXAMINE \"INBOX\"\nS: * ", exists, " EXISTS\nS: * OK [UIDVALIDITY 7]\n",
      uid_next.empty() ? "" : absl::StrCat("S: * OK [UIDNEXT ", uid_next, "]\n"), "S: A1 OK\n");
}
std::string Line(uint32_t uid) {
  return absl::StrCat("S: * 1 FETCH (UID ", uid,
                      " RFC822.SIZE 20 INTERNALDATE \"22-Nov-2020 07:00:00 +0000\")\n");
}
std::string List(int tag, const std::string& uids, const std::string& lines) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uids, " (UID RFC822.SIZE INTERNALDATE)\n", lines,
                      "S: A", tag, " OK\n");
}
std::string ListWithBytes(int tag, const std::string& uids, const std::string& lines) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uids,
                      " (UID BODY.PEEK[]<0.65536> RFC822.SIZE INTERNALDATE)\n", lines, "S: A", tag,
                      " OK\n");
}
std::string WithBytes(uint32_t uid, uint64_t size, absl::string_view subject) {
  return absl::StrCat("S: * 2 FETCH (UID ", uid, " RFC822.SIZE ", size, " BODY[]<0> {",
                      subject.size() + 13, "}\nS: Subject: ", subject, "\nS:\nS: )\n");
}
std::string Noop(int tag, const std::string& news) {
  return absl::StrCat("C: A", tag, " NOOP\n", news, "S: A", tag, " OK\n");
}

class ImapLookTest : public ::testing::Test {
 protected:
  void Play(const std::string& script) {
    stream_.emplace(script);
    session_.emplace(*stream_);
    look_.emplace(*session_);
    ASSERT_TRUE(Await(session_->Examine("INBOX")).ok());
  }
  // "9,10+": the UIDs, and whether there are more.
  std::string Look(uint32_t last_uid, bool wants_bytes = true) {
    const auto found = Await(look_->Look(last_uid, wants_bytes));
    if (!found.ok()) return std::string(found.status().message());
    const std::string uids = absl::StrJoin(
        found->mails, ",", [](std::string* out, const auto& m) { absl::StrAppend(out, m.uid); });
    return absl::StrCat(uids, found->more ? "+" : "");
  }
  // The subjects of those that came along.
  std::string Along(std::vector<uint32_t> uids, Depth depth = Depth::kAll) {
    std::vector<WantedMail> wanted;
    for (uint32_t uid : uids) wanted.emplace_back().facts.uid = uid;
    for (WantedMail& each : wanted) each.depth = depth;
    const ReadMails read = look_->TakeAlong(wanted);
    return absl::StrJoin(read.mails, ",", [](std::string* out, const auto& mail) {
      absl::StrAppend(out, mail ? mail->subject : "-");
    });
  }
  void Over() {
    EXPECT_EQ(stream_->mismatch(), "");
    EXPECT_EQ(stream_->Remaining(), "");
  }

  std::optional<ScriptedStream> stream_;
  std::optional<imap::Session> session_;
  std::optional<ImapLook> look_;
};

// Dovecot and Courier do so when the file of one mail is damaged.
TEST_F(ImapLookTest, FindsTheOthersWhenTheListIsRefused) {
  Play(absl::StrCat(Opening(3, "12"), "C: A2 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n",
                    Line(9), "S: A2 NO [SERVERBUG] some messages could not be fetched\n",
                    "C: A3 UID FETCH 9:* (UID)\nS: * 1 FETCH (UID 9)\nS: * 2 FETCH (UID 10)\n",
                    "S: * 3 FETCH (UID 11)\nS: A3 OK\n"));
  const auto found = Await(look_->Look(8, true));
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->mails.size(), 3u);
  EXPECT_EQ(found->mails[0].size, 20u) << "as it was told";
  EXPECT_EQ(found->mails[1].size, kWholeBytes);
  EXPECT_EQ(found->mails[2].uid, 11u);
}

TEST_F(ImapLookTest, ListsAHugeBacklogInPiecesAndEachPieceOnce) {
  std::string first, second;
  for (uint32_t uid = 9; uid <= 2008; ++uid) absl::StrAppend(&first, Line(uid));
  for (uint32_t uid = 2009; uid <= 3000; ++uid) absl::StrAppend(&second, Line(uid));
  Play(absl::StrCat(Opening(3000, "3001"), List(2, "9:2008", first), List(3, "2009:*", second)));
  const auto found = Await(look_->Look(8, true));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->mails.size(), 2000u);
  EXPECT_TRUE(found->more);
  const auto rest = Await(look_->Look(2008, true));
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->mails.size(), 992u);
  EXPECT_FALSE(rest->more);
  Over();
}

TEST_F(ImapLookTest, CrossesGapsBetweenUidsInEverLongerSteps) {
  Play(absl::StrCat(Opening(3, "4000000000"), List(2, "9:2008", ""),
                    List(3, "2009:10008", Line(5000)), List(4, "10009:42008", ""),
                    List(5, "42009:170008", ""), List(6, "170009:682008", ""),
                    List(7, "682009:2730008", ""), List(8, "2730009:10922008", ""),
                    List(9, "10922009:43690008", ""), List(10, "43690009:174762008", ""),
                    List(11, "174762009:699050008", ""), List(12, "699050009:2796202008", ""),
                    List(13, "2796202009:*", Line(3999999999))));
  EXPECT_EQ(Look(8), "5000,3999999999");
  Over();
}

TEST_F(ImapLookTest, NeedsNoUidNextAndBelievesNoneThatIsOld) {
  const struct {
    const char* name;
    const char* uid_next;
  } cases[] = {{"none", ""}, {"stuck", "9"}, {"zero", "0"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Play(absl::StrCat(Opening(9, c.uid_next), List(2, "9:*", absl::StrCat(Line(9), Line(3000)))));
    EXPECT_EQ(Look(8), "9,3000");
    Over();
  }
}

TEST_F(ImapLookTest, TakesWhatServersSayAtTheEndForWhatItIs) {
  const struct {
    const char* name;
    std::string lines;
    const char* found;
  } cases[] = {
      {"the last mail, which is old", Line(8), ""},
      {"twice", absl::StrCat(Line(9), Line(10), Line(9)), "9,10"},
      {"out of order", absl::StrCat(Line(11), Line(9)), "9,11"},
      {"flags alone", "S: * 1 FETCH (UID 9 FLAGS ())\n", ""},
      {"without FLAGS, without UID", "S: * 1 FETCH (RFC822.SIZE 5)\n", ""},
      {"removed meanwhile", absl::StrCat(Line(9), "S: * 1 EXPUNGE\nS: * 0 EXISTS\n"), "9"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Play(absl::StrCat(Opening(1, "9"), List(2, "9:*", c.lines)));
    EXPECT_EQ(Look(8), c.found);
    Over();
  }
}

TEST_F(ImapLookTest, PassesOverNoMailOfWhichTheServerTellsNoSize) {
  Play(Opening(3, "12") +
       List(2, "9:*",
            Line(9) + "S: * 2 FETCH (UID 10 INTERNALDATE \"22-Nov-2020 07:00:00 +0000\")\n" +
                "S: * 1 FETCH (UID 9 FLAGS (\\Seen))\n" + Line(11)));
  EXPECT_EQ(Look(8), "9,10,11");
}

TEST_F(ImapLookTest, BringsTheBytesOfAFewMailsAlong) {
  Play(absl::StrCat(Opening(1, "9"), List(2, "9:*", Line(8)), Noop(3, "S: * 3 EXISTS\n"),
                    ListWithBytes(4, "9:*",
                                  absl::StrCat(WithBytes(8, 19, "Old"), WithBytes(10, 19, "Two"),
                                               WithBytes(9, 19, "One")))));
  EXPECT_EQ(Look(8), "");
  ASSERT_TRUE(Await(session_->Noop()).ok());
  EXPECT_EQ(Look(8), "9,10");
  EXPECT_EQ(Along({9, 10, 11}), "One,Two");
  EXPECT_EQ(Along({9}), "") << "once";
  Over();
}

// A mail to everybody comes to all connections at once.
TEST_F(ImapLookTest, BringsBytesAlongForSoManyConnectionsAtOnce) {
  const std::string before = absl::StrCat(Opening(1, "9"), List(2, "9:*", ""));
  const std::string with_bytes = absl::StrCat(before, Noop(3, "S: * 2 EXISTS\n"),
                                              ListWithBytes(4, "9:*", WithBytes(9, 19, "One")));
  struct Connection {
    explicit Connection(const std::string& script) : stream(script), session(stream) {}
    ScriptedStream stream;
    imap::Session session;
    ImapLook look{session};
  };
  std::vector<std::unique_ptr<Connection>> others;
  for (size_t i = 0; i < ImapLook::kMostWithBytes; ++i) {
    Connection& other = *others.emplace_back(std::make_unique<Connection>(with_bytes));
    ASSERT_TRUE(Await(other.session.Examine("INBOX")).ok());
    ASSERT_TRUE(Await(other.look.Look(8, true)).ok());
    ASSERT_TRUE(Await(other.session.Noop()).ok());
    ASSERT_TRUE(Await(other.look.Look(8, true)).ok());
    EXPECT_EQ(other.stream.mismatch(), "");
  }
  Play(absl::StrCat(before, Noop(3, "S: * 2 EXISTS\n"), List(4, "9:*", Line(9)),
                    Noop(5, "S: * 3 EXISTS\n"),
                    ListWithBytes(6, "10:*", WithBytes(10, 19, "Two"))));
  EXPECT_EQ(Look(8), "");
  ASSERT_TRUE(Await(session_->Noop()).ok());
  EXPECT_EQ(Look(8), "9");
  EXPECT_EQ(Along({9}), "") << "it is read by the budget";
  others.pop_back();
  ASSERT_TRUE(Await(session_->Noop()).ok());
  EXPECT_EQ(Look(9), "10");
  EXPECT_EQ(Along({10}), "Two");
  Over();
}

TEST_F(ImapLookTest, ReadsByItselfWhatDidNotComeWhole) {
  Play(absl::StrCat(
      Opening(1, "9"), List(2, "9:*", ""), Noop(3, "S: * 4 EXISTS\n"),
      ListWithBytes(4, "9:*",
                    absl::StrCat(WithBytes(9, 19, "One"), WithBytes(10, 70'000, "Large"), Line(11),
                                 WithBytes(12, 19, "Four")))));
  EXPECT_EQ(Look(8), "");
  ASSERT_TRUE(Await(session_->Noop()).ok());
  EXPECT_EQ(Look(8), "9,10,11,12");
  EXPECT_EQ(Along({9}, Depth::kHeader), "") << "it made trouble: less of it is wanted";
  EXPECT_EQ(Along({9, 10, 11, 12}), "One");
  EXPECT_EQ(Along({10, 11, 12}), "");
  EXPECT_EQ(Along({12}), "Four");
  Over();
}

TEST_F(ImapLookTest, ListsOnlyWhereManyMayComeOrNoneAreRead) {
  const struct {
    const char* name;
    uint32_t exists;    // after the first look
    uint32_t last_uid;  // at the second one
    bool wants_bytes;
  } cases[] = {
      {"too many", 10, 8, true},
      {"nobody reads them now", 2, 8, false},
      {"none more", 1, 8, true},
      {"fewer", 0, 8, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Play(absl::StrCat(Opening(1, "9"), List(2, "9:*", ""),
                      Noop(3, absl::StrCat("S: * ", c.exists, " EXISTS\n")),
                      List(4, "9:*", Line(9))));
    EXPECT_EQ(Look(8), "");
    ASSERT_TRUE(Await(session_->Noop()).ok());
    EXPECT_EQ(Look(c.last_uid, c.wants_bytes), "9");
    Over();
  }
}

TEST_F(ImapLookTest, BringsNothingAlongWhileMailsOfTheLastLookWait) {
  Play(absl::StrCat(Opening(2, "10"), List(2, "9:*", Line(9)), Noop(3, "S: * 3 EXISTS\n"),
                    List(4, "9:*", absl::StrCat(Line(9), Line(10)))));
  EXPECT_EQ(Look(8), "9");
  ASSERT_TRUE(Await(session_->Noop()).ok());
  EXPECT_EQ(Look(8), "9,10");
  Over();
}

}  // namespace
}  // namespace postern::fetcher
