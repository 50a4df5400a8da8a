#include "services/fetcher/mail_budget.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/net/task_group.h"
#include "tests/support/await.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;

class MailBudgetTest : public ::testing::Test {
 protected:
  ~MailBudgetTest() override { testing::Await(io_, holders_.Stop()); }

  // Takes `bytes`, says so, and gives them back at `release`.
  net::Task<void> Hold(const char* name, size_t bytes, net::Event& release) {
    MailBudget::Share share = co_await budget_.Take(bytes);
    absl::StrAppend(&log_, name);
    co_await release.Wait();
  }
  uint64_t Begin(const char* name, size_t bytes, net::Event& release) {
    const uint64_t id = holders_.Spawn(name, Hold(name, bytes, release));
    Run();
    return id;
  }
  void Release(net::Event& event) {
    event.Notify();
    Run();
  }
  void Run() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  MailBudget budget_{100, std::chrono::hours(1)};
  std::string log_;
  net::Event a_{io_.get_executor()}, b_{io_.get_executor()}, c_{io_.get_executor()};
  net::TaskGroup holders_{io_.get_executor()};
};

TEST_F(MailBudgetTest, IsServedInTheOrderOfAsking) {
  Begin("a", 60, a_);
  Begin("b", 60, b_);
  Begin("c", 10, c_);
  EXPECT_EQ(log_, "a") << "a small one does not overtake";
  EXPECT_EQ(budget_.held_bytes(), 60u);
  Release(a_);
  EXPECT_EQ(log_, "abc");
  EXPECT_EQ(budget_.held_bytes(), 70u);
  Release(b_);
  Release(c_);
  EXPECT_EQ(budget_.held_bytes(), 0u);
}

TEST_F(MailBudgetTest, TakesMoreThanThereIsForAllThereIs) {
  Begin("a", 1'000'000, a_);
  EXPECT_EQ(log_, "a");
  Begin("b", 1, b_);
  EXPECT_EQ(log_, "a");
  Release(a_);
  EXPECT_EQ(log_, "ab");
}

TEST_F(MailBudgetTest, ForgetsWhoIsCancelled) {
  Begin("a", 100, a_);
  const uint64_t waiting = Begin("b", 100, b_);
  Begin("c", 50, c_);
  holders_.Cancel(waiting);
  Run();
  Release(a_);
  EXPECT_EQ(log_, "ac");
  EXPECT_EQ(budget_.held_bytes(), 50u);
}

TEST(MailBudget, CountsNoLongerWhatIsHeldForLong) {
  boost::asio::io_context io;
  MailBudget budget(100, milliseconds(20));
  std::string log;
  net::Event never(io.get_executor());
  struct Holder {
    static net::Task<void> Run(MailBudget& budget, const char* name, net::Event& event,
                               std::string& log) {
      MailBudget::Share share = co_await budget.Take(80);
      log += name;
      co_await event.Wait();
    }
  };
  net::TaskGroup holders(io.get_executor());
  holders.Spawn("slow", Holder::Run(budget, "a", never, log));
  holders.Spawn("waiting", Holder::Run(budget, "b", never, log));
  while (log.size() < 2) io.run_one();
  EXPECT_EQ(log, "ab");
  EXPECT_EQ(budget.held_bytes(), 80u) << "the slow one counts no more";
  never.Notify();
  io.poll();
  EXPECT_EQ(budget.held_bytes(), 0u);
}

}  // namespace
}  // namespace postern::fetcher
