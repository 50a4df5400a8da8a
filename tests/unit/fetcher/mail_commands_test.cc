// Values of the mailbox commands: what is asked, how ids are written, what servers say.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/folder_tree.h"
#include "services/fetcher/imap/mailbox_data.h"
#include "services/fetcher/imap/search.h"
#include "services/fetcher/imap/uid_set.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mail_requests.h"

namespace postern::fetcher {
namespace {

using Strings = std::vector<std::string>;

TEST(UidSet, JoinsWhatTouches) {
  imap::UidSet set;
  EXPECT_TRUE(set.Add("9,1:3,4,20:18,7:9"));
  EXPECT_EQ(set.size(), 4u + 3 + 3);
  EXPECT_EQ(absl::StrJoin(set.Below(UINT32_MAX, 100), " "), "20 19 18 9 8 7 4 3 2 1");
  EXPECT_EQ(absl::StrJoin(set.Below(18, 3), " "), "9 8 7");
  EXPECT_EQ(absl::StrJoin(set.Below(8, 2), " "), "7 4");
  EXPECT_TRUE(set.Below(1, 5).empty());
  EXPECT_TRUE(set.Contains(4));
  EXPECT_FALSE(set.Contains(5));
  set.Add(1, UINT32_MAX);
  EXPECT_EQ(set.size(), UINT32_MAX) << "named in a dozen bytes, and no more in memory";
  EXPECT_EQ(set.Below(UINT32_MAX, 2), (std::vector<uint32_t>{UINT32_MAX - 1, UINT32_MAX - 2}));
}

TEST(UidSet, IsWrittenInItsOrderWithRunsAsRanges) {
  const struct {
    std::vector<uint32_t> uids;
    const char* written;
  } cases[] = {
      {{}, ""},
      {{7}, "7"},
      {{3, 4, 5, 9}, "3:5,9"},
      {{9, 5, 4}, "9,5,4"},
      {{1, 4294967295, 1}, "1,4294967295,1"},
  };
  for (const auto& c : cases) EXPECT_EQ(imap::WriteUids(c.uids), c.written);
}

TEST(UidSet, RefusesNonsense) {
  for (const char* text : {"", "*", "1:*", "0", "1:2:3", "a", "1,", "4294967296", "-1", "1 2"}) {
    imap::UidSet set;
    EXPECT_FALSE(set.Add(text)) << text;
  }
}

std::string Keys(const imap::SearchCriteria& criteria, uint32_t or_uid = 0) {
  imap::Command command("S");
  const absl::Status added = imap::AddCriteria(criteria, command, or_uid);
  if (!added.ok()) return std::string(added.message());
  return absl::StrJoin(command.pieces(), "|");
}

TEST(SearchCriteria, AreWrittenSoThatNothingInjects) {
  imap::SearchCriteria criteria;
  EXPECT_EQ(Keys(criteria), "S ALL");
  EXPECT_EQ(Keys(criteria, 7), "S OR UID 7 ALL");
  criteria.subject = "a \"b\" \\ UNSEEN";
  EXPECT_EQ(Keys(criteria), R"(S SUBJECT "a \"b\" \\ UNSEEN")");
  criteria.text = "\xc3\xbc";
  EXPECT_TRUE(imap::NeedsCharset(criteria));
  EXPECT_EQ(Keys(criteria), "S SUBJECT \"a \\\"b\\\" \\\\ UNSEEN\" TEXT {2}|\xc3\xbc");
  criteria.text.clear();
  EXPECT_FALSE(imap::NeedsCharset(criteria));
  criteria.subject.clear();
  criteria.since_unix = 1795330800;
  criteria.before_unix = 1796137200;
  EXPECT_EQ(Keys(criteria), "S SINCE 22-Nov-2026 BEFORE 01-Dec-2026");
}

TEST(SearchCriteria, NameWhatIsWrong) {
  using Criteria = imap::SearchCriteria;
  const std::pair<std::function<void(Criteria&)>, const char*> cases[] = {
      {[](Criteria& c) { c.from = "a\r\nA1 LOGOUT"; }, "the from holds a line break or a NUL"},
      {[](Criteria& c) { c.text = std::string("a\0b", 3); },
       "the text holds a line break or a NUL"},
      {[](Criteria& c) { c.to = std::string(1001, 'x'); }, "to is longer than 1000 bytes"},
      {[](Criteria& c) { c.since_unix = -5; }, "since_unix is no time of these days: -5"},
      {[](Criteria& c) { c.before_unix = INT64_MAX; },
       "before_unix is no time of these days: 9223372036854775807"},
  };
  for (const auto& [spoil, error] : cases) {
    Criteria criteria;
    spoil(criteria);
    EXPECT_EQ(Keys(criteria), error);
  }
}

TEST(MailId, OfPop3IsSixteenDigits) {
  EXPECT_EQ(Pop3MailRef(0x1f), "000000000000001f");
  EXPECT_EQ(Pop3MailRef(UINT64_MAX), "ffffffffffffffff");
}

TEST(MailId, HoldsTheMailbox) {
  const struct {
    MailId id;
    const char* written;
  } cases[] = {{{"", 7, 40}, "7:40"}, {{"Entw\xc3\xbcrfe", 5, 3}, "5:3:RW50d8O8cmZl"}};
  for (const auto& c : cases) {
    EXPECT_EQ(WriteMailId(c.id), c.written);
    const auto parsed = ParseMailId(c.written);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->mailbox, c.id.mailbox);
    EXPECT_EQ(parsed->uid_validity, c.id.uid_validity);
    EXPECT_EQ(parsed->uid, c.id.uid);
  }
  for (const char* id :
       {"", "7", "7:", ":7", "7:0", "7:x", "7:4:", "7:4:!!", "7:4:_w", "7:4:QQ:x"}) {
    EXPECT_FALSE(ParseMailId(id).has_value()) << id;
  }
  EXPECT_FALSE(ParseMailId(std::string(5000, '7')).has_value());
}

TEST(MailId, SetsAreOfOneMailbox) {
  const auto set = ParseMailIds({"7:9", "7:3", "7:9"});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->uids, (std::vector<uint32_t>{3, 9}));
  EXPECT_EQ(ParseMailIds({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMailIds({"7:9", "x"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMailIds({"7:9", "7:9:QQ"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseMailIds({"7:9", "8:9"}).status().code(), absl::StatusCode::kFailedPrecondition);
}

imap::Response Said(const std::string& bytes) { return *imap::ParseResponse(bytes); }

TEST(MailboxData, IsRead) {
  const auto counts = imap::ParseStatus(Said("* STATUS \"a b\" (UNSEEN 2 X 4 MESSAGES 5)"));
  ASSERT_TRUE(counts.has_value());
  EXPECT_EQ(counts->name, "a b");
  EXPECT_EQ(counts->messages, 5u);
  EXPECT_EQ(counts->unseen, 2u);
  EXPECT_FALSE(imap::ParseStatus(Said("* STATUS x")).has_value());
  EXPECT_FALSE(imap::ParseStatus(Said("* STATUS x (y")).has_value());
  EXPECT_FALSE(imap::ParseStatus(Said("* STATUS x (MESSAGES y)"))->messages.has_value());

  EXPECT_EQ(imap::ParseForeignNamespaces(
                Said(R"(* NAMESPACE (("INBOX." ".")) (("~" "/")) (("#news." ".")("" "/")))")),
            (Strings{"~", "#news."}));
  EXPECT_TRUE(imap::ParseForeignNamespaces(Said("* NAMESPACE NIL NIL NIL")).empty());
  EXPECT_TRUE(imap::ParseForeignNamespaces(Said("* NAMESPACE ((")).empty());

  const auto quota = imap::ParseQuota(Said("* QUOTA \"\" (storage 10 512 X 1 MESSAGE 3 x)"));
  ASSERT_EQ(quota.size(), 1u);
  EXPECT_EQ(quota[0], (imap::QuotaResource{"STORAGE", 10, 512}));
  EXPECT_TRUE(imap::ParseQuota(Said("* QUOTA x")).empty());

  EXPECT_EQ(imap::ParseFlagList("(\\Seen \\* work)"), (Strings{"\\Seen", "\\*", "work"}));
  EXPECT_EQ(imap::ParseAppendUid("7 9")->uid, 9u);
  for (const char* text : {"", "7", "0 9", "7 0", "7 x", "7 9:10"}) {
    EXPECT_FALSE(imap::ParseAppendUid(text).has_value()) << text;
  }
}

imap::ListedMailbox Listed(const std::string& name, const std::string& use = "") {
  imap::ListedMailbox listed;
  listed.name = name;
  listed.separator = ".";
  listed.special_use = use;
  return listed;
}

TEST(SpecialUse, IsWhatTheServerSaysElseWhatTheNameSays) {
  FolderTree tree;
  tree.Add(Listed("Trash"));
  tree.Add(Listed("Weg", "Trash"));
  tree.Add(Listed("INBOX"));
  tree.Add(Listed("INBOX.Gesendet"));
  tree.Add(Listed("Work.Spam"));
  tree.Add(Listed("entw&APw-rfe"));
  tree.GuessSpecialUses();
  EXPECT_EQ(tree.MailboxFor("Trash"), "Weg");
  EXPECT_EQ(tree.MailboxFor("Sent"), "INBOX.Gesendet");
  EXPECT_EQ(tree.MailboxFor("Drafts"), "entw\xc3\xbcrfe");
  EXPECT_EQ(tree.MailboxFor("Junk"), std::nullopt) << "somebody's own folder";
  EXPECT_EQ(imap::SpecialUseOf("\\sENT"), "Sent");
  EXPECT_EQ(imap::SpecialUseOf("Sent"), "");
  EXPECT_EQ(imap::SpecialUseOf("\\Noselect"), "");
}

TEST(FolderTree, TakesNamesAsTheyAreWhereTheyAreUtf8) {
  FolderTree tree;
  imap::ListedMailbox listed = Listed("R&-D");
  tree.Add(listed);
  listed.utf8 = true;
  tree.Add(listed);
  ASSERT_EQ(tree.Below({}).size(), 2u);
  EXPECT_EQ(tree.Below({})[0].name, "R&-D");
  EXPECT_EQ(tree.Below({})[1].name, "R&D");
}

google::protobuf::RepeatedPtrField<std::string> Some(const Strings& words) {
  return {words.begin(), words.end()};
}

TEST(MailRequests, TakeFlagsThatAreSafeToSet) {
  const auto flags = FlagsOf(Some({"\\seen", "$Forwarded", "work-2"}), "add");
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(*flags, (Strings{"\\Seen", "$Forwarded", "work-2"}));
  for (const std::string& flag :
       Strings{"", "\\Deleted", "\\Recent", "a b", "a)", "(a", "a\r\nb", "a\"", "*", "%", "a]",
               "{3}", "\xc3\xbc", std::string(101, 'x')}) {
    const auto refused = FlagsOf(Some({flag}), "add");
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << flag;
    EXPECT_EQ(refused.status().message().substr(0, 4), "add ");
  }
  EXPECT_FALSE(FlagsOf(Some(Strings(51, "x")), "add").ok());
}

TEST(MailRequests, NameWhatIsWrongWithAFiling) {
  v1::AppendMailRequest request;
  request.set_mailbox("Sent");
  request.set_size(10);
  EXPECT_TRUE(FilingOf(request).ok());
  const std::pair<std::function<void(v1::AppendMailRequest&)>, const char*> cases[] = {
      {[](auto& r) { r.clear_mailbox(); }, "mailbox is empty"},
      {[](auto& r) { r.set_mailbox("\\Nonsense"); }, "mailbox names no special use that is known"},
      {[](auto& r) { r.set_mailbox("a\nb"); },
       "mailbox is no name of a folder: the name of the mailbox holds a control character"},
      {[](auto& r) { r.set_mailbox(std::string(2000, 'x')); }, "mailbox is too long"},
      {[](auto& r) { r.clear_size(); }, "size is missing"},
      {[](auto& r) { r.set_size(kMaxAppended + 1); }, "size is more than 52428800 bytes"},
      {[](auto& r) { r.set_received_unix(-1); }, "received_unix is no time of these days"},
  };
  for (const auto& [spoil, error] : cases) {
    v1::AppendMailRequest spoilt = request;
    spoil(spoilt);
    EXPECT_EQ(FilingOf(spoilt).status(), absl::InvalidArgumentError(error));
  }
  request.set_mailbox("\\Sent");
  EXPECT_TRUE(FilingOf(request).ok());
}

}  // namespace
}  // namespace postern::fetcher
