// Mails that are listed and read by hand: their ids, bad ones among them, and limits.

#include "services/fetcher/mail_desk.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/fetcher/folder_desk.h"
#include "services/fetcher/imap_visit.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/visit_keeper.h"
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
  const auto page = Await(desk.List(bench.Copy(), MailQuery()));
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
  EXPECT_EQ(Await(mails.List(bench.Copy(), MailQuery())).status().code(), busy);
  EXPECT_EQ(Await(mails.Read(bench.Copy(), {"7:9"})).status().code(), busy);
  EXPECT_EQ(Await(folders.TreeOf(bench.Copy())).status().code(), busy);
  EXPECT_EQ(bench.dialer.dialled(), 0u);
}

// What a kept connection is good for.
class KeptVisits : public ::testing::Test {
 protected:
  static std::string Login() {
    return "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\nS: A1 OK "
           "[CAPABILITY "
           "IMAP4rev1] in\n";
  }
  static std::string Empty(int tag) {
    return absl::StrCat("C: A", tag,
                        " EXAMINE \"INBOX\"\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: A", tag,
                        " OK\n");
  }
  static std::string Noop(int tag) {
    return absl::StrCat("C: A", tag, " NOOP\nS: A", tag, " OK\n");
  }
  void Begin(std::vector<std::string> scripts) {
    std::vector<ScriptedStream> streams;
    for (const std::string& script : scripts) streams.emplace_back(script);
    bench_.emplace(std::move(streams));
    VisitParts parts = bench_->Parts();
    parts.kept = &keeper_;
    desk_.emplace(parts, limits_);
  }
  bool Works() { return Await(desk_->List(bench_->Copy(), MailQuery())).ok(); }

  VisitKeeper::Clock::time_point now_ = VisitKeeper::Clock::now();
  VisitLimits limits_{2, 32};
  std::optional<VisitBench> bench_;
  VisitKeeper keeper_{[this] { return now_; }};
  std::optional<MailDesk> desk_;
};

TEST_F(KeptVisits, SaveALoginForAWhile) {
  Begin({Login() + Empty(2) + Noop(3) + Empty(4), Login() + Empty(2)});
  EXPECT_TRUE(Works());
  now_ += VisitKeeper::kKeep - std::chrono::seconds(1);
  EXPECT_TRUE(Works());
  EXPECT_EQ(bench_->dialer.dialled(), 1u);
  now_ += VisitKeeper::kKeep;
  EXPECT_TRUE(Works());
  EXPECT_EQ(bench_->dialer.dialled(), 2u);
  now_ += VisitKeeper::kKeep;
  keeper_.CloseOld();
  EXPECT_EQ(keeper_.size(), 0u);
  EXPECT_EQ(bench_->dialer.mismatch(), "");
}

TEST_F(KeptVisits, AreNotTrustedWhenTheServerHasGone) {
  Begin({Login() + Empty(2) + "C: A3 NOOP\nCLOSE\n", Login() + Empty(2)});
  EXPECT_TRUE(Works());
  EXPECT_TRUE(Works());
  EXPECT_EQ(bench_->dialer.dialled(), 2u);
}

TEST_F(KeptVisits, EndWithTheSettingsTheyWereMadeBy) {
  Begin({Login() + Empty(2), Login() + Empty(2)});
  EXPECT_TRUE(Works());
  ++bench_->account.settings_revision;
  EXPECT_TRUE(Works());
  EXPECT_EQ(bench_->dialer.dialled(), 2u);
  keeper_.Forget("acc");
  EXPECT_EQ(keeper_.size(), 0u);
}

TEST_F(KeptVisits, EndWithTheirPassword) {
  Begin({Login() + Empty(2), Login() + Empty(2)});
  bench_->account.sealed_password.clear();
  bench_->passwords.Hold("acc", "ann@example.org", crypto::Secret("secret"));
  EXPECT_TRUE(Works());
  keeper_.PasswordsWiped(bench_->passwords);
  EXPECT_EQ(keeper_.size(), 1u) << "it is held";
  bench_->passwords.Forget("acc");
  EXPECT_FALSE(Works()) << "nobody may use a connection whose password is gone";
  EXPECT_EQ(bench_->dialer.dialled(), 1u);
  keeper_.PasswordsWiped(bench_->passwords);
  EXPECT_EQ(keeper_.size(), 0u);
}

TEST_F(KeptVisits, AreNotKeptAfterAnError) {
  Begin({Login() + "C: A2 EXAMINE \"INBOX\"\nS: A2 NO none\n", Login() + Empty(2)});
  EXPECT_FALSE(Works());
  EXPECT_EQ(keeper_.size(), 0u);
  EXPECT_TRUE(Works());
}

TEST_F(KeptVisits, AreSoManyAtMost) {
  Begin({});
  for (size_t i = 0; i < VisitKeeper::kMost + 5; ++i) {
    Account account = bench_->account;
    account.id = absl::StrCat("acc", i);
    now_ += std::chrono::milliseconds(1);
    auto shared = std::make_shared<const Account>(account);
    auto stream = std::make_unique<ScriptedStream>("");
    OpenVisit open{shared, std::make_unique<ImapVisit>(*shared, std::move(stream))};
    keeper_.Put(std::move(open));
  }
  EXPECT_EQ(keeper_.size(), VisitKeeper::kMost);
  Account oldest = bench_->account;
  oldest.id = "acc0";
  EXPECT_FALSE(keeper_.Take(oldest).has_value());
  oldest.id = "acc5";
  EXPECT_TRUE(keeper_.Take(oldest).has_value());
  EXPECT_FALSE(keeper_.Take(oldest).has_value()) << "one at a time";
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
