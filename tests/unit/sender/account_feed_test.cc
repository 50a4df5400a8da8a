#include "services/sender/accounts/account_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/await.h"
#include "tests/support/paged_admin.h"

namespace postern::sender {
namespace {

using testing::Await;

struct AccountFeedTest : ::testing::Test {
  testing::PagedAdmin admin;
  boost::asio::io_context io;
  AccountDirectory accounts;
  std::vector<std::string> removed;
  int changes = 0;
  AccountFeed feed{*admin.stub, accounts, [this](const AccountDirectory::Changes& news) {
                     ++changes;
                     removed.insert(removed.end(), news.removed.begin(), news.removed.end());
                   }};
};

TEST_F(AccountFeedTest, AllPagesAreOneUpdate) {
  admin.Page({"a1", "a2"}, /*snapshot=*/true, /*more=*/true);
  admin.Page({"b1", "-a2"}, false, false);
  ASSERT_TRUE(Await(io, feed.CatchUp()).ok());
  EXPECT_TRUE(accounts.loaded());
  EXPECT_EQ(changes, 1) << "half a list is not told";
  EXPECT_NE(accounts.Find("a1"), nullptr);
  EXPECT_EQ(accounts.Find("a2"), nullptr);
  EXPECT_NE(accounts.Find("b1"), nullptr);
}

TEST_F(AccountFeedTest, AnAccountOfALaterPageIsNotTakenForGone) {
  admin.Page({"a1", "b1", "c1"}, true, false);
  admin.Page({"a1"}, true, true);
  admin.Page({"b1"}, false, false);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Await(io, feed.CatchUp()).ok());
  EXPECT_THAT(removed, ::testing::ElementsAre("c1"));
  EXPECT_NE(accounts.Find("b1"), nullptr);
}

}  // namespace
}  // namespace postern::sender
