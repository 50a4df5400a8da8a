// Which accounts have a watcher: those that are to be watched and whose slots are ours.

#include "services/fetcher/watch_list.h"

#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

const std::string kMailbox = MailboxIdentity("imap.example.org", "ann", "INBOX");

// From the greeting to IDLE, with nothing new.
const std::string kQuiet =
    "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n"
    "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\nC: A2 EXAMINE \"INBOX\"\nS: * 1 EXISTS\n"
    "S: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT 9]\nS: A2 OK\n"
    "C: A3 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\nS: A3 OK\n"
    "C: A4 IDLE\nS: + idling\n";

// The same where the mailbox is seen first.
const std::string kQuietAtFirst =
    "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n"
    "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\nC: A2 EXAMINE \"INBOX\"\nS: * 1 EXISTS\n"
    "S: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT 9]\nS: A2 OK\n"
    "C: A3 UID FETCH * (UID)\nS: * 1 FETCH (UID 8)\nS: A3 OK\n"
    "C: A4 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\nS: A4 OK\n"
    "C: A5 IDLE\nS: + idling\n";

class WatchListTest : public WatcherTest {
 protected:
  // The slot of the account, taken with this token.
  static HeldSlots Ours(uint64_t token) { return {{SlotOf("acc"), token}}; }
  static HeldSlots NotOurs() {
    HeldSlots slots = AllSlots(kToken);
    slots.erase(SlotOf("acc"));
    return slots;
  }
  bool Quiet() {
    return Until([this] { return !watches_->InUse(SlotOf("acc")); });
  }
  std::optional<Cursor> StoredCursor(uint64_t token) {
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take("acc", token));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? lease->cursor : std::nullopt;
  }
};

TEST_F(WatchListTest, WatchesNothingOfASlotThatIsAnothers) {
  Watch({kQuietAtFirst}, NotOurs());
  EXPECT_FALSE(Until([this] { return dialer_->dialled() > 0; }, milliseconds(100)));
  EXPECT_TRUE(watches_->Watched().empty());
  EXPECT_EQ(watches_->Check("acc").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LastHealth(), "") << "that is for its owner to say";
  watches_->Hold(Ours(kToken));
  EXPECT_TRUE(Played());
  EXPECT_EQ(watches_->Watched().size(), 1u);
}

TEST_F(WatchListTest, ClosesTheConnectionWhenTheSlotGoes) {
  SetCursor({7, 8, kMailbox});
  Watch({kQuiet, kQuiet});
  ASSERT_TRUE(Played());
  EXPECT_TRUE(watches_->InUse(SlotOf("acc")));
  watches_->Hold(NotOurs());
  EXPECT_TRUE(watches_->Watched().empty());
  EXPECT_TRUE(Quiet());
  EXPECT_EQ(dialer_->ended.size(), 1u);
  // It comes back with a higher token, as after any taking.
  watches_->Hold(Ours(kToken + 5));
  ASSERT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  EXPECT_TRUE(Played());
}

TEST_F(WatchListTest, LeavesWatchersAloneWhenOtherSlotsComeAndGo) {
  SetCursor({7, 8, kMailbox});
  Watch({kQuiet});
  ASSERT_TRUE(Played());
  watches_->Hold(Ours(kToken));
  watches_->Hold(AllSlots(kToken));
  EXPECT_FALSE(Until([this] { return !dialer_->ended.empty(); }, milliseconds(100)));
}

TEST_F(WatchListTest, StartsAnewUnderANewToken) {
  SetCursor({7, 8, kMailbox});
  Watch({kQuiet, kQuiet});
  ASSERT_TRUE(Played());
  watches_->Hold(Ours(kToken + 1));
  ASSERT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  EXPECT_EQ(dialer_->ended.size(), 1u) << "one after the other";
  EXPECT_TRUE(Played());
}

// Slots that come and go faster than watchers can stop.
TEST_F(WatchListTest, EndsAsItShallBeHoweverOftenThatChanges) {
  SetCursor({7, 8, kMailbox});
  Watch({kQuiet, kQuiet, kQuiet});
  ASSERT_TRUE(Played());
  for (int i = 1; i < 20; ++i) {
    watches_->Hold(NotOurs());
    watches_->Hold(Ours(kToken + i));
    PutAccount();
  }
  ASSERT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  EXPECT_TRUE(Played());
  EXPECT_EQ(watches_->Watched().size(), 1u);
  EXPECT_EQ(StoredCursor(kToken + 19), (Cursor{7, 8, kMailbox}));
}

TEST_F(WatchListTest, AsksForANewTokenWhenTheFenceIsHigher) {
  CursorStore other(*redis_);
  ASSERT_TRUE(testing::Await(io_, other.Take("acc", kToken + 7)).ok());
  Watch({kQuietAtFirst});
  EXPECT_TRUE(Until([this] { return !outbid_.empty(); }));
  EXPECT_EQ(outbid_, std::vector<Slot>{SlotOf("acc")});
  EXPECT_EQ(dialer_->dialled(), 0u);
  watches_->Hold(Ours(kToken + 8));
  EXPECT_TRUE(Played());
}

TEST_F(WatchListTest, StopsAWatcherThatIsFenced) {
  account_.sealed_password.clear();
  Watch({kQuietAtFirst});
  ASSERT_TRUE(Until([this] { return LastHealth() == "ASKING"; }));
  CursorStore other(*redis_);
  ASSERT_TRUE(testing::Await(io_, other.Take("acc", kToken + 7)).ok());
  passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  watches_->PasswordArrived("acc");
  // It finds the end of the mailbox, and may not write it down.
  EXPECT_TRUE(Until([this] { return !outbid_.empty(); }));
  EXPECT_EQ(outbid_, std::vector<Slot>{SlotOf("acc")});
  EXPECT_TRUE(watches_->Watched().empty());
  EXPECT_TRUE(Quiet());
  EXPECT_EQ(StoredCursor(kToken + 7), std::nullopt) << "it wrote nothing";
}

TEST_F(WatchListTest, ForgetsTheCursorOfARemovedAccountAlone) {
  SetCursor({7, 8, kMailbox});
  Watch({kQuiet});
  ASSERT_TRUE(Played());
  watches_->Leave("acc");
  ASSERT_TRUE(Quiet());
  EXPECT_EQ(StoredCursor(kToken), (Cursor{7, 8, kMailbox}));
  watches_->Remove("acc");
  EXPECT_TRUE(Until([this] { return !StoredCursor(kToken).has_value(); }));
}

TEST_F(WatchListTest, TakesAndStopsThousandsOfAccounts) {
  Watch({}, {});
  watches_->Leave("acc");
  constexpr size_t kMany = 3000;
  for (size_t i = 0; i < kMany; ++i) {
    account_.id = absl::StrCat("many", i);
    PutAccount();
  }
  watches_->Hold(AllSlots(kToken));
  EXPECT_TRUE(
      Until([this] { return watches_->Watched().size() == kMany; }, std::chrono::seconds(60)));
  watches_->Hold({});
  EXPECT_TRUE(watches_->Watched().empty());
  EXPECT_TRUE(Until(
      [this] {
        for (Slot slot = 0; slot < kSlots; ++slot) {
          if (watches_->InUse(slot)) return false;
        }
        return true;
      },
      std::chrono::seconds(60)));
}

}  // namespace
}  // namespace postern::fetcher
