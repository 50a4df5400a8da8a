// What rules say of a mail is carried out once, in order, and whatever fails for now comes again.

#include <utility>

#include "tests/unit/fetcher/effects/ruled_delivery_bench.h"

namespace postern::fetcher {
namespace {

TEST_F(RuledDeliveryTest, DeliversAsEverWhereNoRuleSaysAnything) {
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "deliver a|deliver b");
  EXPECT_EQ(mailbox_.bytes_read, 0);
}

TEST_F(RuledDeliveryTest, RedirectsTheWholeMailAsItWasEditedUntilThen) {
  peers_.said["a"] =
      "verdict: VERDICT_KEEP edits { add { name: 'X-New' value: '2' } } "
      "edits { remove { name: 'X-Old' } } "
      "actions { key: 'k1' edits: 1 redirect { addresses: 'bob@x.org' addresses: 'eve@x.org' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), absl::StrCat("copy k1 by smtp bob@x.org,eve@x.org X-New: 2\r\n", kRaw,
                                   "|commit id1 m"));
}

TEST_F(RuledDeliveryTest, AnswersInNobodysNameButTheAccounts) {
  Account smtp;
  smtp.id = "smtp";
  smtp.owner = account_.owner;
  smtp.type = AccountType::kOther;
  smtp.login = "ann@mail.example";
  smtp.default_from = "Ann <ann@mail.example>";
  smtp.identities = {"sales@mail.example"};
  book_.Put(std::make_shared<const Account>(smtp));
  constexpr struct {
    const char* said;
    const char* from;
  } kCases[] = {
      {"local_part: 'Sales' domain: 'mail.example'", "Sales@mail.example"},
      {"local_part: 'boss' domain: 'mail.example'", "ann@mail.example"},
      {"", "ann@mail.example"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.said);
    peers_.said["a"] =
        absl::StrCat(kKeep, "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' from { ",
                     c.said, " } } }");
    EXPECT_TRUE(HandOn({"a"}).ok());
    EXPECT_EQ(peers_.from, c.from);
  }
  for (const auto& [said, from] :
       {std::pair("Sales <sales@mail.example>", "sales@mail.example"),
        std::pair("boss@mail.example", "ann@mail.example"), std::pair("", "ann@mail.example")}) {
    SCOPED_TRACE(said);
    peers_.said["a"] = absl::StrCat(
        kKeep, "actions { key: 'k2' notify { method: 'mailto:bob@x.org' from: '", said, "' } }");
    EXPECT_TRUE(HandOn({"a"}).ok());
    EXPECT_EQ(peers_.from, from) << "RFC 5436 section 2.3";
  }
}

TEST_F(RuledDeliveryTest, SendsAnAnswerOfMimeAsItIs) {
  peers_.said["a"] = absl::StrCat(
      kKeep,
      "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' in_reply_to: '1@x.org' "
      "mime: 'From: eve@x.org\\nContent-Type:\\n text/html\\nSubject: x\\n\\n<p>x</p>\\n' } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  const std::string events = Events();
  EXPECT_FALSE(absl::StrContains(events, "eve@x.org")) << "a second sender: " << events;
  EXPECT_TRUE(
      absl::StartsWith(events, "copy k1 by smtp bob@x.org From: Ann <ann@mail.example>\r\n"))
      << events;
  for (const char* part : {"\r\nSubject: Away\r\n", "\r\nIn-Reply-To: <1@x.org>\r\n",
                           "\r\nAuto-Submitted: auto-replied (vacation)\r\n",
                           "\r\nContent-Type:\r\n text/html\r\n\r\n<p>x</p>\r\n"}) {
    EXPECT_TRUE(absl::StrContains(events, part)) << part << " in " << events;
  }
}

TEST_F(RuledDeliveryTest, ShowsTheMailAsItWasEdited) {
  peers_.said["a"] =
      absl::StrCat(kKeep,
                   "edits { body { change: CHANGE_REPLACE_HEADER header: 'Subject' pattern: 'raw' "
                   "text: 'edited' } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "deliver edited");
}

TEST_F(RuledDeliveryTest, LeavesTheMailWhereItIsWhileTheSenderIsAway) {
  peers_.said["a"] =
      absl::StrCat(kKeep,
                   "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' text: 'x' } } "
                   "marks { key: 'm' seconds: 1 }");
  peers_.sends = grpc::Status(grpc::StatusCode::UNAVAILABLE, "down");
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "") << "neither delivered nor remembered";
  peers_.sends = grpc::Status::OK;
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "mail k1 to bob Away|deliver a|commit id1 m");
}

TEST_F(RuledDeliveryTest, RemembersNothingUntilItIsDelivered) {
  peers_.said["a"] = absl::StrCat(kKeep, "marks { key: 'm' seconds: 1 }");
  peers_.delivers = grpc::Status(grpc::StatusCode::UNAVAILABLE, "link down");
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "");
}

TEST_F(RuledDeliveryTest, DeliversWhatCanNeverBeSentOnAndTellsWhy) {
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { key: 'k1' redirect { addresses: 'b@x' } }";
  peers_.sends = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "it goes round");
  EXPECT_TRUE(HandOn({"a"}).ok());
  const std::string told =
      "tell ann@example.org A rule could not send \"$0\" on to $1: $2|deliver a|mishap 0 ";
  EXPECT_EQ(Events(), told + "it failed ($0)|shown instead|commit id1 ");
  book_.Remove("smtp");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), told + "you have no account that sends mail|shown instead|commit id1 ");
}

TEST_F(RuledDeliveryTest, DeliversWhatWasToBeSentOnAndCanNotBeRead) {
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { key: 'k1' redirect { addresses: 'b@x' } }";
  progress_.NoteUnread("id1", absl::DataLossError("it broke the connection"));
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(
      Events(),
      "tell ann@example.org A rule could not send \"$0\" on to $1: $2|deliver a|mishap 0 This "
      "mail could not be read from the mail server.|shown instead|commit id1 ");
  EXPECT_EQ(mailbox_.bytes_read, 0);
}

TEST_F(RuledDeliveryTest, DeliversInOtherFormsAndToOthersWhoAreUsers) {
  AddUser("bob@example.org");
  peers_.said["a"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_HEADERS } }");
  peers_.said["b"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_FULL } }");
  peers_.said["c"] =
      "verdict: VERDICT_KEEP actions { deliver { form: FORM_FULL to: 'bob@example.org' } }";
  peers_.said["d"] =
      "verdict: VERDICT_KEEP actions { deliver { form: FORM_FULL to: 'eve@example.org' } }";
  EXPECT_TRUE(HandOn({"a", "b", "c", "d"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org A rule can't deliver mail to $0, who has no account here|"
            "deliver a headers|deliver b urgent|deliver c urgent to bob@example.org|deliver d");
}

TEST_F(RuledDeliveryTest, NotifiesOnceForEachActionAndTellsOfErrorsOfRules) {
  peers_.said["a"] =
      "verdict: VERDICT_KEEP errors { text: 'Your rules failed: $0' arguments: 'line 3' } "
      "actions { key: 'k1' notify { method: 'xmpp:bob@x.org' message: 'Hi' importance: 2 } }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org Your rules failed: $0|"
            "tell bob@x.org Hi");
}

TEST_F(RuledDeliveryTest, NoCallToTheEdgeIsLargerThanItTakes) {
  peers_.said["a"] = kKeep;
  for (int i = 0; i < 6; ++i) {
    const std::string jid = absl::StrCat("u", i, "@example.org");
    AddUser(jid);
    absl::StrAppend(&peers_.said["a"], "actions { deliver { to: '", jid, "' } } ");
  }
  std::vector<JudgedMail> mails = Mails({"a"});
  mails[0].mail.mail.set_text(std::string(900 * 1024, 'x'));
  RuledDelivery delivery = Delivery();
  EXPECT_TRUE(testing::Await(io_, delivery.HandOn(std::move(mails))).ok());
  EXPECT_GT(peers_.most_bytes, 900u * 1024);
  EXPECT_LT(peers_.most_bytes, 3u * 1024 * 1024);
  const std::string events = Events();
  EXPECT_EQ(std::count(events.begin(), events.end(), '|'), 6) << events;
}

TEST_F(RuledDeliveryTest, SaysWhatAMailboxReadByPop3CanNotDoAndDelivers) {
  account_.type = AccountType::kPop3;
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  const std::string events = Events();
  EXPECT_TRUE(absl::StrContains(events, "read by POP3 have neither")) << events;
  EXPECT_TRUE(absl::StrContains(events, "|deliver a|")) << events;
}

TEST_F(RuledDeliveryTest, WaitsWithFilingUntilTheMailServerIsThere) {
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "");
}

TEST_F(RuledDeliveryTest, AServerThatLetsNobodyFileKeepsNoMailForEver) {
  effects_.emplace(RuleEffects::Parts{accounts_, book_, *notes_, *sending_, webhooks_, filing_log_,
                                      desk_, /*patience=*/0});
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { key: 'k1' file_into { mailbox: 'A' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(),
            "deliver b|tell ann@example.org A rule could not put \"$0\" into the folder \"$1\": $2|"
            "deliver a|mishap 0 the password of this account is not known; enter it first|"
            "shown instead|commit id1 m");
}

TEST_F(RuledDeliveryTest, TellsTheRulesWhatCouldNotBeDone) {
  account_.type = AccountType::kPop3;
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { key: 'k1' answer { to: 'no address' text: 'Hi' } } "
      "actions { key: 'k2' file_into { mailbox: 'A' } }";
  peers_.said["b"] =
      "verdict: VERDICT_KEEP actions { key: 'k3' file_into { mailbox: 'A' copy: true } } "
      "actions { keep { implicit: true } }";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  const std::string events = Events();
  const char kNoFolders[] = "a mailbox that is read by POP3 has no folders";
  EXPECT_TRUE(absl::EndsWith(
      events, absl::StrCat("|mishap 0 \"$0\": white space inside the address|mishap 1 ", kNoFolders,
                           "|shown instead|commit id1 |mishap 0 ", kNoFolders, "|commit id2 ")))
      << events;
}

TEST(LongTrouble, EndsPatienceAfterAQuarterOfAnHourWithoutASuccess) {
  LongTrouble trouble;
  EXPECT_FALSE(trouble.Note("a", 1000));
  EXPECT_FALSE(trouble.Note("a", 1899));
  EXPECT_TRUE(trouble.Note("a", 1900));
  EXPECT_FALSE(trouble.Note("b", 1900));
  trouble.Over("a");
  EXPECT_FALSE(trouble.Note("a", 1901));
}

TEST(HourlyLimit, LetsSoManyThroughInAnHour) {
  HourlyLimit limit(2);
  EXPECT_TRUE(limit.Take("a", "1", 7200));
  EXPECT_TRUE(limit.Take("a", "1", 7200)) << "a repeat";
  EXPECT_TRUE(limit.Take("a", "2", 7201));
  EXPECT_FALSE(limit.Take("a", "3", 7202));
  EXPECT_TRUE(limit.Take("a", "1", 7202));
  EXPECT_TRUE(limit.Take("b", "3", 7202));
  EXPECT_TRUE(limit.Take("a", "4", 10800));
}

TEST(SendingBook, ChoosesTheAccountWithTheSameLogin) {
  SendingBook book;
  Account inbox;
  inbox.id = "in";
  inbox.owner = "ann@x";
  inbox.login = "ann@mail.example";
  const auto put = [&](const std::string& id, const std::string& login, const std::string& from,
                       bool is_default, bool enabled = true) {
    Account smtp;
    smtp.id = id;
    smtp.owner = "ann@x";
    smtp.type = AccountType::kOther;
    smtp.login = login;
    smtp.default_from = from;
    smtp.default_account = is_default;
    smtp.enabled = enabled;
    book.Put(std::make_shared<const Account>(smtp));
  };
  EXPECT_FALSE(book.For(inbox).has_value());
  put("b", "b@x.org", "b@x.org", false);
  put("a", "a@x.org", "a@x.org", false, false);
  EXPECT_EQ(book.For(inbox)->account_id, "b");
  put("c", "c@x.org", "C <c@x.org>", true);
  EXPECT_EQ(book.For(inbox)->account_id, "c");
  put("d", "ANN@mail.example", "Ann <ann@mail.example>", false);
  EXPECT_EQ(book.For(inbox)->account_id, "d");
  EXPECT_EQ(absl::StrJoin(book.AddressesFor(inbox), " "),
            "ann@mail.example a@x.org b@x.org c@x.org");
  EXPECT_TRUE(book.IsUser("ann@x"));
  for (const char* id : {"a", "b", "c", "d"}) book.Remove(id);
  EXPECT_FALSE(book.IsUser("ann@x"));
}

}  // namespace
}  // namespace postern::fetcher
