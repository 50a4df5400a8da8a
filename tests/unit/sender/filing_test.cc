#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/net/task_group.h"
#include "services/sender/filing/filed_copy.h"
#include "services/sender/filing/filer.h"
#include "services/sender/filing/mailbox_book.h"
#include "services/sender/filing/sent_folder.h"
#include "services/sender/outbox/queue_view.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/sender/fake_mailbox.h"

namespace postern::sender {
namespace {

using namespace std::chrono_literals;
using testing::Await;

TEST(ProviderOf, IsWhatSomebodyRegistered) {
  const struct {
    const char *host, *provider;
  } cases[] = {
      {"imap.example.org", "example.org"},
      {"example.org", "example.org"},
      {"Mail.EU.Example.ORG.", "example.org"},
      {"imap.web.de", "web.de"},
      {"mx.firm.co.uk", "firm.co.uk"},
      {"firm.co.uk", "firm.co.uk"},
      {"a.b.example.com.au", "example.com.au"},
      {"localhost", "localhost"},
      {"192.0.2.7", "192.0.2.7"},
      {"2001:db8::1", "2001:db8::1"},
      {"", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.host);
    EXPECT_EQ(ProviderOf(c.host), c.provider);
  }
}

TEST(ChooseSentFolder, IsWhereTheAccountSaysOrItsTwin) {
  const Mailbox home{"i1", "ann", "home", "imap.example.org", "ann@example.org"};
  const Mailbox slash{"i2", "ann", "home/two", "imap.example.net", "ann@example.net"};
  const std::vector<const Mailbox*> mailboxes = {&home, &slash};
  const struct {
    const char *name, *told, *host, *login;
    bool relay;
    std::optional<SentFolder> place;
  } cases[] = {
      {"the twin", "", "smtp.example.org", "Ann@example.org", false, SentFolder{"i1", ""}},
      {"another login", "", "smtp.example.org", "ann", false, {}},
      {"another provider", "", "smtp.example.com", "ann@example.org", false, {}},
      {"no login", "", "smtp.example.org", "", false, {}},
      {"nowhere", "-", "smtp.example.org", "ann@example.org", false, {}},
      {"named", "home", "smtp.example.com", "x", false, SentFolder{"i1", ""}},
      {"a folder", "home/Out/2026", "smtp.example.com", "x", false, SentFolder{"i1", "Out/2026"}},
      {"the longest name", "home/two/Sent", "h", "x", false, SentFolder{"i2", "Sent"}},
      {"no such account", "homes/Sent", "smtp.example.org", "ann@example.org", false, {}},
      {"the site's relay", "", "smtp.example.org", "ann@example.org", true, {}},
      {"the site's relay, told", "home", "", "", true, SentFolder{"i1", ""}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Account account;
    account.sending.sent_folder = c.told;
    account.host = c.host;
    account.login = c.login;
    account.by_site_relay = c.relay;
    EXPECT_EQ(ChooseSentFolder(account, mailboxes), c.place);
  }
}

TEST(SentFolderAfterwards, IsTheMailboxOfThatAddressOrTheOnlyOne) {
  const Mailbox home{"i1", "ann", "home", "imap.example.org", "ann@example.org"};
  const Mailbox work{"i2", "ann", "work", "imap.example.net", "ann"};
  EXPECT_EQ(SentFolderAfterwards("Ann@Example.org", {&work, &home}), (SentFolder{"i1", ""}));
  EXPECT_EQ(SentFolderAfterwards("ann@example.net", {&work}), (SentFolder{"i2", ""}));
  EXPECT_EQ(SentFolderAfterwards("ann@example.net", {&home, &work}), std::nullopt);
  EXPECT_EQ(SentFolderAfterwards("", {}), std::nullopt);
}

TEST(ChooseFolder, PrefersTheSpecialUseToNames) {
  const ListedFolder inbox{"INBOX", "INBOX", ""}, sent{"Sent", "sent", ""},
      items{"Sent Items", "Sent Items", ""}, special{"Gesendet", "Gesendet", "Sent"},
      hidden{"X", "X", "Sent", false};
  EXPECT_EQ(ChooseFolder({inbox, sent, special}), "Gesendet");
  EXPECT_EQ(ChooseFolder({hidden, items, sent}), "Sent");
  EXPECT_EQ(ChooseFolder({inbox, items}), "Sent Items");
  EXPECT_EQ(ChooseFolder({inbox}), "");
}

TEST(BccLine, IsFoldedAndEndsWithItsLine) {
  EXPECT_EQ(BccLine({}), "");
  EXPECT_EQ(BccLine({"a@example.org"}), "Bcc: a@example.org\r\n");
  const std::string many = BccLine(std::vector<std::string>(20, "somebody@example.org"));
  for (size_t at = 0; at < many.size();) {
    const size_t end = many.find("\r\n", at);
    ASSERT_NE(end, many.npos);
    EXPECT_LE(end - at, 78u);
    at = end + 2;
  }
}

TEST(MarksOf, ReadsTheHeaderAlone) {
  const CopyMarks marks = MarksOf(
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@x>\r\n"
      "Date: Sun, 22 Nov 2026 08:00:00 +0100\r\n\r\nSubject: none\r\n");
  EXPECT_EQ(marks.message_id, "1@x");
  EXPECT_EQ(marks.subject, "Grüße");
  EXPECT_EQ(marks.date_unix, 1795330800);
}

admin::v1::Account Imap(const std::string& id, bool enabled = true) {
  admin::v1::Account account;
  account.set_id(id);
  account.set_owner("ann@jabber.example");
  account.set_name(id);
  account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  account.set_enabled(enabled);
  account.set_host("imap.example.org");
  account.set_login("ann");
  return account;
}

std::string Names(const MailboxBook& book) {
  std::string names;
  for (const Mailbox* mailbox : book.Of("ann@jabber.example")) names += mailbox->name + " ";
  return names;
}

TEST(MailboxBook, KnowsTheAccountsThatAreInUse) {
  MailboxBook book;
  admin::v1::ListAccountChangesResponse page;
  page.set_snapshot(true);
  page.set_more(true);
  *page.add_changed() = Imap("b");
  *page.add_changed() = Imap("off", false);
  page.add_changed()->set_type(admin::v1::ACCOUNT_TYPE_SMTP);
  book.Hear(page);
  EXPECT_EQ(Names(book), "b ") << "what is known already serves before the listing's end";
  admin::v1::ListAccountChangesResponse last;
  *last.add_changed() = Imap("a");
  book.Hear(last);
  EXPECT_EQ(Names(book), "a b ");
  admin::v1::ListAccountChangesResponse change;
  *change.add_changed() = Imap("b", false);
  *change.add_changed() = Imap("c");
  change.add_removed_ids("a");
  book.Hear(change);
  EXPECT_EQ(Names(book), "c ");
  admin::v1::ListAccountChangesResponse anew;
  anew.set_snapshot(true);
  *anew.add_changed() = Imap("d");
  book.Hear(anew);
  EXPECT_EQ(Names(book), "d ");
}

struct FilerTest : ::testing::Test {
  FilerTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&mailbox);
    server = builder.BuildAndStart();
    fetcher = fetcher::v1::FetcherService::NewStub(server->InProcessChannel({}));
    admin::v1::ListAccountChangesResponse known;
    known.set_snapshot(true);
    *known.add_changed() = Imap("home");
    book.Hear(known);
    Account account;
    account.id = "work";
    account.owner = "ann@jabber.example";
    account.enabled = true;
    account.host = "smtp.example.org";
    account.login = "ann";
    accounts.Apply({account}, {}, true);
    filer.emplace(io.get_executor(), outbox, accounts, book, fetcher.get(), times);
    loops.Spawn("filer", filer->Run());
  }
  ~FilerTest() override {
    Await(io, filer->Stop());
    Await(io, loops.Stop());
    server->Shutdown();
  }

  // Sends a mail of about `size` bytes, to be filed.
  void Send(const std::string& key, size_t size = 0, std::vector<std::string> hidden = {}) {
    Submission submission;
    submission.key = key;
    submission.account_id = "work";
    submission.owner = "ann@jabber.example";
    submission.to_be_filed = true;
    submission.mail.message_id = key + "@example.org";
    submission.mail.envelope.to = {"bob@example.net"};
    submission.mail.content = Content(key) + std::string(size, 'x') + "\r\n";
    submission.mail.envelope.size = submission.mail.content.size();
    submission.mail.hidden = std::move(hidden);
    ASSERT_TRUE(Await(io, outbox.Put(std::move(submission))).ok());
    TakeRequest request;
    auto taken = Await(io, outbox.Take(request));
    ASSERT_TRUE(taken.ok() && taken->mails.size() == 1);
    Settlement sent;
    sent.outcomes.resize(1);
    sent.outcomes[0].recipient = "bob@example.net";
    ASSERT_TRUE(Await(io, outbox.Settle(taken->mails[0].lease, sent)).ok());
    auto reports = Await(io, outbox.TakeReports(10));
    ASSERT_TRUE(reports.ok());
    for (const Report& report : *reports) (void)Await(io, outbox.Reported(report));
  }
  static std::string Content(const std::string& key) {
    return absl::StrCat("Subject: ", key, "\r\nMessage-ID: <", key,
                        "@example.org>\r\nDate: Sun, 22 Nov 2026 08:00:00 +0100\r\n\r\n");
  }
  bool QueueIsEmpty() {
    auto page = Await(io, view.Find(""));
    return page.ok() && page->total == 0;
  }
  bool Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000 && !holds(); ++i) {
      io.restart();
      io.run_for(10ms);
    }
    return holds();
  }
  bool UntilFiled() {
    return Until([&] { return QueueIsEmpty(); });
  }

  testing::RedisServer redis_server;
  boost::asio::io_context io{1};
  std::unique_ptr<store::RedisClient> redis =
      *store::RedisClient::Create(io.get_executor(), redis_server.url());
  Outbox outbox{io.get_executor(), *redis, OutboxLimits()};
  QueueView view{*redis};
  AccountDirectory accounts;
  MailboxBook book;
  testing::FakeMailbox mailbox;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<fetcher::v1::FetcherService::StubInterface> fetcher;
  Filer::Times times{0ms, 50ms, 50ms, 20ms};
  std::optional<Filer> filer;
  net::TaskGroup loops{io.get_executor()};
};

TEST_F(FilerTest, PutsTheMailWhereSentMailIsWithWhoElseGotIt) {
  Send("k1", 0, {"eve@example.net", "mallory@example.net"});
  ASSERT_TRUE(UntilFiled());
  const auto mails = mailbox.mails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].content,
            "Bcc: eve@example.net, mallory@example.net\r\n" + Content("k1") + "\r\n");
  EXPECT_EQ(mails[0].flags, "\\Seen");
  EXPECT_EQ(mails[0].received_unix, 1795330800);
  EXPECT_EQ(mailbox.asked_folder(), "INBOX/Gesendet");
}

TEST_F(FilerTest, CarriesALargeMailInPieces) {
  Send("k1", 3'000'000);
  ASSERT_TRUE(UntilFiled());
  const auto mails = mailbox.mails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].content, Content("k1") + std::string(3'000'000, 'x') + "\r\n");
}

TEST_F(FilerTest, LeavesAloneWhatTheServerFiledItself) {
  mailbox.Put(Content("k1"));
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.appends(), 0);
}

TEST_F(FilerTest, FindsACopyWhereTheServerLooksForWordsAlone) {
  mailbox.FindByWordsAlone();
  mailbox.Put(Content("k1"));
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.appends(), 0);
}

TEST_F(FilerTest, IsNotFooledByAMailThatAnswersIt) {
  mailbox.Put("Message-ID: <other@x>\r\nSubject: k1\r\nIn-Reply-To: <k1@example.org>\r\n\r\n");
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.appends(), 1);
}

TEST_F(FilerTest, TriesAgainAndFilesOnceWhateverAnswerWasLost) {
  mailbox.FailAppends(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  Send("k1");
  ASSERT_TRUE(Until([&] { return mailbox.appends() >= 2; }));
  EXPECT_TRUE(mailbox.mails().empty());
  // The server has it, and nobody heard so.
  mailbox.FailAppends(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"), /*kept=*/true);
  ASSERT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.mails().size(), 1u);
}

TEST_F(FilerTest, LetsGoOfAMailThatHasNoFolder) {
  mailbox.HaveNoSentFolder();
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_TRUE(mailbox.mails().empty());
}

TEST_F(FilerTest, LetsGoAfterAFewTriesWhereTheFolderIsNotThere) {
  mailbox.FailAppends(grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no folder \"Gone\""));
  Send("k1");
  std::string error;
  ASSERT_TRUE(Until([&] {
    auto page = Await(io, view.List(QueueFilter(), "", 1));
    if (page.ok() && !page->mails.empty() && !page->mails[0].error.empty()) {
      error = page->mails[0].error;
    }
    return QueueIsEmpty();
  }));
  EXPECT_EQ(error, "there is no folder \"Gone\"") << "as long as it is filing";
  EXPECT_EQ(mailbox.appends(), 5);
  EXPECT_TRUE(mailbox.mails().empty());
}

TEST_F(FilerTest, LetsGoOfAMailWhoseMailboxIsGone) {
  book.Hear([] {
    admin::v1::ListAccountChangesResponse none;
    none.set_snapshot(true);
    return none;
  }());
  EXPECT_FALSE(filer->Files(*accounts.Find("work")));
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_TRUE(mailbox.mails().empty());
}

TEST_F(FilerTest, FilesWhatWasSentByAnAccountThatIsGone) {
  accounts.Apply({}, {"work"}, false);
  Send("k1");
  ASSERT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.mails().size(), 1u) << "its owner still has the one mailbox";
}

TEST_F(FilerTest, FilesManyOfOneOwner) {
  for (int i = 0; i < 20; ++i) Send(absl::StrCat("k", i));
  ASSERT_TRUE(Until([&] { return mailbox.mails().size() == 20; }));
  EXPECT_TRUE(UntilFiled());
  EXPECT_EQ(mailbox.appends(), 20);
}

TEST(Filer, FilesNothingWithoutAFetcher) {
  boost::asio::io_context io{1};
  testing::RedisServer redis_server;
  auto redis = *store::RedisClient::Create(io.get_executor(), redis_server.url());
  Outbox outbox(io.get_executor(), *redis, OutboxLimits());
  AccountDirectory accounts;
  MailboxBook book;
  const Filer filer(io.get_executor(), outbox, accounts, book, nullptr);
  Account account;
  account.sending.sent_folder = "home";
  EXPECT_FALSE(filer.Files(account));
}

}  // namespace
}  // namespace postern::sender
