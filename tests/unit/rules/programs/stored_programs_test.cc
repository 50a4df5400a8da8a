#include "services/rules/programs/stored_programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using testing::Await;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kAnn[] = "ann@example.org";

v1::RuleProgram ProgramOf(const ProgramKey& key, const std::string& source) {
  v1::RuleProgram program;
  program.set_scope(key.scope);
  program.set_language(key.language);
  program.set_name(key.name);
  program.set_source(source);
  program.set_program_hash(absl::StrCat("hash of ", source));
  return program;
}

ProgramKey Script(const std::string& name, const std::string& scope = kAnn) {
  return {scope, v1::RULE_LANGUAGE_SIEVE, name};
}

class StoredProgramsTest : public ::testing::Test {
 protected:
  StoredProgramsTest() {
    programs_.OnChange([this](const std::string& scope) { changed_.insert(scope); });
    EXPECT_TRUE(Await(io_, programs_.Refresh()).ok());
    EXPECT_TRUE(Await(io_, other_.Refresh()).ok());
  }
  absl::Status Apply(ProgramChange change) {
    return Await(io_, programs_.Apply(std::move(change)));
  }
  absl::Status Put(const ProgramKey& key, const std::string& source) {
    ProgramChange change;
    change.Put(ProgramOf(key, source));
    return Apply(std::move(change));
  }
  std::vector<std::string> ListOf(const StoredPrograms& programs) {
    std::vector<std::string> listed;
    for (const v1::RuleProgram& one : programs.List(""))
      listed.push_back(absl::StrCat(one.scope(), " ", one.name(), one.active() ? " *" : ""));
    return listed;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  StoredPrograms programs_{*client_}, other_{*client_};
  std::set<std::string> changed_;
};

TEST_F(StoredProgramsTest, OtherReplicasSeeWhatChangedAndWhoseItIs) {
  ASSERT_TRUE(Put(Script("b"), "keep;").ok());
  ASSERT_TRUE(Put({"site", v1::RULE_LANGUAGE_JSMAIL_REJECT, ""}, "subject:x").ok());
  ASSERT_TRUE(Put(Script("a"), "stop;").ok());
  ProgramChange activate;
  activate.Activate(kAnn, {"a", ""});
  ASSERT_TRUE(Apply(activate).ok());
  EXPECT_THAT(changed_, Contains(kAnn));
  ASSERT_TRUE(Await(io_, other_.Refresh()).ok());
  EXPECT_THAT(ListOf(other_), ElementsAre("site  *", "ann@example.org a *", "ann@example.org b"));
  EXPECT_EQ(other_.Find(Script("a"))->source(), "stop;");
  EXPECT_EQ(other_.Of(kAnn).size(), 2u);
  changed_.clear();
  ProgramChange remove;
  remove.Remove(Script("b"));
  ASSERT_TRUE(Apply(remove).ok());
  EXPECT_THAT(changed_, ElementsAre(kAnn));
  ASSERT_TRUE(Await(io_, other_.Refresh()).ok());
  EXPECT_EQ(other_.Find(Script("b")), nullptr);
}

TEST_F(StoredProgramsTest, AChangeIsWholeOrNotAtAll) {
  ASSERT_TRUE(Put(Script("a"), "keep;").ok());
  ProgramChange change;
  change.IfAbsent(Script("a")).Put(ProgramOf(Script("b"), "stop;"));
  EXPECT_TRUE(absl::IsAlreadyExists(Apply(change)));
  EXPECT_EQ(programs_.Find(Script("b")), nullptr);
  ProgramChange missing;
  missing.IfThere(Script("c")).Activate(kAnn, {"c", ""});
  EXPECT_TRUE(absl::IsNotFound(Apply(missing)));
  EXPECT_EQ(programs_.ActiveOf(kAnn).name, "");
}

TEST_F(StoredProgramsTest, WhatIsInForceStays) {
  v1::RuleProgram failed = ProgramOf(Script("a"), "keep;");
  failed.set_program_hash("some hash");
  ProgramChange put;
  put.Put(failed);
  ASSERT_TRUE(Apply(put).ok());
  ProgramChange activate;
  activate.Activate(kAnn, {"a", "some hash"});
  ASSERT_TRUE(Apply(activate).ok());
  EXPECT_EQ(programs_.ActiveOf(kAnn).suspended, "some hash");
  EXPECT_THAT(ListOf(programs_), ElementsAre("ann@example.org a"));
  EXPECT_TRUE(programs_.List("").front().suspended());
  // Another text under the name is in force.
  failed.set_program_hash("mended");
  ASSERT_TRUE(Apply(ProgramChange().Put(failed)).ok());
  EXPECT_THAT(ListOf(programs_), ElementsAre("ann@example.org a *"));
  EXPECT_FALSE(programs_.List("").front().suspended());
  ProgramChange remove;
  remove.IfInactive(Script("a")).Remove(Script("a"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Apply(remove)));
  ProgramChange none;
  none.Activate(kAnn, {});
  ASSERT_TRUE(Apply(none).ok());
  EXPECT_TRUE(Apply(remove).ok());
  EXPECT_THAT(programs_.List(""), IsEmpty());
}

TEST_F(StoredProgramsTest, AStaleChangeIsRefused) {
  const ProgramKey key{kAnn, v1::RULE_LANGUAGE_PERSONAL, ""};
  ASSERT_TRUE(Put(key, "one").ok());
  const std::string revision = programs_.RevisionOf(key);
  ASSERT_TRUE(Put(key, "two").ok());
  ProgramChange stale;
  stale.IfRevision(key, revision).Put(ProgramOf(key, "three"));
  EXPECT_TRUE(absl::IsAborted(Apply(stale)));
  EXPECT_EQ(programs_.Find(key)->source(), "two");
  ProgramChange first;
  first.IfRevision(Script("new"), "").Put(ProgramOf(Script("new"), "keep;"));
  EXPECT_TRUE(Apply(first).ok());
}

// What a Postern with reject files alone left.
TEST_F(StoredProgramsTest, AnOlderStoreIsReadAsItIs) {
  v1::RuleProgram old;
  old.set_scope("site");
  old.set_language(v1::RULE_LANGUAGE_JSMAIL_REJECT);
  old.set_file_name("reject.txt");
  old.set_source("subject:x");
  const std::vector<std::vector<std::string>> commands = {
      {"HSET", "postern:rules:{programs}", "site", old.SerializeAsString()},
      {"HSET", "postern:rules:{programs}:revisions", "site", "1700000000000"},
      {"SET", "postern:rules:{programs}:revision", "1700000000000"},
      {"SET", "postern:rules:{programs}:bytes", "40"}};
  for (const auto& command : commands) ASSERT_TRUE(Await(io_, client_->Command(command)).ok());
  ASSERT_TRUE(Await(io_, other_.Refresh()).ok());
  const v1::RuleProgram* found = other_.Find({"site", v1::RULE_LANGUAGE_JSMAIL_REJECT, ""});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->file_name(), "reject.txt");
}

TEST_F(StoredProgramsTest, IsBounded) {
  ASSERT_TRUE(Put(Script("large"), std::string(20'000, 'x')).ok());
  // As if the others took up the rest.
  const std::string all = absl::StrCat(StoredPrograms::kMaxBytes - 5000);
  const std::vector<std::string> fill{"SET", "postern:rules:{programs}:bytes", all};
  ASSERT_TRUE(Await(io_, client_->Command(fill)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Script("more"), std::string(10'000, 'x'))));
  EXPECT_TRUE(Put(Script("large"), "small now").ok());
  EXPECT_TRUE(Put(Script("more"), std::string(10'000, 'x')).ok());
}

}  // namespace
}  // namespace postern::rules
