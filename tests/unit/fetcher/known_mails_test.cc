#include "services/fetcher/known_mails.h"

#include <gtest/gtest.h>

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
    bool prune;
  } const cases[] = {
      {"never seen", std::nullopt, {1, 2}, Sight::kFirst, {1, 2}, false},
      {"another mailbox", KnownMails{"home", 0, {1}}, {1, 2}, Sight::kFirst, {1, 2}, false},
      {"nothing new", KnownMails{"work", 0, {1, 2}}, {2, 1}, Sight::kAgain, {}, false},
      {"new, in the order listed",
       KnownMails{"work", 0, {5}},
       {9, 5, 7},
       Sight::kAgain,
       {9, 7},
       false},
      {"the same id twice", KnownMails{"work", 0, {5}}, {5, 7, 7}, Sight::kAgain, {7}, false},
      {"was empty", KnownMails{"work", 0, {}}, Range(1, 50), Sight::kAgain, Range(1, 50), false},
      {"is empty", KnownMails{"work", 0, Range(1, 1000)}, {}, Sight::kAgain, {}, false},
      {"all removed, some came", KnownMails{"work", 0, Range(1, 9)}, Range(101, 5), Sight::kAgain,
       Range(101, 5), false},
      {"all have other ids", KnownMails{"work", 0, Range(1, 9)}, Range(101, 6), Sight::kReplaced,
       Range(101, 6), false},
      {"one is left",
       KnownMails{"work", 0, Range(1, 9)},
       {9, 101, 102, 103, 104, 105, 106},
       Sight::kAgain,
       Range(101, 6),
       false},
      {"some are gone", KnownMails{"work", 0, Range(1, 257)}, {1}, Sight::kAgain, {}, false},
      {"most are gone", KnownMails{"work", 0, Range(1, 259)}, {1}, Sight::kAgain, {}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto review = ReviewListing(c.known, "work", Listing(c.listed));
    ASSERT_TRUE(review.ok());
    EXPECT_EQ(review->sight, c.sight);
    EXPECT_EQ(Keys(review->fresh), c.fresh);
    EXPECT_EQ(review->prune, c.prune);
  }
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
