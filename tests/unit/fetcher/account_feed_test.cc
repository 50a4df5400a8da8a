#include "services/fetcher/account_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "tests/support/await.h"
#include "tests/support/paged_admin.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using testing::Await;

struct AccountFeedTest : ::testing::Test {
  AccountFeedTest() { tasks.Spawn("follow", feed.Run()); }
  ~AccountFeedTest() override { Await(io, tasks.Stop()); }

  // Lets everything run until all pages have been told.
  void Follow() {
    for (int i = 0; i < 1000 && !admin.AllTold(); ++i) Await(io, net::Sleep(milliseconds(10)));
    ASSERT_TRUE(admin.AllTold());
  }

  testing::PagedAdmin admin;
  boost::asio::io_context io;
  net::TaskGroup tasks{io.get_executor()};
  std::vector<std::string> told;
  AccountFeed feed{*admin.stub, [this](Account account) { told.push_back(account.id); },
                   [this](const std::string& id) { told.push_back("-" + id); },
                   [this](const std::string& id) { told.push_back("?" + id); }};
};

TEST_F(AccountFeedTest, AllIsKnownWhenAllPagesAreHere) {
  admin.Page({"a1", "a2"}, /*snapshot=*/true, /*more=*/true);
  for (int i = 0; i < 500 && told.empty(); ++i) Await(io, net::Sleep(milliseconds(1)));
  EXPECT_FALSE(feed.known());
  admin.Page({"b1", "-a2"}, false, false);
  Follow();
  EXPECT_TRUE(feed.known());
  EXPECT_THAT(told, ::testing::ElementsAre("a1", "a2", "-a2", "b1"));
}

TEST_F(AccountFeedTest, AnAccountOfALaterPageIsNotTakenForGone) {
  admin.Page({"a1", "b1", "c1"}, true, false);
  admin.Page({"a1"}, true, true);
  admin.Page({"b1"}, false, false);
  Follow();
  EXPECT_THAT(told, ::testing::ElementsAre("a1", "b1", "c1", "a1", "?c1", "b1"));
  EXPECT_TRUE(feed.known());
}

// Only who was removed in so many words loses the cursor.
TEST_F(AccountFeedTest, TellsWhatWasRemovedFromWhatIsNotListed) {
  admin.Page({"a1", "b1", "c1"}, true, false);
  admin.Page({"a1", "-b1"}, true, false);
  Follow();
  EXPECT_THAT(told, ::testing::ElementsAre("a1", "b1", "c1", "-b1", "?c1", "a1"));
}

}  // namespace
}  // namespace postern::fetcher
