#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/imap_source.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/mailbox_sync.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"
#include "tests/unit/fetcher/dialogue.h"

namespace postern::fetcher {
namespace {

using testing::AllDialogues;
using testing::Await;
using testing::Dialogue;
using testing::ScriptedStream;

std::string Describe(uint32_t uid, const mail::Mail& mail) {
  std::string out = absl::StrCat(uid, mail.subject.empty() ? "" : " ", mail.subject);
  for (const std::string& defect : mail.defects) absl::StrAppend(&out, " [", defect, "]");
  for (const mail::Attachment& a : mail.attachments) {
    absl::StrAppend(&out, " +", a.file_name, " ", a.content_type, " ", a.size);
  }
  return out;
}

net::Task<absl::Status> Open(imap::Session& session, const Dialogue& dialogue) {
  const bool upgrade = dialogue.Fact("connection") == "starttls";
  if (absl::Status s = co_await session.Greet(upgrade); !s.ok()) co_return s;
  const std::string host = "imap.example.org";
  if (upgrade) {
    if (absl::Status s = co_await session.StartTls(host); !s.ok()) co_return s;
  }
  const auto rule = dialogue.Fact("password") == "any" ? imap::PasswordRule::kAnyConnection
                                                       : imap::PasswordRule::kEncryptedOnly;
  const std::string inbox = "INBOX";
  const sasl::Credentials credentials = CredentialsOf(dialogue, host);
  if (absl::Status s = co_await session.Login(credentials, rule); !s.ok()) co_return s;
  auto mailbox = co_await session.Examine(inbox);
  co_return mailbox.status();
}

net::Task<absl::Status> AwaitNews(imap::Session& session) {
  if (!session.CanIdle()) co_return co_await session.Noop();
  if (absl::Status s = co_await session.BeginIdle(); !s.ok()) co_return s;
  const auto heard = session.Hear();
  if (!heard.ok()) co_return heard.status();
  if (!*heard) co_return absl::InternalError("idle brought no news");
  session.EndIdle();
  co_return co_await session.Noop();
}

// What a watcher does with a connection, once through, with the cursor at 8.
net::Task<absl::Status> Converse(net::ByteStream& stream, const Dialogue& dialogue,
                                 std::vector<std::string>& mails) {
  imap::Session session(stream);
  if (absl::Status s = co_await Open(session, dialogue); !s.ok()) co_return s;
  NewMails found(8, 100);
  imap::Session::Sink sink = [&found](imap::FetchData data) {
    if (const auto facts = FactsOf(data, 0)) found.Add(*facts);
  };
  const std::string uids = "9:*", items = "UID RFC822.SIZE INTERNALDATE";
  if (absl::Status s = co_await session.Fetch(uids, items, std::move(sink)); !s.ok()) co_return s;
  for (const MailFacts& facts : found.Take()) {
    auto mail = co_await ReadMail(session, facts, Depth::kAll);
    if (!mail.ok()) co_return mail.status();
    if (mail->has_value()) mails.push_back(Describe(facts.uid, **mail));
  }
  co_return co_await AwaitNews(session);
}

TEST(ImapDialogue, EndsAsItsScriptSays) {
  const std::vector<Dialogue> dialogues = AllDialogues(IMAP_DIALOGUES);
  EXPECT_GE(dialogues.size(), 20u);
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

// A mail's answers are put together, and a server could send them for ever.
TEST(ImapDialogue, KeepsNoMoreOfAMailThanItAskedFor) {
  std::string script = "C: A1 UID FETCH 9 (UID BODY.PEEK[])\n";
  const std::string bytes(600 * 1024, 'x');
  for (int part = 1; part <= 5; ++part) {
    absl::StrAppend(&script, "S: * 3 FETCH (UID 9 BODY[", part, "] {", bytes.size() + 2,
                    "}\nS: ", bytes, "\nS: )\n");
  }
  ScriptedStream stream(absl::StrCat(script, "S: A1 OK\n"));
  imap::Session session(stream);
  const std::string items = "UID BODY.PEEK[]";
  EXPECT_EQ(Await(session.FetchOne(9, items)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ImapDialogue, CutAnywhereEndsInACleanError) {
  for (const Dialogue& dialogue : AllDialogues(IMAP_DIALOGUES)) {
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

}  // namespace
}  // namespace postern::fetcher
