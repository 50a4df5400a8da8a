// Visits to mailboxes, by IMAP and by POP3, as the scripts of tests/dialogue/visit tell.

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
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
    const std::string flags = absl::StrJoin(mail.flags, " ");
    parts.push_back(absl::StrCat(mail.id, " ", mail.subject.empty() ? "-" : mail.subject, " <",
                                 mail.from ? mail.from->Spec() : "", "> ", mail.size, " ",
                                 mail.received_unix,
                                 flags.empty() ? "" : absl::StrCat(" [", flags, "]")));
  }
  if (page.more) parts.push_back("more");
  return absl::StrJoin(parts, "; ");
}

std::string Describe(const std::vector<imap::QuotaResource>& quota) {
  std::vector<std::string> parts;
  for (const imap::QuotaResource& resource : quota) {
    parts.push_back(absl::StrCat(resource.name, " ", resource.used, "/", resource.limit));
  }
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
    std::string part =
        absl::StrCat(folder.name, folder.selectable ? "" : "-", folder.has_children ? "+" : "");
    if (!folder.special_use.empty()) absl::StrAppend(&part, "=", folder.special_use);
    if (folder.messages) {
      absl::StrAppend(&part, "(", *folder.messages, "/", folder.unseen.value_or(0), ")");
    }
    parts.push_back(std::move(part));
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

// "text=Grüße", "unseen", "in=Work"; what is none of these is the id to go on below.
MailQuery QueryFrom(const std::vector<std::string>& words) {
  MailQuery query;
  EXPECT_TRUE(absl::SimpleAtoi(words[0], &query.limit));
  for (size_t i = 1; i < words.size(); ++i) {
    const std::pair<std::string, std::string> word = absl::StrSplit(words[i], '=');
    imap::SearchCriteria& criteria = query.criteria;
    if (word.first == "text") criteria.text = word.second;
    if (word.first == "from") criteria.from = word.second;
    if (word.first == "to") criteria.to = word.second;
    if (word.first == "subject") criteria.subject = word.second;
    if (word.first == "in") query.mailbox = word.second;
    if (word.first == "since") criteria.since_unix = std::stoll(word.second);
    if (word.first == "before") criteria.before_unix = std::stoll(word.second);
    criteria.unseen |= word.first == "unseen";
    criteria.flagged |= word.first == "flagged";
    const bool known = !word.second.empty() || word.first == "unseen" || word.first == "flagged";
    if (!known) query.before_id = words[i];
  }
  return query;
}

absl::StatusOr<std::string> Done(const absl::Status& status) {
  if (!status.ok()) return status;
  return "done";
}

// What came of a part: "name type size: bytes".
class Receiver {
 public:
  net::Task<absl::Status> Take(MailPart part) {
    if (part.about) {
      told_ = absl::StrCat(part.about->file_name, " ", part.about->content_type, " ",
                           part.about->size, ": ");
    }
    EXPECT_LE(part.bytes.size(), 64u * 1024);
    bytes_ += part.bytes;
    co_return absl::OkStatus();
  }
  std::string Received() const { return told_ + absl::StrReplaceAll(bytes_, {{"\r\n", "|"}}); }

 private:
  std::string told_, bytes_;
};

absl::StatusOr<std::string> PlayPart(MailDesk& mails, VisitBench& bench,
                                     const std::vector<std::string>& words) {
  Receiver receiver;
  MailPartSink sink = [&receiver](MailPart part) { return receiver.Take(std::move(part)); };
  const absl::Status read =
      Await(mails.ReadPart(bench.Copy(), words[0], std::stoull(words[1]), std::move(sink)));
  if (!read.ok()) return read;
  return receiver.Received();
}

// A mail that comes in two pieces.
class Pieces {
 public:
  net::Task<absl::StatusOr<std::optional<std::string>>> Next() {
    if (next_ == std::size(kPieces)) co_return std::nullopt;
    co_return std::string(kPieces[next_++]);
  }
  static constexpr size_t kSize = 26;

 private:
  static constexpr const char* kPieces[] = {"Subject: Hel", "lo\r\n\r\nHello.\r\n"};
  size_t next_ = 0;
};

absl::StatusOr<std::string> PlayAppend(MailDesk& mails, VisitBench& bench,
                                       const std::vector<std::string>& words) {
  Pieces pieces;
  Filing filing;
  filing.mailbox = words[0];
  filing.mail.flags.assign(words.begin() + 1, words.end());
  filing.mail.received_unix = 1795330800;
  filing.mail.size = Pieces::kSize;
  filing.pieces = [&pieces] { return pieces.Next(); };
  const auto filed = Await(mails.Append(bench.Copy(), std::move(filing)));
  if (!filed.ok()) return filed.status();
  return absl::StrCat(filed->mailbox, " ", filed->id.empty() ? "-" : filed->id);
}

absl::StatusOr<std::string> PlayFlags(MailDesk& mails, VisitBench& bench,
                                      const std::vector<std::string>& words) {
  std::vector<std::string> add, remove;
  for (size_t i = 1; i < words.size(); ++i) {
    (words[i][0] == '+' ? add : remove).push_back(words[i].substr(1));
  }
  return Done(Await(mails.ChangeFlags(bench.Copy(), absl::StrSplit(words[0], ','), add, remove)));
}

net::Task<absl::Status> CopyOn(MailboxVisit& visit, std::vector<std::string> ids, std::string to) {
  auto copied = co_await visit.CopyMails(std::move(ids), std::move(to));
  co_return copied.status();
}

// What rules want of a mailbox beside what people want.
absl::StatusOr<std::string> PlayForRules(MailDesk& mails, VisitBench& bench,
                                         const std::string& verb,
                                         const std::vector<std::string>& words) {
  const std::vector<std::string> ids = absl::StrSplit(words[0], ',');
  MailDesk::Work work = [&](MailboxVisit& visit) {
    return verb == "create" ? visit.CreateFolder(words[0]) : CopyOn(visit, ids, words[1]);
  };
  return Done(Await(mails.Visit(bench.Copy(), std::chrono::seconds(5), std::move(work))));
}

// Does what the script's "do" says: "folders", "list LIMIT [BEFORE] [in=FOLDER]", "read ID...",
// "search LIMIT [BEFORE] CRITERION...", "flags ID,ID +FLAG -FLAG", "move ID,ID FOLDER",
// "copy ID,ID FOLDER", "create FOLDER", "delete ID...", "append FOLDER FLAG...", "part ID NUMBER",
// "quota".
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
  if (verb == "quota") return Described(Await(mails.Quota(bench.Copy())));
  if (verb == "flags") return PlayFlags(mails, bench, words);
  if (verb == "part") return PlayPart(mails, bench, words);
  if (verb == "append") return PlayAppend(mails, bench, words);
  if (verb == "delete") return Done(Await(mails.Delete(bench.Copy(), words)));
  if (verb == "move") {
    const std::vector<std::string> ids = absl::StrSplit(words[0], ',');
    return Await(mails.Move(bench.Copy(), ids, words[1]));
  }
  if (verb == "copy" || verb == "create") return PlayForRules(mails, bench, verb, words);
  if (verb == "list") return Described(Await(mails.List(bench.Copy(), QueryFrom(words))));
  const auto page = Await(mails.Search(bench.Copy(), QueryFrom(words)));
  if (!page.ok()) return page.status();
  const std::string shown = Describe(*page);
  return absl::StrCat(shown, shown.empty() ? "" : "; ", page->matches, " in all");
}

TEST(VisitDialogue, EndsAsItsScriptSays) {
  const std::vector<Dialogue> dialogues = AllDialogues(VISIT_DIALOGUES);
  EXPECT_GE(dialogues.size(), 50u);
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
