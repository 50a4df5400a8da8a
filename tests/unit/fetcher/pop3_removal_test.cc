// What was handed on long enough ago is removed from the POP3 server, and nothing else.
#include "services/fetcher/pop3_source.h"
#include "tests/unit/fetcher/pop3_watcher_bench.h"

namespace postern::fetcher {
namespace {

constexpr int64_t kDay = 24 * 60 * 60;

class Pop3RemovalTest : public Pop3WatcherTest {
 protected:
  Pop3RemovalTest() { account_.remove_after_days = 3; }

  void SetDelivered(const std::vector<std::string>& ids, int64_t at_unix) {
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take("acc", kToken - 1));
    ASSERT_TRUE(lease.ok());
    std::vector<DeliveredMail> mails;
    for (const std::string& id : ids) {
      DeliveredMail mail;
      mail.key = UidlKey(kMailbox, id);
      mail.at_unix = at_unix;
      mails.push_back(mail);
    }
    ASSERT_TRUE(testing::Await(io_, store.AddDelivered(*lease, mails)).ok());
  }

  std::vector<uint64_t> DeliveredKeys() {
    CursorStore store(*redis_);
    auto mails = testing::Await(io_, store.ReadDelivered("acc"));
    std::vector<uint64_t> keys;
    if (mails.ok()) {
      for (const DeliveredMail& mail : *mails) keys.push_back(mail.key);
    }
    return keys;
  }
  static std::vector<uint64_t> Keys(const std::vector<std::string>& ids) {
    std::vector<uint64_t> keys;
    for (const std::string& id : ids) keys.push_back(UidlKey(kMailbox, id));
    return keys;
  }
};

TEST_F(Pop3RemovalTest, RemovesWhatWasHandedOnLongAgo) {
  SetKnown({"never", "old", "young", "gone"});
  SetDelivered({"old", "gone"}, std::time(nullptr) - 4 * kDay);
  SetDelivered({"young"}, std::time(nullptr) - kDay);
  Watch({absl::StrCat(kLogin, List({"never", "old", "young"}), "C: DELE 2\nS: +OK\n", kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(Until([&] { return DeliveredKeys() == Keys({"young"}); }));
}

TEST_F(Pop3RemovalTest, RecordsWhatIsHandedOnAndNothingElse) {
  account_.remove_after_days = 0;
  peers_.rejected_subject = "Spam";
  SetKnown({"a"});
  Watch({absl::StrCat(kLogin, List({"a", "b", "c"}), Read(2, "Spam"), Read(3, "Hello"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_EQ(DeliveredKeys(), Keys({"c"}));
}

TEST_F(Pop3RemovalTest, LeavesEverythingWhereNobodyWantsItRemoved) {
  account_.remove_after_days = 0;
  SetKnown({"a"});
  SetDelivered({"a"}, 0);
  Watch({absl::StrCat(kLogin, List({"a"}), kQuit)});
  EXPECT_TRUE(Visited(1));
}

TEST_F(Pop3RemovalTest, LeavesEverythingAtTheFirstSightOfAMailbox) {
  SetDelivered({"a"}, 0);
  Watch({absl::StrCat(kLogin, List({"a"}), kQuit)});
  EXPECT_TRUE(Visited(1));
}

TEST_F(Pop3RemovalTest, LeavesEverythingOfAMailboxWithOtherIds) {
  SetKnown({"a"});
  SetDelivered({"b"}, 0);
  const std::vector<std::string> ids = {"b", "c", "d", "e", "f", "g", "h"};
  std::string dates;
  for (int number = 7; number >= 1; --number) dates += Top(number, 2020);
  Watch({absl::StrCat(kLogin, List(ids), dates, kQuit)});
  EXPECT_TRUE(Visited(1));
}

TEST_F(Pop3RemovalTest, LeavesEverythingWhenAPartIsListed) {
  SetKnown({"a", "b"});
  SetDelivered({"a"}, 0);
  Watch({absl::StrCat(kLogin, "C: STAT\nS: +OK 2 100\nC: UIDL\nS: +OK\nS: 1 a\nS: .\n", kQuit)});
  EXPECT_TRUE(Visited(1));
}

TEST_F(Pop3RemovalTest, TriesAgainWhatTheServerRefusesOrForgets) {
  SetKnown({"a", "b"});
  SetDelivered({"a", "b"}, 0);
  Watch({absl::StrCat(kLogin, List({"a", "b"}), "C: DELE 1\nS: -ERR busy\nC: DELE 2\nS: +OK\n",
                      "C: QUIT\nS: -ERR some deleted messages not removed\n"),
         absl::StrCat(kLogin, List({"a", "b"}), "C: DELE 1\nS: -ERR busy\nC: DELE 2\nS: +OK\n",
                      kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(DeliveredKeys(), Keys({"a", "b"}));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_TRUE(Until([&] { return DeliveredKeys() == Keys({"a"}); }));
}

net::Task<absl::Status> OpenAndLeave(Pop3Source& source, sasl::Credentials credentials) {
  std::optional<Failure> failure;
  if (absl::Status s = co_await source.Open(credentials, failure); !s.ok()) co_return s;
  auto stay = co_await source.Park();
  co_return stay.status();
}

// Without QUIT the server keeps all (RFC 1939 section 6).
TEST_F(Pop3RemovalTest, NeverSaysQuitOnceAnotherFetcherHasTheAccount) {
  SetKnown({"a"});
  SetDelivered({"a"}, 0);
  CursorStore store(*redis_);
  ASSERT_TRUE(testing::Await(io_, store.Take("acc", kToken)).ok());
  availability_.emplace(*edge_, [](const std::string&) {});
  Progress progress;
  progress.lease.account_id = "acc";
  progress.lease.token = kToken - 1;
  const Vigil vigil{account_, *availability_, store, PasswordRule::kEncryptedOnly, progress};
  testing::ScriptedStream stream(absl::StrCat(kLogin, List({"a"}), "C: DELE 1\nS: +OK\n"));
  Pop3Source source(stream, vigil);
  sasl::Credentials credentials;
  credentials.login = "ann";
  credentials.secret = crypto::Secret("secret");
  const absl::Status end = testing::Await(io_, OpenAndLeave(source, std::move(credentials)));
  EXPECT_TRUE(absl::IsAborted(end)) << end;
  EXPECT_EQ(stream.mismatch(), "");
  EXPECT_EQ(stream.Remaining(), "");
  EXPECT_EQ(DeliveredKeys(), Keys({"a"}));
}

}  // namespace
}  // namespace postern::fetcher
