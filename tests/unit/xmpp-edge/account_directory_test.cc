#include "services/xmpp-edge/account_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "tests/support/await.h"
#include "tests/support/paged_admin.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using testing::Await;

struct AccountDirectoryTest : ::testing::Test {
  AccountDirectoryTest() {
    directory.Listen([this](AccountDirectory::Account before, AccountDirectory::Account after) {
      told.push_back(after != nullptr ? after->id() : "-" + before->id());
      ready_when_told = directory.ready();
    });
    tasks.Spawn("follow", directory.Follow());
  }
  ~AccountDirectoryTest() override { Await(io, tasks.Stop()); }

  // Lets everything run until all pages have been told.
  void Follow() {
    for (int i = 0; i < 1000 && !admin.AllTold(); ++i) Await(io, net::Sleep(milliseconds(10)));
    ASSERT_TRUE(admin.AllTold());
  }

  testing::PagedAdmin admin;
  boost::asio::io_context io;
  net::TaskGroup tasks{io.get_executor()};
  AccountDirectory directory{*admin.stub};
  std::vector<std::string> told;
  bool ready_when_told = false;
};

TEST_F(AccountDirectoryTest, IsReadyWhenAllPagesAreHere) {
  admin.Page({"a1", "a2"}, /*snapshot=*/true, /*more=*/true);
  for (int i = 0; i < 500 && told.empty(); ++i) Await(io, net::Sleep(milliseconds(1)));
  EXPECT_FALSE(directory.ready());
  admin.Page({"b1", "-a2"}, false, true);
  admin.Page({"c1"}, false, false);
  Follow();
  EXPECT_TRUE(directory.ready());
  EXPECT_THAT(told, ::testing::ElementsAre("a1", "a2", "b1", "-a2", "c1"));
}

TEST_F(AccountDirectoryTest, AnAccountOfALaterPageIsNotTakenForGone) {
  admin.Page({"a1", "b1", "c1"}, true, false);
  admin.Page({"a1"}, true, true);
  admin.Page({"b1"}, false, false);
  Follow();
  EXPECT_THAT(told, ::testing::UnorderedElementsAre("a1", "b1", "c1", "-c1"));
  EXPECT_TRUE(ready_when_told) << "who was ready stays so while all is listed again";
}

TEST_F(AccountDirectoryTest, AListingThatBeginsAgainForgetsItsPages) {
  admin.Page({"a1"}, true, true);
  admin.Page({"b1"}, true, false);
  Follow();
  EXPECT_EQ(directory.FindById("a1"), nullptr);
  EXPECT_NE(directory.FindById("b1"), nullptr);
}

TEST_F(AccountDirectoryTest, AnotherDefaultTakesThePlaceOfTheOneBeforeAtOnce) {
  admin.Page({}, true, false);
  Follow();
  for (const char* id : {"a1", "a2"}) {
    admin::v1::Account account;
    account.set_id(id);
    account.set_name(id);
    account.set_owner("ann@example.org");
    account.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
    account.set_default_account(true);
    directory.Apply(std::move(account));
  }
  EXPECT_EQ(directory.DefaultSmtp("ann@example.org")->id(), "a2");
  EXPECT_FALSE(directory.FindById("a1")->default_account());
}

TEST_F(AccountDirectoryTest, WhatThisProcessChangedMeanwhileOutlivesAnOlderListing) {
  admin.Page({"a1"}, true, true);
  for (int i = 0; i < 500 && told.empty(); ++i) Await(io, net::Sleep(milliseconds(1)));
  admin::v1::Account own;
  own.set_id("own");
  own.set_owner("bob@a.example");
  directory.Apply(own);
  directory.Forget("b1");
  admin.Page({"b1"}, false, false);
  Follow();
  EXPECT_THAT(told, ::testing::ElementsAre("a1", "own"));
}

}  // namespace
}  // namespace postern::xmpp_edge
