// Visits to mailboxes, by IMAP and by POP3, as the scripts of tests/dialogue/visit tell.

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "lib/words/wording.h"
#include "services/fetcher/folder_desk.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_desk.h"
#include "tests/support/await.h"
#include "tests/unit/fetcher/dialogue.h"
#include "tests/unit/fetcher/visit_bench.h"

namespace postern::fetcher {
namespace {

using testing::AllDialogues;
using testing::Await;
using testing::Dialogue;
using testing::ScriptedStream;
using testing::VisitBench;

std::string Describe(const MailPage& page) {
  std::vector<std::string> parts;
  for (const MailSummary& mail : page.mails) {
    parts.push_back(absl::StrCat(mail.id, " ", mail.subject.empty() ? "-" : mail.subject, " <",
                                 mail.from ? mail.from->Spec() : "", "> ", mail.size, " ",
                                 mail.received_unix));
  }
  if (page.more) parts.push_back("more");
  return absl::StrJoin(parts, "; ");
}

std::string Describe(const std::vector<FoundMail>& mails) {
  std::vector<std::string> parts;
  for (const FoundMail& mail : mails) {
    parts.push_back(
        absl::StrCat(mail.id, " ", mail.mail.subject, absl::StrJoin(mail.mail.defects, " ")));
  }
  return absl::StrJoin(parts, "; ");
}

std::string Describe(const FolderTree& tree) {
  std::vector<std::string> parts;
  for (const Folder& folder : tree.Below({})) {
    parts.push_back(
        absl::StrCat(folder.name, folder.selectable ? "" : "-", folder.has_children ? "+" : ""));
  }
  return absl::StrJoin(parts, " ");
}

// By POP3 a mail's id is made of the server's. In the scripts those are single letters,
// which stand for our ids in what is asked and answered as well.
std::string IdFor(absl::string_view letter) {
  const std::string mailbox = Pop3MailboxIdentity("imap.example.org", "ann");
  return absl::StrCat(absl::Hex(UidlKey(mailbox, letter), absl::kZeroPad16));
}

std::string WithLetters(std::string answer) {
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string name(1, letter);
    absl::StrReplaceAll({{IdFor(name), name}}, &answer);
  }
  return answer;
}

template <class T>
absl::StatusOr<std::string> Described(const absl::StatusOr<T>& answer) {
  if (!answer.ok()) return answer.status();
  return WithLetters(Describe(*answer));
}

// Does what the script's "do" says: "folders", "list LIMIT [BEFORE]", "read ID...".
absl::StatusOr<std::string> Play(const Dialogue& dialogue, VisitBench& bench) {
  if (dialogue.Fact("protocol") == "pop3") bench.account.type = AccountType::kPop3;
  if (!dialogue.Fact("mailbox").empty()) bench.account.mailbox = dialogue.Fact("mailbox");
  VisitLimits limits(1, 1);
  MailDesk mails(bench.Parts(), limits);
  FolderDesk folders(bench.Parts(), limits);
  std::vector<std::string> words = absl::StrSplit(dialogue.Fact("do"), ' ');
  const std::string verb = words[0];
  words.erase(words.begin());
  if (verb == "folders") {
    const auto tree = Await(folders.TreeOf(bench.Copy()));
    if (!tree.ok()) return tree.status();
    return Describe(**tree);
  }
  if (bench.account.type == AccountType::kPop3) {
    for (std::string& word : words) {
      if (word.size() == 1 && absl::ascii_isalpha(word[0])) word = IdFor(word);
    }
  }
  if (verb == "read") return Described(Await(mails.Read(bench.Copy(), words)));
  size_t limit = 0;
  EXPECT_TRUE(absl::SimpleAtoi(words[0], &limit)) << dialogue.name;
  const std::string before = words.size() > 1 ? words[1] : "";
  return Described(Await(mails.List(bench.Copy(), before, limit)));
}

TEST(VisitDialogue, EndsAsItsScriptSays) {
  const std::vector<Dialogue> dialogues = AllDialogues(VISIT_DIALOGUES);
  EXPECT_GE(dialogues.size(), 10u);
  for (const Dialogue& dialogue : dialogues) {
    SCOPED_TRACE(dialogue.name);
    VisitBench bench({ScriptedStream(dialogue.script)});
    const auto answer = Play(dialogue, bench);
    EXPECT_EQ(absl::StatusCodeToString(answer.status().code()), dialogue.Fact("outcome"))
        << answer.status();
    EXPECT_EQ(answer.ok() ? *answer : "", dialogue.Fact("answer"));
    EXPECT_EQ(answer.status().message(), dialogue.Fact("sentence"));
    EXPECT_EQ(bench.dialer.mismatch(), "");
  }
}

TEST(VisitDialogue, CutAnywhereEndsInASentence) {
  for (const Dialogue& dialogue : AllDialogues(VISIT_DIALOGUES)) {
    // Whether a good-bye is heard is all the same.
    const size_t goodbye = dialogue.script.find("C: QUIT") == std::string::npos ? 0 : 2;
    const size_t steps = ScriptedStream(dialogue.script).size() - goodbye;
    for (size_t cut = 0; cut < steps; ++cut) {
      SCOPED_TRACE(absl::StrCat(dialogue.name, " cut after ", cut, " steps"));
      ScriptedStream stream(dialogue.script);
      stream.CutAfter(cut);
      VisitBench bench({stream});
      const auto answer = Play(dialogue, bench);
      // Of some mails those that were read before are answered.
      if (answer.ok()) {
        EXPECT_TRUE(absl::StrContains(*answer, "could not be read")) << *answer;
        continue;
      }
      EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_TRUE(words::WordingOf(answer.status()).has_value()) << answer.status();
    }
  }
}

}  // namespace
}  // namespace postern::fetcher
