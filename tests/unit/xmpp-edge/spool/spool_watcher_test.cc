// A real folder, and edges that look at it.

#include "services/xmpp-edge/spool/spool_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"

namespace postern::xmpp_edge {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::Await;

// One edge; what it tells is on record under the notification's id and receiver, as in Redis.
struct Edge {
  Edge(const std::string& folder, const std::string& worker, std::set<std::string>& record)
      : record(record), watcher(Rules(folder), worker, TellIt(), [this] { return up; }) {}

  static SpoolRules Rules(const std::string& folder) {
    SpoolRules rules;
    rules.folder = folder;
    rules.domains["ex.org"] = "";
    return rules;
  }
  SpoolWatcher::Tell TellIt() {
    return [this](edge::v1::NotifyRequest request) { return Notify(std::move(request)); };
  }
  net::Task<absl::Status> Notify(edge::v1::NotifyRequest request) {
    if (const auto found = outcomes.find(request.to()); found != outcomes.end()) {
      co_return found->second;
    }
    if (!record.insert(request.notification_id() + " " + request.to()).second) {
      co_return absl::OkStatus();
    }
    told.push_back(std::move(request));
    co_return absl::OkStatus();
  }

  std::set<std::string>& record;
  bool up = true;
  std::map<std::string, absl::Status> outcomes;  // by receiver
  std::vector<edge::v1::NotifyRequest> told;
  SpoolWatcher watcher;
};

std::string NewFolder() {
  char name[] = "/tmp/postern-spool-XXXXXX";
  return ::mkdtemp(name);
}

struct SpoolWatcherTest : ::testing::Test {
  ~SpoolWatcherTest() override { fs::remove_all(folder); }

  void Put(const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
  }
  std::string Text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder + "/" + name).rdbuf();
    return text.str();
  }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_directory()) continue;
      names.insert(fs::relative(entry.path(), folder).string());
    }
    return names;
  }
  // Half a minute goes by; who lives looks at the folder meanwhile.
  void Pass(std::vector<Edge*> edges, seconds time = seconds(30)) {
    for (seconds i(0); i < time; ++i) {
      ticks += seconds(1);
      for (Edge* each : edges) Await(io, each->watcher.Look(Now(), ticks));
    }
  }
  std::chrono::nanoseconds Now() const {
    return std::chrono::system_clock::now().time_since_epoch() + ticks;
  }

  boost::asio::io_context io;
  std::string folder = NewFolder();
  std::set<std::string> record;
  seconds ticks{0};
  Edge edge{folder, "one", record}, other{folder, "two", record};
};

constexpr char kHello[] = "To: fred@ex.org\nFrom: ann@ex.org\n\nHello $SENDER$\n";

TEST_F(SpoolWatcherTest, AMessageIsToldOnceWhenItsLockIsGoneAndRemoved) {
  Put("IM-1.LCK", "");
  Put("IM-1.SEM", kHello);
  Pass({&edge});
  EXPECT_TRUE(edge.told.empty());
  EXPECT_EQ(Names(), (std::set<std::string>{"IM-1.LCK", "IM-1.SEM"}));
  fs::remove(folder + "/IM-1.LCK");
  Pass({&edge, &other});
  ASSERT_EQ(edge.told.size() + other.told.size(), 1u);
  EXPECT_EQ(edge.told[0].to(), "fred@ex.org");
  EXPECT_EQ(edge.told[0].from(), "ann@ex.org");
  EXPECT_EQ(edge.told[0].body(), "Hello $SENDER$");
  EXPECT_TRUE(Names().empty());
}

TEST_F(SpoolWatcherTest, TheSameTextUnderTheSameNameIsAnotherMessageLater) {
  for (int i = 0; i < 3; ++i) {
    Put("IM-1.SEM", kHello);
    Pass({&edge});
  }
  EXPECT_EQ(edge.told.size(), 3u);
}

TEST_F(SpoolWatcherTest, WhatCanNotBeToldIsInFailedWithTheReason) {
  Put("IM-1.SEM", "From: ann@ex.org\n\nx\n");
  Put("IM-2.SEM", "To: fred@ex.org\nFrom: ann@other.org\n\nx\n");
  fs::create_symlink("/etc/passwd", folder + "/IM-3.SEM");
  ::mkfifo((folder + "/IM-4.SEM").c_str(), 0600);
  fs::create_directory(folder + "/IM-5.SEM");
  Put("XM-1.SEM", kHello);
  Put("IM-.SEM", kHello);
  Pass({&edge});
  EXPECT_TRUE(edge.told.empty());
  EXPECT_EQ(Text("failed/IM-1.SEM.why"), "there is no To: line\n");
  EXPECT_EQ(Text("failed/IM-1.SEM"), "From: ann@ex.org\n\nx\n");
  EXPECT_EQ(Text("failed/IM-2.SEM.why"), "From: other.org is not a domain of --im-spool-domains\n");
  for (const char* no_file : {"IM-3.SEM", "IM-4.SEM", "IM-5.SEM"}) {
    SCOPED_TRACE(no_file);
    EXPECT_EQ(Text(std::string("failed/") + no_file + ".why"), "this is no plain file\n");
    EXPECT_FALSE(fs::exists(fs::symlink_status(folder + "/" + no_file)));
  }
  EXPECT_TRUE(Names().contains("XM-1.SEM"));
  EXPECT_TRUE(Names().contains("IM-.SEM"));
  Put("IM-1.SEM", "a second one\n");
  Pass({&edge});
  EXPECT_EQ(Text("failed/IM-1.SEM"), "From: ann@ex.org\n\nx\n") << "the first one stays";
}

TEST_F(SpoolWatcherTest, NothingIsTakenWhileTheLinkIsDown) {
  edge.up = false;
  Put("IM-1.SEM", kHello);
  Pass({&edge});
  EXPECT_EQ(Names(), std::set<std::string>{"IM-1.SEM"});
  edge.up = true;
  Pass({&edge}, seconds(1));
  EXPECT_EQ(edge.told.size(), 1u);
}

TEST_F(SpoolWatcherTest, WhatCanNotBeToldJustNowWaitsAndTheOtherEdgeLeavesItAlone) {
  edge.outcomes["fred@ex.org"] = absl::UnavailableError("Redis is away");
  Put("IM-1.SEM", "To: a@ex.org\nTo: fred@ex.org\nFrom: ann@ex.org\n\nx\n");
  Pass({&edge}, seconds(5));
  Pass({&edge, &other}, seconds(2));
  EXPECT_EQ(Names(), std::set<std::string>{"IM-1.SEM.work.one"});
  EXPECT_EQ(edge.told.size(), 1u);
  edge.outcomes.clear();
  Pass({&edge, &other}, seconds(5));
  ASSERT_EQ(edge.told.size(), 2u) << "the first receiver is not told twice";
  EXPECT_EQ(edge.told[1].to(), "fred@ex.org");
  EXPECT_TRUE(other.told.empty());
  EXPECT_TRUE(Names().empty());
}

TEST_F(SpoolWatcherTest, WhoIsKilledInTheMidstLeavesItToAnother) {
  edge.outcomes["fred@ex.org"] = absl::UnavailableError("Redis is away");
  Put("IM-1.SEM", "To: a@ex.org\nTo: fred@ex.org\nFrom: ann@ex.org\n\nx\n");
  Pass({&edge}, seconds(5));
  Pass({&other}, seconds(10));
  EXPECT_TRUE(other.told.empty()) << "it may only be slow";
  Pass({&other}, seconds(10));
  ASSERT_EQ(other.told.size(), 1u);
  EXPECT_EQ(other.told[0].to(), "fred@ex.org");
  EXPECT_TRUE(Names().empty());
  edge.outcomes.clear();
  Pass({&edge}, seconds(5));
  EXPECT_EQ(edge.told.size(), 1u) << "and one that comes back does no harm";
}

TEST_F(SpoolWatcherTest, ReceiversWhoCanNotBeToldAreNamedAndTheOthersHaveIt) {
  edge.outcomes["x@gw"] = absl::InvalidArgumentError("an address of this gateway");
  Put("IM-1.SEM", "To: x@gw\nTo: fred@ex.org\nFrom: ann@ex.org\n\nx\n");
  Pass({&edge});
  EXPECT_EQ(edge.told.size(), 1u);
  EXPECT_EQ(Text("failed/IM-1.SEM.why"),
            "x@gw: an address of this gateway\nall other receivers have it\n");
}

TEST_F(SpoolWatcherTest, WhatTheServerSendsBackIsInFailed) {
  edge.outcomes["nobody@ex.org"] = absl::FailedPreconditionError("the server sent it back");
  Put("IM-1.SEM", "To: nobody@ex.org\nFrom: ann@ex.org\n\nx\n");
  Pass({&edge});
  EXPECT_EQ(Text("failed/IM-1.SEM.why"), "nobody@ex.org: the server sent it back\n");
  EXPECT_EQ(Text("failed/IM-1.SEM"), "To: nobody@ex.org\nFrom: ann@ex.org\n\nx\n");
}

TEST_F(SpoolWatcherTest, WhatIsSentBackLaterIsInTheLogOnce) {
  Put("IM-1.SEM", kHello);
  Pass({&edge});
  ASSERT_EQ(edge.told.size(), 1u);
  const std::string id = edge.told[0].notification_id();
  const auto hear = [&](const char* from, const std::string& of, const char* type) {
    ::testing::internal::CaptureStderr();
    Element error = ErrorAnswer(MakeStanza("message", "gw", from, "chat", of), "cancel",
                                "remote-server-not-found");
    edge.watcher.Hear(error.Set("type", type));
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(hear("eve@ex.org", id, "error"), "") << "only its receiver may say so";
  EXPECT_EQ(hear("fred@ex.org", "im-other", "error"), "");
  EXPECT_EQ(hear("fred@ex.org", id, "chat"), "");
  EXPECT_THAT(hear("fred@ex.org", id, "error"),
              ::testing::AllOf(::testing::HasSubstr("IM-1.SEM"),
                               ::testing::HasSubstr("remote-server-not-found")));
  EXPECT_EQ(hear("fred@ex.org", id, "error"), "");
}

TEST_F(SpoolWatcherTest, HoweverManyThereAreEachLockIsSeen) {
  constexpr size_t kMany = SpoolFolder::kMaxFiles;
  for (size_t i = 0; i < kMany; ++i) Put(absl::StrCat("IM-", i, ".LCK"), "");
  for (size_t i = 0; i < kMany; ++i) Put(absl::StrCat("IM-", i, ".SEM"), "");
  const auto files = SpoolFolder(folder).List();
  ASSERT_TRUE(files.ok());
  std::set<std::string> locked;
  for (const SpoolFile& file : *files) {
    const auto name = ReadSpoolName(file.name);
    if (name->kind == SpoolName::Kind::kLock) locked.insert(name->stem);
  }
  EXPECT_EQ(locked.size(), kMany);
}

TEST_F(SpoolWatcherTest, APipeInFailedHoldsNothingUp) {
  fs::create_directory(folder + "/failed");
  ASSERT_EQ(::mkfifo((folder + "/failed/IM-1.SEM.why").c_str(), 0600), 0);
  Put("IM-1.SEM", "To: fred@ex.org\n\nno sender\n");
  Put("IM-2.SEM", kHello);
  Pass({&edge});
  EXPECT_EQ(edge.told.size(), 1u);
  EXPECT_EQ(Names(), (std::set<std::string>{"failed/IM-1.SEM", "failed/IM-1.SEM.why"}));
}

TEST_F(SpoolWatcherTest, ManyAreToldOnceByTwoEdges) {
  for (int i = 0; i < 60; ++i) Put("IM-" + std::to_string(i) + ".SEM", kHello);
  Pass({&edge, &other}, seconds(5));
  EXPECT_EQ(edge.told.size() + other.told.size(), 60u);
  EXPECT_TRUE(Names().empty());
}

}  // namespace
}  // namespace postern::xmpp_edge
