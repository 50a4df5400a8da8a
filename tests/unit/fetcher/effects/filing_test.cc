// Mails on their way into folders: what the mail server is asked, and what becomes of a refusal.

#include "services/fetcher/effects/filing.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/fetcher/effects/answer_filing.h"
#include "tests/support/await.h"

namespace postern::fetcher {
namespace {

// Writes down what is asked of it.
struct FakeVisit : MailboxVisit {
  std::vector<std::string> asked;
  std::vector<std::string> folders = {"A", "B"};
  std::string there;  // a Message-ID that is found in every folder
  absl::Status broken;

  net::Task<absl::Status> LogIn(sasl::Credentials, PasswordRule) override {
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> OpenMailbox() override { co_return absl::OkStatus(); }
  net::Task<absl::StatusOr<FolderTree>> ListFolders() override {
    FolderTree tree;
    for (const std::string& folder : folders) {
      imap::ListedMailbox listed;
      listed.name = folder;
      listed.separator = ".";
      listed.selectable = true;
      tree.Add(listed);
    }
    co_return tree;
  }
  net::Task<absl::StatusOr<MailPage>> ListMails(MailQuery) override { co_return MailPage(); }
  net::Task<absl::Status> ReadMails(Reading&) override { co_return absl::OkStatus(); }
  net::Task<absl::Status> ReadPart(std::string, uint64_t, MailPartSink) override {
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> DeleteMails(std::vector<std::string>) override {
    co_return absl::OkStatus();
  }
  const std::optional<Failure>& failure() const override { return failure_; }

  net::Task<absl::Status> ChangeFlags(std::vector<std::string> ids, std::vector<std::string> add,
                                      std::vector<std::string> remove) override {
    asked.push_back(absl::StrCat("flags ", absl::StrJoin(ids, ","), " +", absl::StrJoin(add, ","),
                                 " -", absl::StrJoin(remove, ",")));
    if (add == std::vector<std::string>{"unkept"}) co_return absl::FailedPreconditionError("no");
    co_return broken;
  }
  net::Task<absl::StatusOr<std::string>> MoveMails(std::vector<std::string> ids,
                                                   std::string to) override {
    co_return Answer("move", ids, to);
  }
  net::Task<absl::StatusOr<std::string>> CopyMails(std::vector<std::string> ids,
                                                   std::string to) override {
    co_return Answer("copy", ids, to);
  }
  net::Task<absl::Status> CreateFolder(std::string mailbox) override {
    asked.push_back(absl::StrCat("create ", mailbox));
    folders.push_back(absl::StrReplaceAll(mailbox, {{"/", "."}}));
    co_return absl::OkStatus();
  }
  net::Task<absl::StatusOr<MailPage>> SearchMails(MailQuery query) override {
    asked.push_back(absl::StrCat("search ", query.mailbox, " ", query.criteria.text));
    MailPage page;
    if (absl::StrContains(query.mailbox, '/')) {
      co_return absl::FailedPreconditionError("there is no such folder");
    }
    if (query.criteria.text == there) page.mails.emplace_back();
    co_return page;
  }
  net::Task<absl::StatusOr<Filed>> AppendMail(Filing filing) override {
    auto piece = co_await filing.pieces();
    const std::string bytes = piece.ok() ? piece->value_or("") : "";
    const auto last = co_await filing.pieces();
    asked.push_back(absl::StrCat("append ", filing.mailbox, " ",
                                 absl::StrJoin(filing.mail.flags, ","), " ", filing.mail.size, " ",
                                 bytes, last.ok() && !last->has_value() ? "" : " and more"));
    co_return Filed();
  }

 private:
  absl::StatusOr<std::string> Answer(const char* what, const std::vector<std::string>& ids,
                                     const std::string& to) {
    asked.push_back(absl::StrCat(what, " ", absl::StrJoin(ids, ","), " ", to));
    if (!broken.ok()) return broken;
    for (const std::string& folder : folders) {
      if (folder == to) return to;
    }
    return absl::FailedPreconditionError("there is no such folder");
  }
  std::optional<Failure> failure_;
};

struct FilingTest : ::testing::Test {
  JudgedMail& Add(const std::string& ref, std::vector<FilingStep> steps, bool stays = false,
                  std::vector<std::string> flags = {}) {
    auto mail = std::make_unique<JudgedMail>();
    mail->mail.mail_ref = ref;
    mail->mail.delivery_id = "d" + ref;
    mail->mail.mail.set_message_id("m" + ref);
    mail->plan.filings = std::move(steps);
    mail->plan.stays = stays;
    mail->plan.flags = std::move(flags);
    mails_.push_back(std::move(mail));
    return *mails_.back();
  }
  absl::Status Run() {
    std::vector<JudgedMail*> mails;
    for (auto& mail : mails_) mails.push_back(mail.get());
    outcomes_.assign(mails.size(), FilingVisit::Outcome());
    FilingVisit filing(visit_, mails, begun_, outcomes_);
    return testing::Await(filing.Run());
  }
  std::string Asked() { return absl::StrJoin(visit_.asked, "|"); }

  FakeVisit visit_;
  std::vector<std::unique_ptr<JudgedMail>> mails_;
  absl::flat_hash_set<std::string> begun_;
  std::vector<FilingVisit::Outcome> outcomes_;
};

FilingStep Into(const std::string& mailbox, std::vector<std::string> flags = {},
                bool create = false) {
  FilingStep step;
  step.mailbox = mailbox;
  step.flags = std::move(flags);
  step.create = create;
  return step;
}

TEST_F(FilingTest, MovesThoseOfTheSameWayTogether) {
  Add("1", {Into("A")});
  Add("2", {Into("B")});
  Add("3", {Into("A")});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "move 1,3 A|move 2 B");
}

TEST_F(FilingTest, SetsFlagsBeforeAMailIsMoved) {
  Add("1", {Into("A", {"\\seen", "todo", "\\Recent", "a b"})});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "flags 1 +\\Seen,todo -|move 1 A");
}

TEST_F(FilingTest, CopiesFirstAndMovesLast) {
  Add("1", {Into("A", {"x"}), Into("B")});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "flags 1 +x -|copy 1 A|flags 1 + -x|move 1 B");
}

TEST_F(FilingTest, MarksAMailThatStays) {
  Add("1", {}, true, {"\\Flagged"});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "flags 1 +\\Flagged -");
}

TEST_F(FilingTest, MakesTheFolderOnlyWhereThatIsSaid) {
  Add("1", {Into("New", {}, true)});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "move 1 New|create New|move 1 New");
  EXPECT_TRUE(outcomes_[0].status.ok());
}

TEST_F(FilingTest, FindsAFolderByItsLevelsWhateverTheServerHasBetweenThem) {
  visit_.folders = {"Lists.dev", "INBOX.Work"};
  Add("1", {Into("Lists/dev", {}, true)});
  Add("2", {Into("Work")});
  EXPECT_TRUE(Run().ok());
  EXPECT_TRUE(outcomes_[0].status.ok());
  EXPECT_TRUE(outcomes_[1].status.ok());
  EXPECT_EQ(Asked(), "move 1 Lists/dev|move 1 Lists.dev|move 2 Work|move 2 INBOX.Work");
}

TEST_F(FilingTest, PutsMailsIntoTheFolderThatWasMadeByTheNameThatTheServerHasForIt) {
  Add("1", {Into("Made/new", {}, true)});
  EXPECT_TRUE(Run().ok());
  EXPECT_TRUE(outcomes_[0].status.ok());
  EXPECT_EQ(Asked(), "move 1 Made/new|create Made/new|move 1 Made/new|move 1 Made.new");
}

TEST_F(FilingTest, LooksForACopyByTheNameThatTheServerHasForTheFolder) {
  visit_.folders = {"Lists.dev"};
  Add("1", {Into("Lists/dev")}, true);
  begun_ = {"d1"};
  visit_.there = "m1";
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "search Lists/dev m1|search Lists.dev m1");
}

TEST_F(FilingTest, TellsOfAFolderThatIsNotThereAndGoesOnWithTheOthers) {
  Add("1", {Into("Gone")});
  Add("2", {Into("B")});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(outcomes_[0].status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(outcomes_[1].status.ok());
}

TEST_F(FilingTest, TellsWhichFolderWasRefusedAndWhy) {
  Add("1", {Into("A"), Into("Gone"), Into("B")});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "copy 1 A|copy 1 Gone") << "nothing moves a mail that lacks a copy";
  EXPECT_EQ(outcomes_[0].step, 1u);
  EXPECT_EQ(outcomes_[0].status.message(), "there is no folder \"Gone\"");
}

TEST_F(FilingTest, TakesTheFolderOfAUseBeforeTheOneThatIsNamed) {
  FilingStep step = Into("A");
  step.special_use = "\\Junk";
  Add("1", {step});
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "move 1 \\Junk|move 1 A");
}

TEST_F(FilingTest, MovesAMailThoughItsMarkCanNotBeKept) {
  Add("1", {Into("A", {"unkept"})});
  EXPECT_TRUE(Run().ok());
  EXPECT_TRUE(outcomes_[0].status.ok());
  EXPECT_EQ(Asked(), "flags 1 +unkept -|move 1 A");
}

TEST_F(FilingTest, MakesNoSecondCopyAfterACrash) {
  Add("1", {Into("A")}, true);
  Add("2", {Into("A")}, true);
  begun_ = {"d1", "d2"};
  visit_.there = "m1";
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(Asked(), "search A m1|search A m2|copy 2 A");
}

TEST_F(FilingTest, PutsAnAnswerIntoItsFolderOnce) {
  EXPECT_TRUE(testing::Await(FileAnswer(visit_, "Sent", "id", "mail")).ok());
  EXPECT_EQ(Asked(), "search Sent id|append Sent \\Seen 4 mail");
  visit_.asked.clear();
  visit_.there = "id";
  EXPECT_TRUE(testing::Await(FileAnswer(visit_, "Sent", "id", "mail")).ok());
  EXPECT_EQ(Asked(), "search Sent id");
}

TEST_F(FilingTest, FindsTheFolderOfAnAnswerByItsLevels) {
  visit_.folders = {"Sent.auto"};
  EXPECT_TRUE(testing::Await(FileAnswer(visit_, "Sent/auto", "id", "mail")).ok());
  EXPECT_EQ(Asked(), "search Sent/auto id|search Sent.auto id|append Sent.auto \\Seen 4 mail");
  visit_.folders.clear();
  EXPECT_EQ(testing::Await(FileAnswer(visit_, "Sent/auto", "id", "mail")).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(FilingTest, EndsWhenTheConnectionIsGone) {
  Add("1", {Into("A")});
  visit_.broken = absl::UnavailableError("gone");
  EXPECT_EQ(Run().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace postern::fetcher
