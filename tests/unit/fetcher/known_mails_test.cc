#include "services/fetcher/known_mails.h"

#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"

namespace postern::fetcher {
namespace {

std::vector<ListedMail> Listing(const std::vector<uint64_t>& keys) {
  std::vector<ListedMail> listing;
  for (uint64_t key : keys) {
    ListedMail mail;
    mail.number = static_cast<uint32_t>(listing.size() + 1);
    mail.key = key;
    listing.push_back(mail);
  }
  return listing;
}

std::vector<uint64_t> Keys(const std::vector<ListedMail>& mails) {
  std::vector<uint64_t> keys;
  for (const ListedMail& mail : mails) keys.push_back(mail.key);
  return keys;
}

std::vector<uint64_t> Range(uint64_t first, uint64_t count) {
  std::vector<uint64_t> keys;
  for (uint64_t key = first; key < first + count; ++key) keys.push_back(key);
  return keys;
}

TEST(KnownMails, KeepsEightBytesOfEach) {
  const std::vector<uint64_t> keys = {0, 1, 0x0123456789abcdef, UINT64_MAX};
  const std::string packed = PackKeys(keys);
  EXPECT_EQ(packed.size(), 32u);
  EXPECT_EQ(UnpackKeys(packed), keys);
  EXPECT_EQ(UnpackKeys(packed + "torn"), keys);
  EXPECT_TRUE(UnpackKeys("").empty());
}

TEST(KnownMails, TellsMailsAndMailboxesApart) {
  EXPECT_EQ(UidlKey("work", "a"), UidlKey("work", "a"));
  EXPECT_NE(UidlKey("work", "a"), UidlKey("work", "b"));
  EXPECT_NE(UidlKey("work", "a"), UidlKey("home", "a"));
  EXPECT_NE(UidlKey("work", "a"), 0u);
}

TEST(KnownMails, FindsWhatIsNew) {
  using Words = std::vector<uint64_t>;
  struct {
    const char* name;
    std::optional<KnownMails> known;
    Words listed;
    Sight sight;
    Words fresh;
  } const cases[] = {
      {"never seen", std::nullopt, {1, 2}, Sight::kFirst, {1, 2}},
      {"another mailbox", KnownMails{"home", 0, {1}}, {1, 2}, Sight::kFirst, {1, 2}},
      {"nothing new", KnownMails{"work", 0, {1, 2}}, {2, 1}, Sight::kAgain, {}},
      {"new, in the order listed", KnownMails{"work", 0, {5}}, {9, 5, 7}, Sight::kAgain, {9, 7}},
      {"the same id twice", KnownMails{"work", 0, {5}}, {5, 7, 7}, Sight::kAgain, {7}},
      {"was empty", KnownMails{"work", 0, {}}, Range(1, 50), Sight::kAgain, Range(1, 50)},
      {"is empty", KnownMails{"work", 0, Range(1, 1000)}, {}, Sight::kAgain, {}},
      {"all removed, some came", KnownMails{"work", 0, Range(1, 9)}, Range(101, 5), Sight::kAgain,
       Range(101, 5)},
      {"all have other ids", KnownMails{"work", 0, Range(1, 9)}, Range(101, 6), Sight::kReplaced,
       Range(101, 6)},
      {"one is left",
       KnownMails{"work", 0, Range(1, 9)},
       {9, 101, 102, 103, 104, 105, 106},
       Sight::kAgain,
       Range(101, 6)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto review = ReviewListing(c.known, "work", Listing(c.listed));
    ASSERT_TRUE(review.ok());
    EXPECT_EQ(review->sight, c.sight);
    EXPECT_EQ(Keys(review->fresh), c.fresh);
  }
}

TEST(KnownMails, KeepsTheNewestAndAllThatAreListed) {
  const size_t kept = KnownMails::kMost * 9 / 10;
  EXPECT_EQ(KeysToKeep(Range(1, kept + 5), {}), Range(6, kept));
  auto oldest = KeysToKeep(Range(1, kept + 5), Listing({3, 1}));
  ASSERT_EQ(oldest.size(), kept);
  EXPECT_EQ(oldest[0], 1u);
  EXPECT_EQ(oldest[1], 3u);
  EXPECT_EQ(oldest[2], 8u);
  const std::vector<uint64_t> full = Range(1, KnownMails::kMost);
  EXPECT_EQ(KeysToKeep(Range(1, KnownMails::kMost + 1), Listing(full)), full);
  EXPECT_EQ(KeysToKeep({1, 2, 1, 2}, {}), (std::vector<uint64_t>{1, 2})) << "each once";
}

// Asks about the mails 1 to `count` as it is done, from the last one on.
std::vector<uint64_t> NewByDate(size_t count, const std::function<int64_t(uint64_t)>& received) {
  const std::vector<ListedMail> listing = Listing(Range(1, count));
  SortByDate sorted(1'000'000);
  for (size_t i = count; i > 0 && !sorted.Enough(); --i) {
    sorted.Add(listing[i - 1], received(listing[i - 1].key));
  }
  return Keys(sorted.New());
}

TEST(KnownMails, TellsNewMailsByTheirDates) {
  const int64_t old = 900'000, now = 1'000'001, a_little_before = 1'000'000 - 600;
  EXPECT_EQ(NewByDate(9, [=](uint64_t key) { return key > 6 ? now : old; }), Range(7, 3));
  EXPECT_EQ(NewByDate(9, [=](uint64_t key) { return key > 6 ? a_little_before : old; }),
            Range(7, 3))
      << "a clock may be behind";
  EXPECT_EQ(NewByDate(9, [=](uint64_t) { return a_little_before - 1; }), Range(1, 0));
  EXPECT_EQ(NewByDate(30, [=](uint64_t key) { return key == 10 ? now : old; }), Range(1, 0))
      << "who asks on for ever";
  EXPECT_EQ(NewByDate(1200, [=](uint64_t) { return now; }), Range(201, 1000));
}

TEST(KnownMails, LosesNoMailForItsLackOfADate) {
  const int64_t old = 900'000, now = 1'000'001;
  EXPECT_EQ(NewByDate(50, [](uint64_t) { return 0; }), Range(1, 50));
  EXPECT_EQ(NewByDate(51, [](uint64_t) { return 0; }), Range(1, 0)) << "a whole mailbox";
  EXPECT_EQ(NewByDate(60, [=](uint64_t key) { return key > 58 ? now : 0; }), Range(59, 2));
  EXPECT_EQ(NewByDate(5, [=](uint64_t key) { return key == 3 ? 0 : old; }), Range(3, 1));
}

TEST(KnownMails, RefusesAServerThatGivesManyMailsOneId) {
  const KnownMails known{"work", 0, {1}};
  EXPECT_TRUE(ReviewListing(known, "work", Listing({1, 1, 1, 1, 1, 1, 1, 1, 1})).ok());
  EXPECT_TRUE(ReviewListing(known, "work", Listing({1, 1, 2, 2, 3, 3, 4, 4, 5, 5})).ok());
  EXPECT_EQ(ReviewListing(known, "work", Listing({1, 1, 2, 2, 3, 3, 4, 4, 4, 4})).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(KnownMails, NamesAMailForEver) {
  const std::string mailbox = Pop3MailboxIdentity("pop3.example.org", "ann");
  EXPECT_EQ(mailbox, Pop3MailboxIdentity("POP3.example.org", "ann"));
  EXPECT_NE(mailbox, Pop3MailboxIdentity("pop3.example.org", "bob"));
  EXPECT_NE(mailbox, MailboxIdentity("pop3.example.org", "ann", "INBOX"));
  EXPECT_EQ(DeliveryId("acc", mailbox, 7), DeliveryId("acc", mailbox, 7));
  EXPECT_NE(DeliveryId("acc", mailbox, 7), DeliveryId("acc", mailbox, 8));
  EXPECT_NE(DeliveryId("acc", mailbox, 7), DeliveryId("other", mailbox, 7));
}

}  // namespace
}  // namespace postern::fetcher
