// posternctl as an operator runs it: a process, its output and its exit status.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(PosternctlTest, APasswordForScriptsIsShownOnceOrTakenAway) {
  admin_.password.set_password("abcde-fghij-kmnpq-rstuv");
  EXPECT_THAT(Done({"rules", "password", "ann@example.org"}),
              HasSubstr("shown this once: abcde-fghij-kmnpq-rstuv\n"));
  EXPECT_EQ(admin_.password_asked.user(), "ann@example.org");
  EXPECT_THAT(Done({"--json", "rules", "password", "ann@example.org"}),
              HasSubstr("\"abcde-fghij-kmnpq-rstuv\""));
  EXPECT_EQ(Done({"rules", "password", "ann@example.org", "--revoke"}),
            "ann@example.org has no password for scripts any more.\n");
  EXPECT_EQ(admin_.revocation_asked.user(), "ann@example.org");
}

TEST_F(PosternctlTest, ListsUsers) {
  auto& user = *admin_.users.add_users();
  user.set_jid("ann@example.org");
  user.set_accounts(12);
  user.set_created_unix(1'763'800'000);
  admin_.accounts.mutable_accounts(0)->mutable_preferences()->set_heard_language("de");
  EXPECT_EQ(Done({"users", "list"}),
            "USER             ACCOUNTS  IN ERROR  LANGUAGE  SINCE\n"
            "ann@example.org        12         0  (de)      2025-11-22 08:26:40\n");
  EXPECT_EQ(admin_.accounts_asked.owner(), "");
  admin_.accounts.mutable_accounts(0)->mutable_preferences()->set_language("fr");
  EXPECT_THAT(Done({"users", "list"}), HasSubstr("0  fr        2025"));
  admin_.accounts.clear_accounts();
  EXPECT_THAT(Done({"users", "list"}), HasSubstr("0  -         2025"));
  admin_.users.clear_users();
  EXPECT_EQ(Done({"users", "list"}), "No users.\n");
}

TEST_F(PosternctlTest, RemovesAUser) {
  admin_.removed.set_accounts_removed(2);
  EXPECT_EQ(Done({"users", "remove", "ann@example.org"}),
            "ann@example.org: 2 accounts removed, and all that belongs to the user.\n");
  EXPECT_EQ(admin_.removal_of_user_asked.user(), "ann@example.org");
  admin_.removed.set_accounts_removed(1);
  EXPECT_THAT(Done({"users", "remove", "ann@example.org"}), HasSubstr(": 1 account removed"));
  EXPECT_EQ(Run({"users", "remove"}).status, 2);
}

TEST_F(PosternctlTest, SaysWhoIsAnOperator) {
  EXPECT_EQ(Done({"users", "roles"}), "Nobody is more than a user.\n");
  auto& role = *admin_.roles.add_roles();
  role.set_user("ann@example.org");
  role.set_role(admin::v1::ROLE_OPERATOR);
  EXPECT_THAT(Done({"users", "roles"}), HasSubstr("ann@example.org  operator"));
  EXPECT_EQ(Done({"users", "role", "bob@example.org", "operator"}), "bob@example.org: operator.\n");
  EXPECT_EQ(admin_.roles_asked.back().user(), "bob@example.org");
  EXPECT_EQ(admin_.roles_asked.back().role(), admin::v1::ROLE_OPERATOR);
  EXPECT_EQ(Done({"users", "role", "bob@example.org", "user"}), "bob@example.org: user.\n");
  EXPECT_EQ(admin_.roles_asked.back().role(), admin::v1::ROLE_USER);
  EXPECT_EQ(Run({"users", "role", "bob@example.org", "king"}).status, 2);
}

TEST_F(PosternctlTest, ListsAccountsWithoutObeyingTheirTexts) {
  const std::string out = Done({"accounts", "list", "--user", "ann@example.org"});
  EXPECT_EQ(admin_.accounts_asked.owner(), "ann@example.org");
  EXPECT_EQ(out,
            "OWNER            NAME  TYPE  HEALTH  SERVER                ID    "
            "ERROR AT             LAST ERROR\n"
            "ann@example.org  work  IMAP  error   imap.example.org:993  a1b2  "
            "2025-11-22 08:26:40  login refused\\x1b[2J\n");
}

TEST_F(PosternctlTest, TellsOfAnAccountThatNeedsItsPassword) {
  auto& account = *admin_.accounts.mutable_accounts(0);
  account.set_login("ann");
  account.clear_health();
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ASKING);
  EXPECT_THAT(Done({"accounts", "list"}), HasSubstr("IMAP  needs its password  imap"));
  EXPECT_THAT(Done({"accounts", "show", "a1b2"}),
              AllOf(HasSubstr("health:          needs its password\n"),
                    HasSubstr("password:        not stored; its user is asked\n"),
                    HasSubstr("last error at:   -\n")));
  account.set_store_password(true);
  EXPECT_THAT(Done({"accounts", "show", "a1b2"}), HasSubstr("password:        stored, sealed\n"));
}

TEST_F(PosternctlTest, ShowsAnAccountOfTheRelay) {
  auto& account = *admin_.accounts.mutable_accounts(0);
  account.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  account.clear_host();
  account.clear_port();
  account.set_default_from("ann@example.org");
  EXPECT_THAT(Done({"accounts", "list"}), HasSubstr("GlobalSMTP  error   the sender's --relay  a"));
  EXPECT_THAT(Done({"accounts", "show", "a1b2"}),
              AllOf(HasSubstr("from:           ann@example.org\n"), Not(HasSubstr("login:")),
                    Not(HasSubstr("mailbox"))));
}

TEST_F(PosternctlTest, SaysWhyAnAccountCannotBeChecked) {
  using Spoil = void (*)(admin::v1::Account&);
  const struct {
    Spoil spoil;
    const char* why;
  } cases[] = {
      {[](auto& a) { a.set_type(admin::v1::ACCOUNT_TYPE_SMTP); }, "sends mail and receives none"},
      {[](auto& a) { a.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP); }, "sends mail"},
      {[](auto& a) { a.set_enabled(false); },
       "is disabled; posternctl accounts enable ann@example.org/work"},
      {[](auto& a) { a.mutable_health()->set_state(admin::v1::HEALTH_STATE_ASKING); },
       "needs its password"},
  };
  const auto good = admin_.accounts;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    admin_.accounts = good;
    c.spoil(*admin_.accounts.mutable_accounts(0));
    const Finished finished = Run({"accounts", "check", "a1b2"});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.err,
                AllOf(StartsWith("posternctl: ann@example.org/work "), HasSubstr(c.why)));
    EXPECT_EQ(admin_.check_asked.account_id(), "");
  }
}

TEST_F(PosternctlTest, ShowsAnAccountByOwnerAndName) {
  const std::string out = Done({"accounts", "show", "ann@example.org/work"});
  EXPECT_EQ(admin_.accounts_asked.account(), "ann@example.org/work");
  EXPECT_THAT(out, AllOf(HasSubstr("server:          imap.example.org:993\n"),
                         HasSubstr("since:           2025-11-22 08:26:40\n"),
                         HasSubstr("last worked:     -\n"), Not(HasSubstr("secret"))));
}

TEST_F(PosternctlTest, PrintsJsonWhereverTheFlagStands) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--json", "accounts", "list"},
        {"accounts", "--json", "list"},
        {"accounts", "list", "--json"}}) {
    const std::string out = Done(arguments);
    EXPECT_THAT(out, Not(HasSubstr("sealed_password")));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(out, HasSubstr("\"live_email_only\": false"));
    admin::v1::ListAccountsResponse parsed;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(out, &parsed).ok()) << out;
    auto expected = admin_.accounts;
    expected.mutable_accounts(0)->clear_sealed_password();
    EXPECT_EQ(parsed.SerializeAsString(), expected.SerializeAsString());
  }
}

TEST_F(PosternctlTest, TurnsAnAccountOffAndOn) {
  EXPECT_EQ(Done({"accounts", "disable", "ann@example.org/work"}),
            "ann@example.org/work is disabled.\n");
  EXPECT_EQ(admin_.enabled_asked.account_id(), "a1b2");
  EXPECT_FALSE(admin_.enabled_asked.enabled());
  EXPECT_THAT(Done({"accounts", "enable", "a1b2", "--json"}), HasSubstr("\"enabled\": true"));
  EXPECT_TRUE(admin_.enabled_asked.enabled());
  Done({"accounts", "check", "a1b2"});
  EXPECT_EQ(admin_.check_asked.account_id(), "a1b2");
}

TEST_F(PosternctlTest, SaysWhenThereIsNoSuchAccount) {
  admin_.accounts.clear_accounts();
  const Finished finished = Run({"accounts", "disable", "bob@example.org/x"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith("posternctl: there is no account bob@example.org/x; "));
}

TEST_F(PosternctlTest, ShowsAndSteersTheQueue) {
  EXPECT_EQ(Done({"queue", "list"}), "The queue is empty.\n");
  auto& mail = *admin_.queue.add_mails();
  mail.set_queue_id("q1");
  mail.set_owner("ann@example.org");
  mail.add_pending_recipients("bob@example.net");
  mail.add_pending_recipients("carol@example.net");
  mail.set_state(sender::v1::QUEUE_STATE_WAITING);
  mail.set_attempts(3);
  mail.set_size(2048);
  admin_.queue.set_total(5);
  admin_.queue.set_next("1");
  EXPECT_THAT(Done({"queue", "list", "--limit", "1", "--domain", "example.net", "--state", "held"}),
              AllOf(HasSubstr("q1    -  2.0 KiB  waiting      3  -\n"
                              "  ann@example.org to bob@example.net, carol@example.net\n"),
                    EndsWith("1 mail, 2.0 KiB; there are 5 in the queue. Not all that fit are "
                             "shown (--limit).\n")));
  EXPECT_EQ(admin_.queue_asked.filter().domain(), "example.net");
  EXPECT_EQ(admin_.queue_asked.filter().state(), sender::v1::QUEUE_STATE_HELD);
  EXPECT_EQ(admin_.queue_asked.limit(), 1u);
  EXPECT_NE(Run({"queue", "list", "--state", "lost"}).status, 0);
  admin_.queue.clear_next();

  *admin_.shown.mutable_mail() = mail;
  admin_.shown.mutable_mail()->set_uncertain(true);
  admin_.shown.set_account("ann@example.org/work");
  admin_.shown.set_header("Subject: \x1b[2J\r\nTo: bob@example.net\r\n\r\n");
  EXPECT_THAT(Done({"queue", "show", "q1"}),
              AllOf(HasSubstr("still to:    bob@example.net, carol@example.net\n"),
                    HasSubstr("account:     ann@example.org/work\n"), HasSubstr("may arrive twice"),
                    EndsWith("\nSubject: \\x1b[2J\nTo: bob@example.net\n")));
  EXPECT_EQ(admin_.show_asked.queue_id(), "q1");
  EXPECT_THAT(Done({"queue", "show", "q1", "--json"}), HasSubstr("\"queue_id\": \"q1\""));

  admin_.held.set_changed(2);
  EXPECT_EQ(Done({"queue", "hold", "q1"}), "2 mails are held.\n");
  EXPECT_EQ(admin_.hold_asked.queue_id(), "q1");
  EXPECT_EQ(Done({"queue", "release", "--owner", "ann@example.org"}), "2 mails are released.\n");
  EXPECT_TRUE(admin_.hold_asked.release());
  EXPECT_EQ(admin_.hold_asked.filter().owner(), "ann@example.org");
  EXPECT_NE(Run({"queue", "hold"}).status, 0) << "never all by a slip";
  for (const std::vector<std::string>& empty :
       {std::vector<std::string>{"queue", "flush", "--domain", ""},
        {"queue", "flush", "--owner", ""},
        {"queue", "list", "--account", ""},
        {"queue", "hold", "--domain", ""},
        {"queue", "release", ""},
        {"queue", "retry", ""},
        {"queue", "cancel", ""}}) {
    const Finished finished = Run(empty);
    EXPECT_EQ(finished.status, 2) << empty[1];
    EXPECT_THAT(finished.err, HasSubstr("must not be empty")) << empty[1];
  }
  EXPECT_THAT(Done({"queue", "hold", "--help"}), HasSubstr("queue hold [OPTIONS] [ID..."));
  EXPECT_NE(Run({"queue", "retry", "--dated"}).status, 0);
  admin_.retried.set_retried(1);
  EXPECT_EQ(Done({"queue", "retry", "q1"}), "1 mail is due now.\n");
  EXPECT_EQ(admin_.retry_asked.queue_id(), "q1");
  EXPECT_EQ(Done({"queue", "retry", "--all"}), "1 mail is due now.\n");
  EXPECT_EQ(admin_.retry_asked.queue_id(), "");
  EXPECT_EQ(Done({"queue", "flush", "--domain", "example.net"}), "1 mail is due now.\n");
  EXPECT_EQ(admin_.retry_asked.filter().domain(), "example.net");
  admin_.retried.set_left(1);
  EXPECT_EQ(Done({"queue", "flush"}),
            "1 mail is due now.\n"
            "1 mail waits for its date, or may be undone, and was left (--dated).\n");
  EXPECT_EQ(admin_.retry_asked.queue_id(), "");
  EXPECT_FALSE(admin_.retry_asked.dated());
  admin_.retried.clear_left();
  EXPECT_EQ(Done({"queue", "flush", "--dated"}), "1 mail is due now.\n");
  EXPECT_TRUE(admin_.retry_asked.dated());
  EXPECT_EQ(Done({"queue", "cancel", "q1"}), "q1 is given up; its author is told.\n");
  EXPECT_EQ(admin_.cancel_asked.queue_id(), "q1");
  admin_.error = grpc::Status(grpc::StatusCode::NOT_FOUND, "no mail q2 is in the queue");
  EXPECT_EQ(Run({"queue", "show", "q2"}).status, 1);
  const Finished several = Run({"queue", "cancel", "q2", "q3"});
  EXPECT_EQ(several.status, 1);
  EXPECT_EQ(several.err,
            "posternctl: no mail q2 is in the queue\nposternctl: no mail q2 is in the queue\n")
      << "each is tried";
}

TEST_F(PosternctlTest, TakesSeveralMailsByTheBeginningsOfTheirIds) {
  admin_.queue.add_mails()->set_queue_id("7f3a09c2d41b86e5f0aa");
  admin_.held.set_changed(1);
  EXPECT_EQ(Done({"queue", "hold", "7f3a", "7f3a09c2d41b86e5f0ab"}), "2 mails are held.\n");
  EXPECT_EQ(admin_.queue_asked.queue_id(), "7f3a");
  EXPECT_EQ(admin_.hold_asked.queue_id(), "7f3a09c2d41b86e5f0ab");
  EXPECT_EQ(Done({"queue", "cancel", "7f3a"}),
            "7f3a09c2d41b86e5f0aa is given up; its author is told.\n");
  EXPECT_EQ(admin_.cancel_asked.queue_id(), "7f3a09c2d41b86e5f0aa") << "the record has it whole";
  admin_.shown.mutable_mail()->set_queue_id("7f3a09c2d41b86e5f0aa");
  EXPECT_THAT(Done({"queue", "show", "7f3a", "51be"}), HasSubstr("\n\nid: "));
  EXPECT_EQ(Run({"queue", "show", "7f3a", "51be", "--json"}).status, 1);
}

TEST_F(PosternctlTest, TheQueueFitsTheTerminal) {
  auto& mail = *admin_.queue.add_mails();
  mail.set_queue_id("7f3a09c2d41b86e5f0aa");
  mail.set_owner("ann@example.org");
  for (int i = 0; i < 14; ++i) {
    mail.add_pending_recipients(absl::StrCat("somebody", i, "@lists.example.net"));
  }
  mail.set_state(sender::v1::QUEUE_STATE_REPORTING);
  mail.set_submitted_unix(1);
  mail.set_next_attempt_unix(4'000'000'000);
  mail.set_size(20 << 20);
  mail.set_attempts(120);
  mail.set_uncertain(true);
  mail.set_last_error(std::string(200, 'x') + " try again later");
  admin_.queue.set_total(1);
  const Finished shown =
      RunPosternctl({"queue", "list"}, {"POSTERN_ADDR=" + admin_.address(), "COLUMNS=80"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  for (const absl::string_view line : absl::StrSplit(shown.out, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("somebody9@lists.example.net and 4 more\n"), HasSubstr("uncertain: "),
                    HasSubstr("try again later\n"), EndsWith("\n1 mail, 20.0 MiB.\n")));
  EXPECT_THAT(Done({"queue", "list"}), HasSubstr(std::string(200, 'x') + " try again later\n"))
      << "a line is whole where no terminal is";
}

TEST_F(PosternctlTest, ImportsListsAndRemovesRules) {
  const TemporaryFile file("subject:caf\xE9\n");
  admin_.imported.set_rules(1);
  admin_.imported.add_warnings("reject.txt:1:1: careful");
  EXPECT_EQ(Done({"rules", "import", "jsmail", "--reject", file.path(), "--scope", "a@b"}),
            "reject.txt:1:1: warning: careful\n1 rule in force for a@b.\n");
  EXPECT_EQ(admin_.import_asked.scope(), "a@b");
  EXPECT_EQ(admin_.import_asked.source(), "subject:caf\xC3\xA9\n") << "read as Latin-1";
  EXPECT_EQ(admin_.import_asked.file_name(), file.name());
  EXPECT_EQ(admin_.import_asked.language(), rules::v1::RULE_LANGUAGE_JSMAIL_REJECT);

  EXPECT_EQ(Done({"rules", "remove"}), "No jsmail reject rules for site any more.\n");
  EXPECT_EQ(admin_.removal_asked.scope(), "site");
  EXPECT_EQ(admin_.removal_asked.language(), rules::v1::RULE_LANGUAGE_JSMAIL_REJECT);

  auto& program = *admin_.rules.add_programs();
  program.set_scope("site");
  program.set_language(rules::v1::RULE_LANGUAGE_JSMAIL_REJECT);
  program.set_program_hash("0123456789abcdef");
  program.set_active(true);
  admin_.rules.add_problems("reject.txt:2:1: bad");
  EXPECT_THAT(Done({"rules", "list"}), AllOf(HasSubstr("site   jsmail reject  -     yes"),
                                             EndsWith("\nreject.txt:2:1: bad\n")));
  auto& script = *admin_.rules.mutable_programs(0);
  script.set_active(false);
  script.set_suspended(true);
  EXPECT_THAT(Done({"rules", "list"}), HasSubstr("  rests, it failed  "));
}

TEST_F(PosternctlTest, RemovesTheRulesThatAreMeant) {
  const auto add = [this](rules::v1::RuleLanguage language, const std::string& name) {
    auto& program = *admin_.rules.add_programs();
    program.set_scope("site");
    program.set_language(language);
    program.set_name(name);
    program.set_active(name != "old");
  };
  admin_.rules.add_programs()->set_language(rules::v1::RULE_LANGUAGE_PERSONAL);
  add(rules::v1::RULE_LANGUAGE_SIEVE, "old");
  add(rules::v1::RULE_LANGUAGE_SIEVE, "main");
  EXPECT_EQ(Done({"rules", "remove"}), "No sieve rules for site any more.\n")
      << "there are no others";
  EXPECT_EQ(admin_.removal_asked.language(), rules::v1::RULE_LANGUAGE_SIEVE);
  ASSERT_EQ(admin_.activations_asked.size(), 1u) << "it was in force";
  EXPECT_EQ(admin_.activations_asked[0].scope(), "site");
  EXPECT_EQ(admin_.activations_asked[0].name(), "");
  EXPECT_EQ(Done({"rules", "remove", "--language", "sieve", "--name", "old"}),
            "No sieve rules old for site any more.\n");
  EXPECT_EQ(admin_.activations_asked.size(), 1u) << "old was not";
  admin_.rules.mutable_programs()->RemoveLast();  // main
  EXPECT_EQ(Done({"rules", "remove"}), "No sieve rules old for site any more.\n");
  EXPECT_EQ(admin_.removal_asked.name(), "old") << "the only one";
  add(rules::v1::RULE_LANGUAGE_SIEVE, "new");
  admin_.removal_asked.Clear();
  EXPECT_THAT(Run({"rules", "remove"}).err, HasSubstr("say which is meant: old, new\n"));
  EXPECT_EQ(admin_.removal_asked.scope(), "") << "nothing is removed";

  add(rules::v1::RULE_LANGUAGE_JSMAIL_REJECT, "");
  add(rules::v1::RULE_LANGUAGE_CONTENT_FILTER, "");
  admin_.removal_asked.Clear();
  EXPECT_THAT(Run({"rules", "remove"}).err, HasSubstr("meant: filter, reject, sieve\n"));
  EXPECT_EQ(admin_.removal_asked.scope(), "") << "nothing is removed";
  EXPECT_EQ(Done({"rules", "remove", "--language", "filter"}),
            "No content filter rules for site any more.\n");
}

TEST_F(PosternctlTest, PrintsEachErrorOfAFileOnALineOfItsOwn) {
  const TemporaryFile file("x");
  admin_.error = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "f:1:1: one\nf:2:1: two\x1b[m");
  const Finished finished = Run({"rules", "import", "jsmail", "--reject", file.path()});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.err, "posternctl: f:1:1: one\nposternctl: f:2:1: two\\x1b[m\n");
}

TEST_F(PosternctlTest, ExplainsWhyAMailWasStopped) {
  auto& decision = *admin_.decisions.add_decisions();
  decision.set_mail_id("0123");
  decision.set_user("ann@example.org");
  decision.set_from("bob@example.net");
  decision.set_verdict(rules::v1::VERDICT_REJECT);
  decision.set_reason("reject.txt:1: subject:x matched \"x\"");
  decision.set_decided_unix(1'763'800'000);
  EXPECT_THAT(
      Done({"rules", "explain", "<1@example.net>", "--user", "ann@example.org", "--limit", "5"}),
      EndsWith("\n2025-11-22 08:26:40  rejected  ann@example.org  bob@example.net  0123  "
               "reject.txt:1: subject:x matched \"x\"\n"));
  EXPECT_EQ(admin_.decisions_asked.mail_id(), "<1@example.net>");
  EXPECT_EQ(admin_.decisions_asked.user(), "ann@example.org");
  EXPECT_EQ(admin_.decisions_asked.limit(), 5u);
}

TEST_F(PosternctlTest, ExplainsWhatCouldNotBeDone) {
  auto& decision = *admin_.decisions.add_decisions();
  decision.set_reason("mis:2: fileinto \"Gone\"");
  decision.add_actions()->set_program("mis");
  decision.mutable_actions(0)->set_line(2);
  auto& why = *decision.add_mishaps()->mutable_why();
  why.set_text("there is no folder \"$0\"");
  why.add_arguments("Gone");
  decision.set_shown_instead(true);
  EXPECT_THAT(
      Done({"rules", "explain"}),
      HasSubstr("mis:2: fileinto \"Gone\"; mis:2: not done: there is no folder \"Gone\"; so "
                "its owner got it\n"));
}

TEST_F(PosternctlTest, ShowsSessionsAndWatches) {
  auto& user = *admin_.sessions.add_sessions();
  user.set_user("ann@example.org");
  user.set_show(edge::v1::SHOW_AWAY);
  user.add_resources("phone");
  user.add_resources("\xE5\xAE\xB6");
  EXPECT_EQ(Done({"sessions", "list"}),
            "USER             PRESENCE  SINCE  RESOURCES\n"
            "ann@example.org  away      -      phone, \xE5\xAE\xB6\n"
            "The link to the XMPP server is down.\n");
  auto& watch = *admin_.watches.add_watches();
  watch.set_account_id("a1b2");
  watch.set_state("idle");
  watch.set_uid_validity(7);
  watch.set_last_uid(42);
  watch.set_replica("10.0.0.7:7003");
  auto& pop3 = *admin_.watches.add_watches();
  pop3.set_account_id("c3d4");
  pop3.set_state("polling");
  pop3.set_replica("10.0.0.8:7003");
  EXPECT_EQ(Done({"watches", "list"}),
            "ACCOUNT  STATE    UIDVALIDITY  LAST UID  HANDED ON  NEXT TRY  FETCHER\n"
            "a1b2     idle               7        42          0  -         10.0.0.7:7003\n"
            "c3d4     polling            -         -          0  -         10.0.0.8:7003\n");
}

TEST_F(PosternctlTest, ShowsTheStateOfEveryPart) {
  auto& fetcher = *admin_.status.add_services();
  fetcher.set_name("fetcher");
  fetcher.set_detail("nobody answers");
  admin_.sessions.set_link_up(true);
  EXPECT_EQ(Done({"status"}),
            "PART       STATE  DETAIL\n"
            "fetcher    down   nobody answers\n"
            "xmpp link  up     -\n"
            "redis      up     -\n");
  const Finished checked = Run({"status", "--check"});
  EXPECT_EQ(checked.status, 1);
  EXPECT_EQ(checked.err, "posternctl: not up: fetcher\n");
  google::protobuf::Struct parsed;
  const std::string json = Done({"--json", "status"});
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  EXPECT_TRUE(parsed.fields().at("link").struct_value().fields().at("serving").bool_value());
  EXPECT_EQ(parsed.fields().at("services").list_value().values_size(), 1);

  admin_.routes.set_file_problem("routes:2:8: no\nroutes:3:1: nor this");
  EXPECT_THAT(Done({"status"}),
              EndsWith("\nfiles      wrong  the sender keeps to what they said before: "
                       "routes:2:8: no; routes:3:1: nor this\n"));
  EXPECT_EQ(Run({"status", "--check"}).err, "posternctl: not up: fetcher\n");
}

TEST_F(PosternctlTest, TakesItsAddressFromTheEnvironment) {
  const Finished finished = RunPosternctl({"users", "list"}, {"POSTERN_ADDR=" + admin_.address()});
  EXPECT_EQ(finished.status, 0) << finished.err;
}

TEST_F(PosternctlTest, GivesTheReasonOfARefusal) {
  admin_.error = grpc::Status(grpc::StatusCode::UNAVAILABLE, "fetcher: nobody answers");
  const Finished finished = Run({"watches", "list"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err, "posternctl: fetcher: nobody answers\n");
}

TEST(PosternctlAlone, SaysWhenNobodyAnswers) {
  // Port 1 of the loopback: reserved, and refused at once.
  const Finished finished = RunPosternctl({"users", "list", "--addr", "127.0.0.1:1"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err, HasSubstr("nobody answers at 127.0.0.1:1"));
}

TEST(PosternctlAlone, ExitsWithTwoOnWrongUsage) {
  const struct {
    std::vector<std::string> arguments;
    const char* words;
    const char* hint;
  } cases[] = {
      {{}, "say what to do: status, users, ", "Try 'posternctl --help'."},
      {{"accounts"}, "say what to do: list, show", "Try 'posternctl accounts --help'."},
      {{"accounts", "frobnicate"}, "no 'frobnicate'", "Try 'posternctl accounts --help'."},
      {{"--no-such-option"}, "no '--no-such-option'", "Try 'posternctl --help'."},
      {{"users", "list", "extra"}, "no 'extra'", "Try 'posternctl users list --help'."},
      {{"accounts", "show"}, "ACCOUNT is required", "Try 'posternctl accounts show --help'."},
      {{"queue", "retry"}, "At least 1", "Try 'posternctl queue retry --help'."},
      {{"rules", "import", "jsmail"}, "--reject", "Try 'posternctl rules import jsmail --help'."},
      {{"rules", "explain", "--limit", "0"}, "--limit", "posternctl rules explain --help'."},
      {{"rules", "explain", "--message", "m"}, "--jsmail", "posternctl rules explain --help'."},
      {{"rules", "explain", "--jsmail", "accept", "f", "--message", "m"},
       "the kinds taken here are reject, subject",
       "posternctl rules explain --help'."},
      {{"key", "new", "a b"}, "letters, digits and dashes", "Try 'posternctl key new --help'."},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.words);
    const Finished finished = RunPosternctl(c.arguments);
    EXPECT_EQ(finished.status, 2);
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, AllOf(StartsWith("posternctl: "), HasSubstr(c.words)));
    EXPECT_THAT(finished.err, HasSubstr(c.hint));
  }
}

TEST(PosternctlAlone, HelpsAtEveryLevel) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                  {"accounts"},
                                                  {"accounts", "check"},
                                                  {"queue", "retry"},
                                                  {"rules", "import"},
                                                  {"rules", "import", "jsmail"},
                                                  {"rules", "explain"},
                                                  {"status"},
                                                  {"key", "new"}}) {
    auto arguments = command;
    arguments.push_back("--help");
    const Finished finished = RunPosternctl(arguments);
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(finished.err, "");
    EXPECT_THAT(finished.out, HasSubstr("Usage: posternctl"));
  }
  EXPECT_THAT(RunPosternctl({"rules", "explain", "--help"}).out, HasSubstr("Examples:\n"));
}

TEST(PosternctlAlone, MakesAKey) {
  const std::string line = RunPosternctl({"key", "new"}).out;
  EXPECT_THAT(line, ::testing::MatchesRegex("main:[A-Za-z0-9+/]{43}=\n"));
  EXPECT_NE(line, RunPosternctl({"key", "new"}).out);
  EXPECT_THAT(RunPosternctl({"key", "new", "y-2026"}).out, StartsWith("y-2026:"));
}

TEST(PosternctlAlone, ChecksAFileWithoutAServer) {
  const TemporaryFile good("source:!fred@a\nsubject:win\n");
  const Finished checked = RunPosternctl({"rules", "check", "jsmail", "--reject", good.path()});
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_THAT(checked.out, AllOf(HasSubstr(good.path() + ":1:9: warning: not anchored"),
                                 EndsWith("2 rules, no errors.\n")));
  const TemporaryFile bad("subject:ok\nsender:x\nsubject:a\\\n");
  const Finished refused = RunPosternctl({"rules", "check", "jsmail", "--reject", bad.path()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(StartsWith(bad.path() + ":2:1: error: "),
                                 HasSubstr("\n" + bad.path() + ":3:10: error: ")));
  EXPECT_EQ(RunPosternctl({"rules", "check", "jsmail", "--reject", "/no/such"}).status, 1);
  EXPECT_EQ(RunPosternctl({"rules", "check", "jsmail", "--reject", "/tmp"}).status, 1);
}

TEST(PosternctlAlone, JudgesAMailWithoutAServer) {
  const TemporaryFile rules("subject:\\$\\$\\$\nsource:!^boss@\ndestination:^list@\n");
  const TemporaryFile mail(
      "From: =?utf-8?q?Zo=C3=AB?= <zoe@example.net>\r\nTo: ann@example.org\r\n"
      "Subject: =?utf-8?q?win_=24=24=24?=\r\nMessage-ID: <1@example.net>\r\n\r\nhello\r\n");
  const auto explain = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"rules",      "explain",   "--jsmail", "reject",
                                          rules.path(), "--message", mail.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished finished = RunPosternctl(std::move(arguments));
    EXPECT_EQ(finished.status, 0) << finished.err;
    return finished.out;
  };
  EXPECT_EQ(explain({}),
            "rejected: " + rules.name() + ":1: subject:\\$\\$\\$ matched \"win $$$\"\n");
  EXPECT_THAT(explain({"--envelope-from", "boss@example.net"}),
              AllOf(StartsWith("kept: "), HasSubstr("overrides")));
  EXPECT_THAT(explain({"--json"}),
              AllOf(StartsWith("{\"actions\":[{\"action\":\"reject\","),
                    HasSubstr("\"reason\":\"" + rules.name() + ":1: subject:")));
  const TemporaryFile harmless("From: a@example.net\r\nTo: ann@example.org\r\nSubject: hi\r\n\r\n");
  const Finished kept = RunPosternctl(
      {"rules", "explain", "--jsmail", "reject", rules.path(), "--message", harmless.path()});
  EXPECT_EQ(kept.out, "kept: no reject line matched\n");
  const Finished stopped =
      RunPosternctl({"rules", "explain", "--jsmail", "reject", rules.path(), "--message",
                     harmless.path(), "--envelope-to", "list@example.org"});
  EXPECT_THAT(stopped.out, StartsWith("rejected: "));
}

}  // namespace
}  // namespace postern::posternctl
