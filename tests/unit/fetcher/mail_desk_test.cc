// Mails that are listed and read by hand: their ids, bad ones among them, and limits.

#include "services/fetcher/mail_desk.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/fetcher/folder_desk.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_handoff.h"
#include "tests/support/await.h"
#include "tests/unit/fetcher/visit_bench.h"

namespace postern::fetcher {
namespace {

using testing::Await;
using testing::kPop3List;
using testing::kPop3Login;
using testing::ScriptedStream;
using testing::VisitBench;

std::string Pop3Id(const std::string& unique_id) {
  const std::string mailbox = Pop3MailboxIdentity("imap.example.org", "ann");
  return absl::StrCat(absl::Hex(UidlKey(mailbox, unique_id), absl::kZeroPad16));
}

TEST(MailDesk, ReadsTheOthersWhenOneMailBreaksTheConnection) {
  VisitBench bench(
      {ScriptedStream(
           absl::StrCat(kPop3Login, kPop3List, "C: LIST 2\nS: +OK 2 9\nC: RETR 2\nS: ?\n")),
       ScriptedStream(absl::StrCat(kPop3Login, kPop3List,
                                   "C: TOP 2 0\nS: +OK\nS: Subject: Bad\nS:\nS: .\nC: LIST 1\nS: "
                                   "+OK 1 9\nC: RETR 1\nS: +OK\nS: Subject: Good\nS:\nS: .\nC: "
                                   "QUIT\nS: +OK\n"))});
  bench.account.type = AccountType::kPop3;
  VisitLimits limits(1, 1);
  MailDesk desk(bench.Parts(), limits);
  const auto mails = Await(desk.Read(bench.Copy(), {Pop3Id("b"), Pop3Id("a")}));
  ASSERT_TRUE(mails.ok()) << mails.status();
  ASSERT_EQ(mails->size(), 2u);
  EXPECT_EQ((*mails)[0].mail.subject, "Bad");
  EXPECT_EQ((*mails)[0].mail.defects.size(), 1u);
  EXPECT_EQ((*mails)[1].mail.subject, "Good");
  EXPECT_EQ(bench.dialer.mismatch(), "");
}

TEST(MailDesk, PutsANoteInThePlaceOfWhatItCanNotRead) {
  VisitBench bench(
      {ScriptedStream(absl::StrCat(kPop3Login, kPop3List,
                                   "C: LIST 2\nS: +OK 2 9\nC: RETR 2\nS: +OK\nS: Subject: Good\n"
                                   "S:\nS: .\nC: LIST 1\nS: +OK 1 9\nC: RETR 1\nS: ?\n"))});
  bench.account.type = AccountType::kPop3;
  VisitLimits limits(1, 1);
  MailDesk desk(bench.Parts(), limits);
  const auto mails = Await(desk.Read(bench.Copy(), {Pop3Id("b"), Pop3Id("a")}));
  ASSERT_TRUE(mails.ok()) << mails.status();
  ASSERT_EQ(mails->size(), 2u);
  EXPECT_EQ((*mails)[0].mail.subject, "Good");
  EXPECT_EQ((*mails)[1].mail.defects,
            std::vector<std::string>{"This mail could not be read from the mail server."});
}

TEST(MailDesk, GivesMailsIdsOfTheirOwnWhateverTheServerCallsThem) {
  VisitBench bench({ScriptedStream(
      absl::StrCat(kPop3Login,
                   "C: STAT\nS: +OK 1 9\nC: UIDL\nS: +OK\nS: 1 d\xe9"
                   "f\nS: .\nC: LIST 1\nS: +OK 1 9\n"
                   "C: TOP 1 0\nS: +OK\nS: Subject: Odd\nS:\nS: .\nC: QUIT\nS: +OK\n"))});
  bench.account.type = AccountType::kPop3;
  VisitLimits limits(1, 1);
  MailDesk desk(bench.Parts(), limits);
  const auto page = Await(desk.List(bench.Copy(), "", 10));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->mails.size(), 1u);
  EXPECT_EQ(page->mails[0].id, Pop3Id("d\xe9"
                                      "f"));
  EXPECT_EQ(page->mails[0].id.size(), 16u);
}

TEST(MailDesk, CountsVisitsByTheirUser) {
  VisitBench bench({});
  VisitLimits limits(1, 32);
  MailDesk mails(bench.Parts(), limits);
  FolderDesk folders(bench.Parts(), limits);
  const auto visit = limits.Enter(bench.account.owner);
  const auto busy = absl::StatusCode::kResourceExhausted;
  EXPECT_EQ(Await(mails.List(bench.Copy(), "", 10)).status().code(), busy);
  EXPECT_EQ(Await(mails.Read(bench.Copy(), {"7:9"})).status().code(), busy);
  EXPECT_EQ(Await(folders.TreeOf(bench.Copy())).status().code(), busy);
  EXPECT_EQ(bench.dialer.dialled(), 0u);
}

TEST(KeepWhatIsRead, FitsIntoOneAnswer) {
  mail::Mail mail;
  mail.text = std::string(512 * 1024, 'x') + "\xc3\xbc";
  mail.headers.resize(400);
  mail.to.resize(500);
  KeepWhatIsRead(mail, 32);
  EXPECT_EQ(mail.text.size(), 128u * 1024);
  EXPECT_TRUE(mail.text_truncated);
  EXPECT_TRUE(mail.headers.empty());
  EXPECT_EQ(mail.to.size(), 100u);
}

TEST(KeepWhatIsRead, FitsIntoOneAnswerWhateverItsAuthorDoes) {
  mail::Address address;
  address.display_name = std::string(2500, 'x');
  address.local_part = "a";
  address.domain = "b.example";
  mail::Attachment attachment;
  attachment.file_name = std::string(4000, 'x');
  mail::Mail hostile;
  hostile.text = std::string(512 * 1024, 'x');
  hostile.from = {address};
  hostile.to.assign(100, address);
  hostile.attachments.assign(100, attachment);
  hostile.references.assign(100, std::string(2000, 'x'));
  KeepWhatIsRead(hostile, 16);
  EXPECT_LE(WireSize(hostile), 7u * 1024 * 1024 / 16);
  EXPECT_EQ(hostile.from.size(), 1u);
  EXPECT_EQ(hostile.text.size(), 256u * 1024);
  hostile.from[0].display_name = std::string(256 * 1024, 'x');
  KeepWhatIsRead(hostile, 32);
  EXPECT_LE(WireSize(hostile), 7u * 1024 * 1024 / 32);
  EXPECT_EQ(hostile.text.size(), 128u * 1024);
}

}  // namespace
}  // namespace postern::fetcher
