#include <gmock/gmock.h>

#include "services/admin/account_store.h"
#include "services/admin/feed_cursor.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";
constexpr uint32_t kLong = 30'000;

using Answer = std::optional<absl::StatusOr<v1::ListAccountChangesResponse>>;

net::Task<void> AskInto(Replica& replica, v1::ListAccountChangesRequest request, Answer& answer) {
  answer = co_await replica.Ask(&AdminCalls::ListAccountChanges, std::move(request));
}

net::Task<void> Settle() { co_await net::Sleep(std::chrono::milliseconds(100)); }

class ChangeFeedTest : public AdminHarness {
 protected:
  // Begins to wait for what comes after `since`, and lets the wait really begin.
  void Wait(Replica& replica, uint64_t since, Answer& answer, uint32_t wait_ms = kLong) {
    boost::asio::co_spawn(io_, AskInto(replica, Since(since, wait_ms), answer),
                          boost::asio::detached);
    testing::Await(io_, Settle());
  }
  void RunUntil(const Answer& answer) {
    io_.restart();
    while (!answer) io_.run_one();
  }
};

TEST_F(ChangeFeedTest, AnEmptySiteIsASnapshotOnceAndThenAWait) {
  const auto first = Changes(0);
  EXPECT_TRUE(first.snapshot());
  EXPECT_GT(first.revision(), 0u);
  const auto second = Changes(first.revision());
  EXPECT_FALSE(second.snapshot());
  EXPECT_EQ(second.revision(), first.revision());
}

TEST_F(ChangeFeedTest, TellsWhatChangedSince) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  const v1::Account work = MustPut(ImapAccount(kAnn, "work"));
  const auto all = Changes(0);
  EXPECT_TRUE(all.snapshot());
  EXPECT_EQ(all.changed_size(), 2);

  ASSERT_TRUE(Report(work.id(), v1::HEALTH_STATE_OK).ok());
  ASSERT_TRUE(Remove(home.id()).ok());
  const auto since = Changes(all.revision());
  EXPECT_FALSE(since.snapshot());
  ASSERT_EQ(since.changed_size(), 1);
  EXPECT_EQ(since.changed(0).id(), work.id());
  EXPECT_EQ(since.changed(0).health().state(), v1::HEALTH_STATE_OK);
  EXPECT_EQ(since.changed(0).settings_revision(), work.settings_revision());
  ASSERT_EQ(since.removed_ids_size(), 1);
  EXPECT_EQ(since.removed_ids(0), home.id());
  EXPECT_TRUE(Changes(0).removed_ids().empty());
}

TEST_F(ChangeFeedTest, GoodNewsAgainIsNoNews) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_OK).ok());
  const auto now = Changes(0);
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_OK).ok());
  EXPECT_EQ(Changes(now.revision()).revision(), now.revision());
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_ERROR, "refused").ok());
  EXPECT_EQ(Changes(now.revision()).changed(0).health().error(), "refused");
}

TEST_F(ChangeFeedTest, AnEmptyWaitEndsWithNothing) {
  const auto now = Changes(0);
  Answer answer;
  Wait(one_, now.revision(), answer, /*wait_ms=*/150);
  RunUntil(answer);
  ASSERT_TRUE(answer->ok());
  EXPECT_EQ((*answer)->revision(), now.revision());
  EXPECT_FALSE((*answer)->snapshot());
}

TEST_F(ChangeFeedTest, AChangeWakesAllWhoWaitInBothReplicas) {
  const auto now = Changes(0);
  Answer here, here_too, there;
  Wait(one_, now.revision(), here);
  Wait(one_, now.revision(), here_too);
  Wait(two_, now.revision(), there);
  EXPECT_FALSE(here || here_too || there);
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  for (const Answer* answer : {&here, &here_too, &there}) {
    RunUntil(*answer);
    ASSERT_TRUE((*answer)->ok()) << (*answer)->status();
    ASSERT_EQ((**answer)->changed_size(), 1);
    EXPECT_EQ((**answer)->changed(0).id(), home.id());
    EXPECT_FALSE((**answer)->snapshot());
  }
}

TEST_F(ChangeFeedTest, StoppingLetsTheWaitingGo) {
  const auto now = Changes(0);
  Answer answer;
  Wait(one_, now.revision(), answer);
  testing::Await(io_, one_.service().Stop());
  RunUntil(answer);
  EXPECT_TRUE(answer->ok());
}

TEST_F(ChangeFeedTest, ARevisionFromAnotherLifeOfRedisGetsASnapshot) {
  MustPut(ImapAccount(kAnn, "home"));
  const auto answer = Changes(1'000'000);
  EXPECT_TRUE(answer.snapshot());
  EXPECT_EQ(answer.changed_size(), 1);
  EXPECT_LT(answer.revision(), 1'000'000u);
}

TEST(FeedCursor, IsTheRevisionItselfUnlessInAListing) {
  EXPECT_EQ((FeedCursor{42, false, 7}).Encode(), 42u);
  for (uint64_t number : {uint64_t{0}, uint64_t{42}, FeedCursor{42, true, 7}.Encode(),
                          FeedCursor{(uint64_t{1} << 44) - 1, true, (1u << 19) - 1}.Encode()}) {
    EXPECT_EQ(FeedCursor::Decode(number).Encode(), number);
  }
  const FeedCursor cursor = FeedCursor::Decode(FeedCursor{42, true, 7}.Encode());
  EXPECT_EQ(cursor.revision, 42u);
  EXPECT_TRUE(cursor.listing);
  EXPECT_EQ(cursor.trims, 7u);
}

// The store alone, with limits that a test can reach.
class AccountStoreTest : public ::testing::Test {
 protected:
  v1::Account Create(const std::string& name) {
    v1::Account account = ImapAccount(kAnn, name);
    account.set_id("id-" + name);
    account.mutable_health()->set_state(v1::HEALTH_STATE_CHECKING);
    OwnerEdit edit = Begin();
    edit.creates = true;
    edit.put.push_back(account);
    EXPECT_TRUE(testing::Await(io_, store_.Commit(edit)).ok());
    return account;
  }
  void Remove(const v1::Account& account) {
    OwnerEdit edit = Begin();
    edit.removed.push_back(account);
    EXPECT_TRUE(testing::Await(io_, store_.Commit(edit)).ok());
  }
  OwnerEdit Begin() {
    auto owner = testing::Await(io_, store_.ReadOwner(kAnn));
    EXPECT_TRUE(owner.ok()) << owner.status();
    OwnerEdit edit;
    edit.owner = kAnn;
    edit.seen_revision = owner->revision;
    return edit;
  }
  ChangesPage Read(FeedCursor since) {
    // As a client does: the cursor travels as a number.
    auto page = testing::Await(io_, store_.ReadChanges(FeedCursor::Decode(since.Encode())));
    EXPECT_TRUE(page.ok()) << page.status();
    return *page;
  }

  testing::RedisServer server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), server_.url());
  AccountStore store_{*redis_, {.accounts = 12, .removals_kept = 4, .page_accounts = 3}};
};

TEST_F(AccountStoreTest, AnEditPlannedOnOldNewsIsNotDone) {
  OwnerEdit late = Begin();
  Create("one");
  late.put.push_back(ImapAccount(kAnn, "two"));
  EXPECT_EQ(testing::Await(io_, store_.Commit(late)).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(testing::Await(io_, store_.ReadOwner(kAnn))->accounts.size(), 1u);
}

TEST_F(AccountStoreTest, HealthReportedOnOldNewsIsNotWritten) {
  const v1::Account one = Create("one");
  v1::Health ok = one.health();
  ok.set_state(v1::HEALTH_STATE_OK);
  EXPECT_TRUE(testing::Await(io_, store_.WriteHealth(one.id(), one.health(), ok)).ok());
  EXPECT_EQ(testing::Await(io_, store_.WriteHealth(one.id(), one.health(), ok)).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(AccountStoreTest, TheSiteTakesSoManyAccountsAndNoMore) {
  for (int i = 0; i < 12; ++i) Create(absl::StrCat("a", i));
  OwnerEdit edit = Begin();
  edit.creates = true;
  edit.put.push_back(ImapAccount(kAnn, "b"));
  EXPECT_EQ(testing::Await(io_, store_.Commit(edit)).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(AccountStoreTest, ALongSnapshotComesPageByPage) {
  for (int i = 0; i < 8; ++i) Create(absl::StrCat("a", i));
  std::vector<std::string> names;
  FeedCursor cursor;
  int pages = 0;
  do {
    const ChangesPage page = Read(cursor);
    EXPECT_EQ(page.snapshot, pages == 0);
    for (const auto& account : page.changed) names.push_back(account.name());
    EXPECT_EQ(page.more, page.next.listing);
    cursor = page.next;
    ++pages;
  } while (cursor.listing);
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names, ::testing::ElementsAre("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"));
  EXPECT_TRUE(Read(cursor).changed.empty());
}

TEST_F(AccountStoreTest, APageEndsAlsoAtItsBytes) {
  AccountStore small(*redis_, {.page_bytes = 1});
  Create("one");
  Create("two");
  const auto first = testing::Await(io_, small.ReadChanges(FeedCursor()));
  ASSERT_EQ(first->changed.size(), 1u);
  EXPECT_TRUE(first->next.listing);
  const auto second = testing::Await(io_, small.ReadChanges(first->next));
  ASSERT_EQ(second->changed.size(), 1u);
  EXPECT_EQ(second->changed[0].name(), "two");
  EXPECT_FALSE(second->next.listing);
}

TEST_F(AccountStoreTest, TenThousandAccountsAreAFewPages) {
  AccountStore large(*redis_, AccountStore::Limits());
  for (int user = 0; user < 500; ++user) {
    OwnerEdit edit;
    edit.owner = absl::StrCat("user", user, "@example.org");
    edit.seen_revision = "0";
    edit.creates = true;
    for (int i = 0; i < 20; ++i) {
      v1::Account& account = edit.put.emplace_back(ImapAccount(edit.owner, absl::StrCat("a", i)));
      account.set_id(absl::StrCat("id-", user, "-", i));
    }
    ASSERT_TRUE(testing::Await(io_, large.Commit(edit)).ok());
  }
  size_t accounts = 0, pages = 0;
  FeedCursor cursor;
  do {
    const auto page = testing::Await(io_, large.ReadChanges(cursor));
    ASSERT_TRUE(page.ok()) << page.status();
    accounts += page->changed.size();
    ++pages;
    cursor = page->next;
  } while (cursor.listing);
  EXPECT_EQ(accounts, 10'000u);
  EXPECT_EQ(pages, 3u);
  EXPECT_EQ(testing::Await(io_, large.ReadOwner("user7@example.org"))->accounts.size(), 20u);
}

TEST_F(AccountStoreTest, WhoIsTooFarBehindGetsASnapshot) {
  const v1::Account kept = Create("kept");
  const v1::Account first = Create("first");
  const FeedCursor early = Read(FeedCursor()).next;
  Remove(first);
  const ChangesPage delta = Read(early);
  EXPECT_FALSE(delta.snapshot);
  EXPECT_THAT(delta.removed_ids, ::testing::ElementsAre(first.id()));
  for (int i = 0; i < 6; ++i) Remove(Create(absl::StrCat("b", i)));
  const ChangesPage page = Read(early);
  EXPECT_TRUE(page.snapshot);
  EXPECT_TRUE(page.removed_ids.empty());
  ASSERT_EQ(page.changed.size(), 1u);
  EXPECT_EQ(page.changed[0].id(), kept.id());
  EXPECT_FALSE(Read(page.next).snapshot);
}

TEST_F(AccountStoreTest, ASnapshotBeginsAgainOnlyWhenRemovalsWereForgottenMeanwhile) {
  std::vector<v1::Account> old;
  Create("kept");  // who has none left has gone, and is to be forgotten before they may come back
  for (int i = 0; i < 6; ++i) Remove(Create(absl::StrCat("b", i)));  // trims once
  for (int i = 0; i < 5; ++i) old.push_back(Create(absl::StrCat("a", i)));
  const ChangesPage first = Read(FeedCursor());
  ASSERT_TRUE(first.next.listing);
  Remove(old[0]);
  const ChangesPage second = Read(first.next);
  EXPECT_FALSE(second.snapshot);
  EXPECT_THAT(second.removed_ids, ::testing::Contains(old[0].id()));
  for (int i = 0; i < 6; ++i) Remove(Create(absl::StrCat("c", i)));  // and again
  EXPECT_TRUE(Read(first.next).snapshot);
}

TEST_F(AccountStoreTest, ADamagedAccountIsLeftOutAlone) {
  Create("one");
  Create("two");
  std::vector<std::string> command{"HSET", "postern:account:{accounts}:settings", "id-one",
                                   "\xff\xff"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(command)).ok());
  const ChangesPage page = Read(FeedCursor());
  ASSERT_EQ(page.changed.size(), 1u);
  EXPECT_EQ(page.changed[0].name(), "two");
}

}  // namespace
}  // namespace postern::admin
