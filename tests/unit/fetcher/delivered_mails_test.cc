#include "services/fetcher/delivered_mails.h"

#include <gtest/gtest.h>

namespace postern::fetcher {
namespace {

constexpr int64_t kNow = 1'800'000'000, kDay = 24 * 60 * 60;

TEST(DeliveredMails, ArePackedAndUnpacked) {
  const std::vector<DeliveredMail> mails = {{0x0123456789ABCDEF, kNow}, {1, 1}, {~uint64_t{0}, 0}};
  const std::string packed = PackDelivered(mails);
  EXPECT_EQ(packed.size(), mails.size() * kBytesOfDelivered);
  EXPECT_EQ(UnpackDelivered(packed), mails);
  EXPECT_EQ(UnpackDelivered(packed + "half").size(), mails.size());
  EXPECT_TRUE(UnpackDelivered("").empty());
}

std::vector<uint32_t> Numbers(const std::vector<ListedMail>& mails) {
  std::vector<uint32_t> numbers;
  for (const ListedMail& mail : mails) numbers.push_back(mail.number);
  return numbers;
}

TEST(DeliveredMails, OnlyOldOnesAreRemoved) {
  // One that was never handed on, three that were.
  const std::vector<ListedMail> listing = {{1, 10}, {2, 20}, {3, 30}, {4, 40}};
  const std::vector<DeliveredMail> delivered = {
      {20, kNow - 3 * kDay}, {30, kNow - 3 * kDay + 1}, {40, kNow - 30 * kDay}, {50, 0}};
  EXPECT_EQ(Numbers(MailsToRemove(listing, {}, delivered, 3, kNow)), (std::vector<uint32_t>{2, 4}));
  EXPECT_TRUE(MailsToRemove(listing, {}, delivered, 0, kNow).empty()) << "never";
  EXPECT_TRUE(MailsToRemove(listing, {}, {}, 1, kNow).empty()) << "nothing was handed on";
}

TEST(DeliveredMails, TheLastDeliveryCounts) {
  EXPECT_TRUE(MailsToRemove({{1, 10}}, {}, {{10, 0}, {10, kNow - kDay}}, 3, kNow).empty());
}

TEST(DeliveredMails, WhatIsNewAgainStays) {
  EXPECT_TRUE(MailsToRemove({{1, 10}}, {10}, {{10, 0}}, 1, kNow).empty());
}

TEST(DeliveredMails, OfTwoThatShareAnIdBothStay) {
  EXPECT_EQ(Numbers(MailsToRemove({{1, 10}, {2, 10}, {3, 30}}, {}, {{10, 0}, {30, 0}}, 1, kNow)),
            (std::vector<uint32_t>{3}));
}

TEST(DeliveredMails, OneConnectionRemovesSoMany) {
  std::vector<ListedMail> listing;
  std::vector<DeliveredMail> delivered;
  for (uint32_t i = 1; i <= kMostRemoved + 10; ++i) {
    listing.push_back({i, i});
    delivered.push_back({i, 0});
  }
  EXPECT_EQ(MailsToRemove(listing, {}, delivered, 1, kNow).size(), kMostRemoved);
}

TEST(DeliveredMails, WhatIsGoneIsForgotten) {
  const std::vector<DeliveredMail> delivered = {{10, 1}, {20, 2}, {30, 3}, {40, 4}};
  const std::vector<DeliveredMail> rest = {{20, 2}, {40, 4}};
  EXPECT_EQ(StillThere(delivered, {{1, 10}, {2, 20}, {3, 40}}, {{1, 10}}), rest);
}

}  // namespace
}  // namespace postern::fetcher
