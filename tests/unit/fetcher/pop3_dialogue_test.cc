#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/pop3/session.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"
#include "tests/unit/fetcher/dialogue.h"

namespace postern::fetcher {
namespace {

using testing::AllDialogues;
using testing::Await;
using testing::Dialogue;
using testing::ScriptedStream;

std::string Describe(const std::string& id, const mail::Mail& mail) {
  std::string out =
      absl::StrCat(id, mail.subject.empty() ? "" : " ", mail.subject, " ", mail.received_unix);
  if (!mail.text.empty() && mail.received_unix == 0) {
    absl::StrAppend(&out, " [", absl::StrReplaceAll(mail.text, {{"\n", "|"}}), "]");
  }
  if (mail.text_truncated) absl::StrAppend(&out, " truncated");
  for (const std::string& defect : mail.defects) absl::StrAppend(&out, " <", defect, ">");
  return out;
}

net::Task<absl::Status> LogIn(pop3::Session& session, const Dialogue& dialogue) {
  if (absl::Status s = co_await session.Greet(); !s.ok()) co_return s;
  const std::string host = "pop3.example.org";
  if (dialogue.Fact("connection") == "starttls") {
    if (absl::Status s = co_await session.StartTls(host); !s.ok()) co_return s;
  }
  const auto rule = dialogue.Fact("password") == "any" ? PasswordRule::kAnyConnection
                                                       : PasswordRule::kEncryptedOnly;
  const sasl::Credentials credentials = CredentialsOf(dialogue, host);
  co_return co_await session.Login(credentials, rule);
}

// What a watcher does with a connection, once through; mails called "old" are known.
net::Task<absl::Status> Converse(net::ByteStream& stream, const Dialogue& dialogue,
                                 std::vector<std::string>& mails) {
  pop3::Session session(stream);
  if (absl::Status s = co_await LogIn(session, dialogue); !s.ok()) co_return s;
  std::vector<pop3::UniqueId> fresh;
  pop3::Session::Sink sink = [&fresh](pop3::UniqueId unique) {
    if (unique.id.substr(0, 3) != "old") fresh.push_back(std::move(unique));
  };
  if (absl::Status s = co_await session.ListUniqueIds(std::move(sink)); !s.ok()) co_return s;
  for (const pop3::UniqueId& unique : fresh) {
    MailFacts facts;
    facts.uid = unique.number;
    auto mail = co_await ReadMail(session, facts, Depth::kAll);
    if (!mail.ok()) co_return mail.status();
    if (mail->has_value()) mails.push_back(Describe(unique.id, **mail));
  }
  co_return co_await session.Quit();
}

sasl::Credentials Ann(absl::string_view password) {
  sasl::Credentials credentials;
  credentials.login = "ann";
  credentials.secret = crypto::Secret(password);
  return credentials;
}

TEST(Pop3Dialogue, EndsAsItsScriptSays) {
  const std::vector<Dialogue> dialogues = AllDialogues(POP3_DIALOGUES);
  EXPECT_GE(dialogues.size(), 35u);
  for (const Dialogue& dialogue : dialogues) {
    SCOPED_TRACE(dialogue.name);
    ScriptedStream stream = dialogue.Stream();
    std::vector<std::string> mails;
    const absl::Status status = Await(Converse(stream, dialogue, mails));
    EXPECT_EQ(absl::StatusCodeToString(status.code()), dialogue.Fact("outcome")) << status;
    EXPECT_EQ(absl::StrJoin(mails, "; "), dialogue.Fact("mails"));
    EXPECT_EQ(stream.mismatch(), "");
    EXPECT_EQ(stream.Remaining(), "");
  }
}

TEST(Pop3Dialogue, CutAnywhereEndsInACleanError) {
  for (const Dialogue& dialogue : AllDialogues(POP3_DIALOGUES)) {
    const size_t steps = dialogue.Stream().size();
    for (size_t cut = 0; cut < steps; ++cut) {
      SCOPED_TRACE(absl::StrCat(dialogue.name, " cut after ", cut, " steps"));
      ScriptedStream stream = dialogue.Stream();
      stream.CutAfter(cut);
      std::vector<std::string> mails;
      const absl::Status status = Await(Converse(stream, dialogue, mails));
      EXPECT_FALSE(status.ok());
      EXPECT_FALSE(status.message().empty());
    }
  }
}

// An answer of so many bytes, without its end.
std::string ManyLines(size_t bytes) {
  const std::string line = absl::StrCat("S: ", std::string(998, 'x'), "\n");
  std::string script = "S: +OK\n";
  for (size_t sent = 0; sent < bytes; sent += 1000) absl::StrAppend(&script, line);
  return script;
}

TEST(Pop3Dialogue, KeepsOfAMailWhatItIsToKeep) {
  ScriptedStream stream(absl::StrCat("C: RETR 1\n", ManyLines(20'000), "S: .\n"));
  pop3::Session session(stream);
  const auto text = Await(session.Retrieve(1, 20'000, 5'000, 50'000));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_TRUE(text->cut);
  EXPECT_EQ(text->bytes.size(), 5'000u);
  EXPECT_EQ(stream.Remaining(), "");
}

// Each line is longer than a line may be, or than what is read at once.
TEST(Pop3Dialogue, ReadsAMailWithLinesOfAnyLength) {
  const std::string page(200'000, 'x'), piece(16 * 1024, 'x');
  ScriptedStream stream(absl::StrCat("C: RETR 1\nS: +OK\nS: ", page, "\nS: ", piece,
                                     ".\nS: ", piece, ".x\nS: ..", page, "\nS: .\n"));
  pop3::Session session(stream);
  const auto text = Await(session.Retrieve(1, 500'000, 1'000'000, 2'000'000));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_FALSE(text->cut);
  EXPECT_EQ(text->bytes,
            absl::StrCat(page, "\r\n", piece, ".\r\n", piece, ".x\r\n.", page, "\r\n"));
  EXPECT_EQ(stream.Remaining(), "");
}

TEST(Pop3Dialogue, TakesNoListWithLinesOfAnyLength) {
  ScriptedStream stream(absl::StrCat("C: STAT\nS: +OK 1 100\nC: UIDL\nS: +OK\nS: 1 ",
                                     std::string(70'000, 'x'), "\nS: .\n"));
  pop3::Session session(stream);
  pop3::Session::Sink sink = [](pop3::UniqueId) {};
  EXPECT_EQ(Await(session.ListUniqueIds(std::move(sink))).code(), absl::StatusCode::kDataLoss);
}

TEST(Pop3Dialogue, EndsWithAMailThatNeverEnds) {
  ScriptedStream stream(absl::StrCat("C: TOP 1 0\n", ManyLines(100'000)));
  pop3::Session session(stream);
  EXPECT_EQ(Await(session.Top(1, 0, 5'000, 50'000)).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(Pop3Dialogue, EndsWithAListThatNeverEnds) {
  std::string script = "C: STAT\nS: +OK 3 300\nC: UIDL\nS: +OK\n";
  for (size_t i = 1; i <= pop3::kMaxMails + 1; ++i) absl::StrAppend(&script, "S: ", i, " x\n");
  ScriptedStream stream(script);
  pop3::Session session(stream);
  size_t listed = 0;
  pop3::Session::Sink sink = [&listed](pop3::UniqueId) { ++listed; };
  EXPECT_EQ(Await(session.ListUniqueIds(std::move(sink))).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(listed, pop3::kMaxMails);
}

TEST(Pop3Dialogue, EndsWithCapabilitiesThatNeverEnd) {
  std::string script = "S: +OK\nC: CAPA\nS: +OK\n";
  for (int i = 0; i < 300; ++i) absl::StrAppend(&script, "S: X-", i, "\n");
  ScriptedStream stream(script);
  pop3::Session session(stream);
  ASSERT_TRUE(Await(session.Greet()).ok());
  EXPECT_EQ(Await(session.Login(Ann("secret"), PasswordRule::kEncryptedOnly)).code(),
            absl::StatusCode::kDataLoss);
}

TEST(Pop3Dialogue, SendsNoCommandThatHidesInALogin) {
  for (const char* trick : {"a\r\nDELE 1", "a\nDELE 1", "a\rb"}) {
    for (const bool in_login : {true, false}) {
      ScriptedStream stream("S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\n");
      pop3::Session session(stream);
      ASSERT_TRUE(Await(session.Greet()).ok());
      sasl::Credentials credentials = Ann(in_login ? "secret" : trick);
      if (in_login) credentials.login = trick;
      EXPECT_EQ(Await(session.Login(credentials, PasswordRule::kEncryptedOnly)).code(),
                absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(stream.mismatch(), "");
    }
  }
}

}  // namespace
}  // namespace postern::fetcher
