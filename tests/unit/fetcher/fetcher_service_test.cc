// The fetcher's gRPC face over a real channel: what is taken, answered and refused.

#include "services/fetcher/fetcher_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "tests/support/await.h"
#include "tests/unit/fetcher/visit_bench.h"

namespace postern::fetcher {
namespace {

using Calls = v1::FetcherService::StubInterface::async_interface;
using testing::Await;
using testing::ScriptedStream;
using testing::VisitBench;

const std::string kLogin =
    "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\nS: A1 OK [CAPABILITY "
    "IMAP4rev1] in\n";
const std::string kInbox =
    "C: A2 EXAMINE \"INBOX\"\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: A2 OK\n";

// Peers that nobody asks here, and a Redis that is not there.
struct Bystanders {
  explicit Bystanders(boost::asio::io_context& io, VisitBench& bench)
      : channel(grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials())),
        admin(admin::v1::AdminService::NewStub(channel)),
        edge(edge::v1::EdgeService::NewStub(channel)),
        rules(rules::v1::RulesService::NewStub(channel)),
        redis(*store::RedisClient::Create(io.get_executor(), "redis://127.0.0.1:1")),
        cursors(*redis),
        handoff(*rules, *edge),
        health(io.get_executor(), *admin),
        alarms(io.get_executor()),
        connects(io.get_executor(), alarms, ConnectLimits()),
        bouts(io.get_executor()),
        availability(*edge, [](const std::string&) {}),
        watches(WatcherParts{io.get_executor(), bench.dialer, bench.secrets, bench.passwords,
                             cursors, availability, handoff, health, bench.login_delays,
                             PasswordRule::kEncryptedOnly, alarms, connects, bouts}) {}

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules;
  std::unique_ptr<store::RedisClient> redis;
  CursorStore cursors;
  MailHandoff handoff;
  HealthReporter health;
  AlarmClock alarms;
  ConnectBudget connects;
  net::TaskGroup bouts;
  AvailabilityFeed availability;
  WatchList watches;
};

class FetcherServiceTest : public ::testing::Test {
 protected:
  void Serve(std::vector<std::string> scripts) {
    std::vector<ScriptedStream> streams;
    for (const std::string& script : scripts) streams.emplace_back(script);
    bench_.emplace(std::move(streams));
    others_.emplace(io_, *bench_);
    trial_.emplace(bench_->Parts());
    folders_.emplace(bench_->Parts(), limits_);
    mails_.emplace(bench_->Parts(), limits_);
    book_.Put(bench_->account);
    desks_.emplace(Desks{others_->watches, book_, bench_->passwords, *trial_, *folders_, *mails_});
    service_.Begin(*desks_);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::FetcherService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }

  ~FetcherServiceTest() override {
    if (!server_) return;
    // Answers may still be on their way to the executor.
    server_->Shutdown(std::chrono::system_clock::now());
    Await(io_, others_->watches.Stop());
  }

  template <class Request, class Response>
  absl::StatusOr<Response> Ask(void (Calls::*method)(grpc::ClientContext*, const Request*,
                                                     Response*, rpc::Done),
                               Request request) {
    return Await(io_,
                 rpc::Call(stub_->async(), method, std::move(request), std::chrono::seconds(10)));
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::optional<VisitBench> bench_;
  std::optional<Bystanders> others_;
  VisitLimits limits_{2, 32};
  AccountBook book_;
  std::optional<AccountTrial> trial_;
  std::optional<FolderDesk> folders_;
  std::optional<MailDesk> mails_;
  std::optional<Desks> desks_;
  FetcherService service_{io_.get_executor()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::FetcherService::StubInterface> stub_;
};

v1::TryAccountRequest Trial(const std::string& password) {
  v1::TryAccountRequest request;
  request.mutable_account()->set_owner("ann@example.org");
  request.mutable_account()->set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  request.mutable_account()->set_host("imap.example.org");
  request.mutable_account()->set_port(993);
  request.mutable_account()->set_login("ann");
  request.set_password(password);
  return request;
}

TEST_F(FetcherServiceTest, TriesAnAccountThatIsNotStored) {
  Serve({kLogin + kInbox,
         "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"wrong\"\n"
         "S: A1 NO no\n"});
  const auto works = Ask(&Calls::TryAccount, Trial("secret"));
  ASSERT_TRUE(works.ok()) << works.status();
  EXPECT_FALSE(works->has_problem());
  const auto wrong = Ask(&Calls::TryAccount, Trial("wrong"));
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_EQ(wrong->problem().text(),
            "$0 refused the login: wrong user name or password (server says: $1)");
  EXPECT_EQ(wrong->field(), "password");
  v1::TryAccountRequest smtp = Trial("x");
  smtp.mutable_account()->set_type(admin::v1::ACCOUNT_TYPE_SMTP);
  EXPECT_EQ(Ask(&Calls::TryAccount, smtp).status().code(), absl::StatusCode::kInvalidArgument);
}

// "acc" is stored; who names it and no password gets it tried where it is at home.
TEST_F(FetcherServiceTest, LendsAKnownPasswordToItsOwnServerAlone) {
  Serve({kLogin + kInbox, kLogin + kInbox});
  v1::TryAccountRequest request = Trial("");
  auto& account = *request.mutable_account();
  account.set_id("acc");
  account.set_port(10993);
  account.set_security(admin::v1::SECURITY_TLS);
  const auto home = Ask(&Calls::TryAccount, request);
  ASSERT_TRUE(home.ok()) << home.status();
  EXPECT_FALSE(home->has_problem()) << "the port may change";

  const std::function<void(admin::v1::Account&)> elsewhere[] = {
      [](auto& a) { a.set_host("evil.example"); },
      [](auto& a) { a.set_login("eve"); },
      [](auto& a) { a.set_security(admin::v1::SECURITY_NONE); },
      [](auto& a) { a.set_owner("eve@example.org"); },
      [](auto& a) { a.set_id("other"); },
  };
  const auto refused = [&](const char* how) {
    for (size_t i = 0; i < std::size(elsewhere); ++i) {
      SCOPED_TRACE(absl::StrCat(how, " ", i));
      v1::TryAccountRequest other = request;
      elsewhere[i](*other.mutable_account());
      const auto answer = Ask(&Calls::TryAccount, other);
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->field(), "password");
      EXPECT_FALSE(answer->problem().text().empty());
    }
  };
  refused("stored");
  EXPECT_EQ(bench_->dialer.dialled(), 1u);
  bench_->account.sealed_password.clear();
  book_.Put(bench_->account);
  bench_->passwords.Hold("acc", "ann@example.org", crypto::Secret("secret"));
  refused("held");
  EXPECT_EQ(bench_->dialer.dialled(), 1u) << "nobody was told the password";
  const auto held = Ask(&Calls::TryAccount, request);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_FALSE(held->has_problem());
}

TEST_F(FetcherServiceTest, TellsNoPasswordThatAServerRepeats) {
  const std::string imap = "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n";
  const std::string pop3 =
      "S: +OK hi\nC: CAPA\nS: -ERR what\nC: USER ann\nS: +OK\nC: PASS secret\n";
  const struct {
    admin::v1::AccountType type;
    std::string script, says;
  } cases[] = {
      {admin::v1::ACCOUNT_TYPE_IMAP, imap + "S: A1 NO what is LOGIN ann secret?\n",
       "what is LOGIN ann ***?"},
      {admin::v1::ACCOUNT_TYPE_IMAP,
       imap + "S: * BYE " + std::string(180, 'x') + " AGFubgBzZWNyZXQ=\n",
       std::string(180, 'x') + " ***="},
      {admin::v1::ACCOUNT_TYPE_POP3, pop3 + "S: -ERR unknown command: PASS secret\n",
       "unknown command: PASS ***"},
      {admin::v1::ACCOUNT_TYPE_POP3, pop3 + "S: -ERR [X-SECRET] c2VjcmV0\n", "***"},
  };
  std::vector<std::string> scripts;
  for (const auto& c : cases) scripts.push_back(c.script);
  Serve(scripts);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    v1::TryAccountRequest request = Trial("secret");
    request.mutable_account()->set_type(c.type);
    const auto answer = Ask(&Calls::TryAccount, request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->problem().arguments_size(), 2) << answer->problem().text();
    EXPECT_EQ(answer->problem().arguments(1), c.says);
  }
}

TEST_F(FetcherServiceTest, HearsOfChangesBeforeItHoldsAPassword) {
  Serve({});
  bench_->account.sealed_password.clear();
  desks_->catch_up = [this]() -> net::Task<absl::Status> {
    book_.Put(bench_->account);
    co_return absl::OkStatus();
  };
  service_.Begin(*desks_);
  book_.Remove("acc");
  v1::HoldPasswordRequest hold;
  hold.set_account_id("acc");
  hold.set_password("held");
  EXPECT_TRUE(Ask(&Calls::HoldPassword, hold).ok());
}

TEST_F(FetcherServiceTest, HoldsPasswordsUntilTheirUsersGo) {
  Serve({});
  bench_->account.sealed_password.clear();
  book_.Put(bench_->account);
  v1::HoldPasswordRequest hold;
  hold.set_account_id("acc");
  hold.set_password("held");
  ASSERT_TRUE(Ask(&Calls::HoldPassword, hold).ok());
  EXPECT_EQ(bench_->passwords.Find("acc").Reveal(), "held");
  v1::RetainPasswordsRequest retain;
  retain.add_users("ann@example.org");
  ASSERT_TRUE(Ask(&Calls::RetainPasswords, retain).ok());
  EXPECT_TRUE(bench_->passwords.Holds("acc"));
  ASSERT_TRUE(Ask(&Calls::RetainPasswords, v1::RetainPasswordsRequest()).ok());
  EXPECT_FALSE(bench_->passwords.Holds("acc"));
  hold.set_account_id("other");
  EXPECT_EQ(Ask(&Calls::HoldPassword, hold).status().code(), absl::StatusCode::kNotFound);
  hold.set_account_id("acc");
  hold.set_password("");
  EXPECT_EQ(Ask(&Calls::HoldPassword, hold).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FetcherServiceTest, ListsFoldersByTheirPath) {
  Serve({kLogin +
         "C: A2 LIST \"\" \"%\"\nS: A2 OK\nC: A3 LIST \"\" \"*\"\nS: * LIST () \".\" INBOX.Work.a\n"
         "S: * LIST () \".\" INBOX\nS: A3 OK\n"});
  v1::ListFoldersRequest request;
  request.set_account_id("acc");
  auto top = Ask(&Calls::ListFolders, request);
  ASSERT_TRUE(top.ok()) << top.status();
  EXPECT_FALSE(top->has_self());
  ASSERT_EQ(top->folders_size(), 1);
  EXPECT_EQ(top->folders(0).ShortDebugString(),
            "name: \"INBOX\" mailbox: \"INBOX\" selectable: true has_children: true");
  request.add_path("INBOX");
  request.add_path("Work");
  auto work = Ask(&Calls::ListFolders, request);
  ASSERT_TRUE(work.ok()) << work.status();
  EXPECT_EQ(work->self().mailbox(), "INBOX.Work");
  EXPECT_FALSE(work->self().selectable());
  EXPECT_EQ(work->folders(0).mailbox(), "INBOX.Work.a");
  request.add_path("nothing");
  EXPECT_EQ(Ask(&Calls::ListFolders, request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FetcherServiceTest, RefusesWhatItCanNotVisit) {
  Serve({});
  v1::ListFoldersRequest folders;
  EXPECT_EQ(Ask(&Calls::ListFolders, folders).status().code(), absl::StatusCode::kInvalidArgument);
  folders.set_account_id("other");
  EXPECT_EQ(Ask(&Calls::ListFolders, folders).status().code(), absl::StatusCode::kNotFound);
  folders.set_account_id("acc");
  bench_->account.type = AccountType::kPop3;
  book_.Put(bench_->account);
  const auto pop3 = Ask(&Calls::ListFolders, folders);
  EXPECT_EQ(pop3.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(words::WordingOf(pop3.status()).has_value());
  bench_->account.enabled = false;
  book_.Put(bench_->account);
  v1::ListMailsRequest mails;
  mails.set_account_id("acc");
  const auto disabled = Ask(&Calls::ListMails, mails);
  EXPECT_EQ(disabled.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(words::WordingOf(disabled.status()).has_value());
  book_.Remove("acc");
  EXPECT_EQ(Ask(&Calls::ListMails, mails).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FetcherServiceTest, ReadsSomeMailsAndNoMoreThanItSays) {
  Serve({kLogin + kInbox +
         "C: A3 UID FETCH 9 (UID RFC822.SIZE INTERNALDATE)\nS: * 1 FETCH (UID 9 RFC822.SIZE 18)\n"
         "S: A3 OK\nC: A4 UID FETCH 9 (UID BODY.PEEK[]<0.1048576>)\nS: * 1 FETCH (UID 9 BODY[]<0> "
         "{18}\nS: Subject: Hello\nS:\nS: )\nS: A4 OK\n"});
  v1::ReadMailsRequest request;
  request.set_account_id("acc");
  EXPECT_EQ(Ask(&Calls::ReadMails, request).status().code(), absl::StatusCode::kInvalidArgument);
  request.add_ids("7:9");
  const auto read = Ask(&Calls::ReadMails, request);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->mails_size(), 1);
  EXPECT_EQ(read->mails(0).id(), "7:9");
  EXPECT_EQ(read->mails(0).mail().subject(), "Hello");
  for (int i = 0; i < 32; ++i) request.add_ids("7:9");
  EXPECT_EQ(Ask(&Calls::ReadMails, request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace postern::fetcher
