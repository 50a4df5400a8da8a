#include "services/rules/folder/jsmail_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/crypto/sealed_file.h"
#include "tests/support/await.h"

namespace postern::rules {
namespace {

using testing::Await;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JsmailFolderTest : public ::testing::Test {
 protected:
  JsmailFolderTest() {
    char pattern[] = "/tmp/jsmail-folder-XXXXXX";
    path_ = ::mkdtemp(pattern);
    Put("master.key", crypto::SecretBox::NewKeyLine("main"));
    folder_ = std::make_unique<JsmailFolder>(
        JsmailFolderOptions{path_, "ex.org", absl::StrCat(path_, "/master.key")}, compiler_);
  }
  ~JsmailFolderTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  void Put(const std::string& name, const std::string& text) {
    std::ofstream(absl::StrCat(path_, "/", name), std::ios::binary) << text;
  }
  void Remove(const std::string& name) { std::filesystem::remove(absl::StrCat(path_, "/", name)); }
  void Look() { Await(io_, folder_->Look()); }
  // Of the reject file: how many rules are in force.
  size_t Rejects() {
    const auto program = folder_->Find(v1::RULE_LANGUAGE_JSMAIL_REJECT);
    return program ? program->program().rules.size() : 0;
  }

  boost::asio::io_context io_;
  Compiler compiler_;
  std::string path_;
  std::unique_ptr<JsmailFolder> folder_;
};

TEST_F(JsmailFolderTest, PutsFilesInForceAsTheyChange) {
  Look();
  EXPECT_EQ(Rejects(), 0u);
  Put("reject.txt", "subject:a\n");
  Look();
  EXPECT_EQ(Rejects(), 1u);
  const auto before = folder_->Find(v1::RULE_LANGUAGE_JSMAIL_REJECT);
  Look();
  EXPECT_EQ(folder_->Find(v1::RULE_LANGUAGE_JSMAIL_REJECT), before) << "as it was";
  Put("reject.txt", "subject:a\nsubject:b\n");
  Look();
  EXPECT_EQ(Rejects(), 2u);
  Remove("reject.txt");
  Look();
  EXPECT_EQ(Rejects(), 0u);
}

TEST_F(JsmailFolderTest, WithAnErrorTheOneBeforeStays) {
  Put("reject.txt", "subject:a\n");
  Look();
  Put("reject.txt", "subject:a\nbogus:b\n");
  Look();
  EXPECT_EQ(Rejects(), 1u);
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr("reject.txt:2:1: ")));
  v1::ListRulesResponse listed;
  folder_->AddTo(false, listed);
  ASSERT_EQ(listed.programs_size(), 1);
  EXPECT_TRUE(listed.programs(0).active() && listed.programs(0).from_folder());
  EXPECT_EQ(listed.programs(0).source(), "");
  EXPECT_EQ(listed.problems_size(), 1);
  Put("reject.txt", "subject:a\nsubject:b\n");
  Look();
  EXPECT_EQ(Rejects(), 2u);
  EXPECT_THAT(folder_->Problems(), IsEmpty());
}

TEST_F(JsmailFolderTest, WinsOverWhatWasImported) {
  Put("reject.txt", "subject:a\n");
  Look();
  v1::ListRulesResponse listed;
  auto& imported = *listed.add_programs();
  imported.set_scope("site");
  imported.set_language(v1::RULE_LANGUAGE_JSMAIL_REJECT);
  imported.set_file_name("old.txt");
  imported.set_active(true);
  auto& of_user = *listed.add_programs();
  of_user = imported;
  of_user.set_scope("ann@example.org");
  folder_->AddTo(true, listed);
  EXPECT_FALSE(listed.programs(0).active());
  EXPECT_TRUE(listed.programs(1).active());
  EXPECT_EQ(listed.programs(2).source(), "subject:a\n");
  EXPECT_EQ(listed.problems_size(), 0) << "nothing is wrong with it";
}

TEST_F(JsmailFolderTest, RespondersFollowTheirTexts) {
  Put("responders", "info,info.txt\n");
  Look();
  EXPECT_EQ(folder_->Find(v1::RULE_LANGUAGE_JSMAIL_RESPONDERS), nullptr);
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr("responders:1:6: there is no text")));
  Put("info.txt", "one\n");
  Look();
  const auto first = folder_->Find(v1::RULE_LANGUAGE_JSMAIL_RESPONDERS);
  ASSERT_NE(first, nullptr);
  Put("info.txt", "another\n");
  Look();
  EXPECT_NE(folder_->Find(v1::RULE_LANGUAGE_JSMAIL_RESPONDERS), first);
}

TEST_F(JsmailFolderTest, OpensSealedFilesAndRefusesOldOnes) {
  const auto box = crypto::SecretBox::FromFile(absl::StrCat(path_, "/master.key"));
  Put("reject.jsm", crypto::SealFile(*box, crypto::FileKind::kReject, "subject:a\r\n"));
  Look();
  EXPECT_EQ(Rejects(), 1u);
  Put("reject.jsm", std::string("JSMC\0\1", 6));
  Look();
  EXPECT_EQ(Rejects(), 1u);
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr("nobody knows its format")));
  Put("fred.fgr.jsm", crypto::SealFile(*box, crypto::FileKind::kFinger, "Hello\n"));
  Look();
  EXPECT_EQ(folder_->fingers().Answer({"fred", false}), "Hello\n");
}

TEST_F(JsmailFolderTest, OfTwoOfAKindTheFirstCounts) {
  Put("reject.cfg", "subject:a\n");
  Put("reject.txt", "subject:a\nsubject:b\n");
  Look();
  EXPECT_EQ(Rejects(), 1u);
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr("reject.cfg is a file of the same kind")));
  Remove("reject.cfg");
  Look();
  EXPECT_EQ(Rejects(), 2u);
  Put("reject.cfg", "subject:a\n");
  Look();
  EXPECT_EQ(Rejects(), 1u) << "also when it comes later";
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr("reject.cfg is a file of the same kind")));
  v1::ListRulesResponse listed;
  folder_->AddTo(false, listed);
  ASSERT_EQ(listed.programs_size(), 1) << "what is not in force is not said to be";
  EXPECT_EQ(listed.programs(0).file_name(), "reject.cfg");
}

TEST_F(JsmailFolderTest, HoldsWhoMayConnectAndWhatUsersSay) {
  EXPECT_EQ(folder_->acl(), nullptr);
  Put("allow-deny.txt", "allow smtp 10.*.*.*\n");
  Put("fred.fgr", "A\n[WIDE]\nB\n");
  Put("passwd", "fred,u,x\n");
  Look();
  ASSERT_NE(folder_->acl(), nullptr);
  EXPECT_FALSE(folder_->acl()->Allows(jsmail::AclService::kSmtp, "11.0.0.1"));
  EXPECT_EQ(folder_->fingers().Answer({"fred", false}), "A\n");
  Put("allow-deny.txt", "allow ftp 10.*.*.*\n");
  Look();
  ASSERT_NE(folder_->acl(), nullptr);
  EXPECT_FALSE(folder_->acl()->Allows(jsmail::AclService::kSmtp, "11.0.0.1"));
  Remove("allow-deny.txt");
  Remove("fred.fgr");
  Look();
  EXPECT_EQ(folder_->acl(), nullptr);
  EXPECT_EQ(folder_->fingers().size(), 0u);
}

// What is no UTF-8 can't be told over gRPC.
TEST_F(JsmailFolderTest, NamesOfOtherDaysAreReadable) {
  Put("m\xFCller.fgr", "Hello\n");
  Put("responders\xFC.txt", "x\n");
  Look();
  v1::ListRulesResponse response;
  folder_->AddTo(false, response);
  ASSERT_EQ(response.programs_size(), 1);
  EXPECT_EQ(response.programs(0).file_name(), "m\xC3\xBCller.fgr");
  EXPECT_EQ(response.programs(0).name(), "m\xC3\xBCller");
  v1::ListRulesResponse read;
  EXPECT_TRUE(read.ParseFromString(response.SerializeAsString()));
}

TEST_F(JsmailFolderTest, KeepsWhatItHasWhenTheFolderIsGone) {
  Put("reject.txt", "subject:a\n");
  Look();
  std::filesystem::rename(path_, path_ + ".away");
  Look();
  EXPECT_EQ(Rejects(), 1u);
  EXPECT_THAT(folder_->Problems(), ElementsAre(HasSubstr(path_)));
  std::filesystem::rename(path_ + ".away", path_);
  Look();
  EXPECT_THAT(folder_->Problems(), IsEmpty());
}

}  // namespace
}  // namespace postern::rules
