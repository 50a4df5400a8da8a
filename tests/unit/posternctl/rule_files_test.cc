// Files of rules that posternctl reads by itself: checked, explained, sealed, imported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/sealed_file.h"
#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char kMail[] =
    "Received: from x (y [192.0.2.7]) by mx\r\nFrom: zoe@example.net\r\nTo: ann@example.org, "
    "list@example.org\r\nSubject: Info please\r\nMessage-ID: <1@example.net>\r\n\r\nhello\r\n";

std::string Explain(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"rules", "explain"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished finished = RunPosternctl(std::move(arguments));
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.out;
}

TEST(RuleFiles, SchedulerFilesFireAsTheJsmailManualSays) {
  const struct {
    const char* entry;
    size_t firings;
  } cases[] = {{"FR 12:*5", 6},   {"* 12:00", 7},     {"SA 13:00", 1}, {"MO-FR *:00", 120},
               {"* *:00", 168},   {"FR-MO 09:00", 4}, {"* 1*:30", 70}, {"* *2:00", 21},
               {"* **:*0", 1008}, {"SU 2*:59", 4},    {"* 12:*", 420}, {"5", 0}};
  const Folder folder;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.entry);
    const std::string file = folder.Put("s.txt", absl::StrCat("[LAN]\n", c.entry, "\n"));
    const Finished finished = RunPosternctl({"rules", "check", "--jsmail", "scheduler", file,
                                             "--from", "2026-01-05", "--to", "2026-01-12"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    const std::vector<std::string> pieces = absl::StrSplit(finished.out, "\"2026-01-");
    EXPECT_EQ(pieces.size() - 1, c.firings);
  }
  const std::string file = folder.Put("s.txt", "[LAN]\nMO 24:00\n");
  EXPECT_THAT(RunPosternctl({"rules", "check", file, "--language", "scheduler"}).err,
              HasSubstr("s.txt:2:4: "));
  const std::string good = folder.Put("s.txt", "[LAN]\nMO 12:00\n");
  EXPECT_THAT(RunPosternctl({"rules", "check", good, "--language", "scheduler", "--from",
                             "2026-01-12", "--to", "2026-01-12"})
                  .err,
              HasSubstr("--to: must be later than --from"));
}

TEST(RuleFiles, TheZoneOfTheTimesIsNamedWhereASectionHasAnother) {
  const Folder folder;
  const auto times = [&](const char* text, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"rules", "check", "--jsmail", "scheduler",
                                      folder.Put("s.txt", text)};
    for (const char* word : {"--from", "2026-01-05", "--to", "2026-01-12"}) words.push_back(word);
    words.insert(words.end(), more.begin(), more.end());
    return RunPosternctl(words).out;
  };
  const char* const berlin = "[LAN]\ntz: Europe/Berlin\nMO 9:00\n";
  EXPECT_THAT(times(berlin), AllOf(HasSubstr("2026-01-05T08:00"), HasSubstr("\"time_zone\":"),
                                   HasSubstr("\"UTC\"")));
  EXPECT_THAT(times(berlin, {"--time-zone", "Europe/Berlin"}),
              AllOf(HasSubstr("2026-01-05T09:00"), HasSubstr("\"Europe/Berlin\"")));
  EXPECT_THAT(times("[LAN]\nMO 9:00\n"), Not(HasSubstr("time_zone")));
}

TEST(RuleFiles, AreRecognised) {
  const Folder folder;
  const struct {
    const char* name;
    const char* text;
    const char* told;
  } cases[] = {
      {"a", "subject:x\n", "as JSMail's reject file: 1 rule, no errors.\n"},
      {"b", "allow smtp 1.2.3.4\n", "as JSMail's allow-deny file: 1 entry, no errors.\n"},
      {"c", "[h.com]\nuser:fred\npassword:scooby\n",
       "as JSMail's pop3 file: 1 entry, no errors.\n"},
      {"d", "[LAN]\n* *:00\n", "as JSMail's scheduler file: 1 entry, no errors.\n"},
      {"e", "fred,u,scooby\nsales,a,fred\n", "as JSMail's passwords file: 2 entries, no errors.\n"},
      {"f", "ann:x\nbob:y\n", "as JSMail's subject file: 2 rules, no errors.\n"},
      {"fred.fgr", "hello", "as JSMail's finger file: 1 text, no errors.\n"},
      {"g.sieve", "if true { keep; }\n", "as a Sieve script: 1 action, 0 tests, no errors.\n"},
      {"h", "require \"fileinto\"; fileinto \"x\";\n",
       "as a Sieve script: 1 action, 0 tests, no errors.\n"},
      {"cfrules.dat", "; nothing yet\n", "as a content filter: 0 rules, no errors.\n"},
      {"i", "[Rule001]\nRuleName=a\nCondition01=ALL|is|AND||\nAction01=delete|\n",
       "as a content filter: 1 rule, no errors.\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Finished finished = RunPosternctl({"rules", "check", folder.Put(c.name, c.text)});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_THAT(finished.out, AllOf(EndsWith(c.told), Not(HasSubstr("scooby"))));
  }
  const Finished unknown = RunPosternctl({"rules", "check", folder.Put("x", "hello\n")});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("--language"));
}

TEST(RuleFiles, OfTheContentFilterAreExplained) {
  const Folder folder;
  const std::string mail = folder.Put("mail.eml", kMail);
  const std::string file =
      folder.Put("f",
                 "[Rule001]\r\nRuleName=a\r\nCondition01=SUBJECT|contains|AND|info|\r\n"
                 "Action01=add header|\"X-To\",\"$ACTUALTO$\"\r\nAction02=stop\r\n");
  EXPECT_THAT(Explain({"--filter", file, "--message", mail, "--envelope-to", "b@c.d", "--json"}),
              StartsWith(R"({"actions":[{"action":"addheader","name":"X-To","value":"b@c.d"},)"
                         R"({"action":"keep","implicit":true}]})"));
  EXPECT_THAT(Explain({"--filter", file, "--message", mail}),
              StartsWith("f:1: rule \"a\":\n"
                         "f:3: SUBJECT|contains|AND|info| matched \"Info please\"\n"
                         "f:4: -> addheader \"X-To\" (add header|\"X-To\",\"$ACTUALTO$\")\n"
                         "actions: addheader, keep (implicit)\n"));
  const Finished wrong =
      RunPosternctl({"rules", "check", folder.Put("cfrules.dat", "[Rule001]\nAction01=skip|x\n")});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("cfrules.dat:2:15: error: how many rules are skipped"));
}

TEST(RuleFiles, ExplainWithJsonTellsTheActions) {
  const Folder folder;
  const std::string mail = folder.Put("mail.eml", kMail);
  folder.Put("info.txt", "Dear friend\n");
  const auto json = [&](const char* kind, const std::string& text) {
    return Explain({"--jsmail", kind, folder.Put("f", text), "--message", mail, "--json"});
  };
  EXPECT_THAT(json("subject", "ann:^Info\n"),
              HasSubstr(R"({"actions":[{"action":"deliver","mode":"full","to":["ann"]}])"));
  EXPECT_THAT(json("subject", "ann:nothing\n"),
              HasSubstr(R"({"actions":[{"action":"keep","implicit":true}])"));
  EXPECT_THAT(json("responders", "info,info.txt,!,ann\n"),
              AllOf(HasSubstr(R"("action":"reply","text":"Dear friend\n")"),
                    HasSubstr(R"({"action":"redirect","address":"ann","copy":true},)"
                              R"({"action":"keep","implicit":true}])"),
                    Not(HasSubstr("exec"))));
  EXPECT_THAT(json("responders", "info,o.txt,/bin/gen\n"),
              StartsWith(R"({"actions":[{"action":"exec","program":"gen"},{"action":"reply",)"));
  EXPECT_THAT(json("reject", "subject:Info\nsource:!^zoe@example\\.net$\n"),
              AllOf(StartsWith(R"({"actions":[{"action":"keep","implicit":true}],)"),
                    HasSubstr("source:!^zoe@")))
      << "why it was accepted is no action";
  EXPECT_THAT(json("reject", "destination:list@\n"),
              AllOf(StartsWith(R"({"actions":[{"action":"keep","implicit":true}],"recipients":[)"),
                    HasSubstr(R"({"recipient":"ann@example.org","actions":[{"action":"keep",)"),
                    HasSubstr(R"({"recipient":"list@example.org","actions":[{"action":"reject",)")))
      << "the mail is rejected when all of its recipients are";
}

TEST(RuleFiles, ExplainSaysWhatAListedRecipientComesTo) {
  const Folder folder;
  const std::string mail = folder.Put("mail.eml", kMail);
  const std::string out =
      Explain({"--jsmail", "reject", folder.Put("r.txt", "destination:^list@\n"), "--message", mail,
               "--envelope-to", "list@x.org", "--envelope-to", "bob@x.org"});
  EXPECT_EQ(out,
            "list@x.org:\nrejected: r.txt:1: destination:^list@ matched \"list@x.org\"\n"
            "bob@x.org:\nkept: no reject line matched\n");
}

TEST(RuleFiles, ExplainJudgesConnections) {
  const Folder folder;
  const std::string file = folder.Put("acl.txt", "deny all *.*.*.*\nallow smtp 192.0.*.*\n");
  EXPECT_EQ(Explain({"--jsmail", "allow-deny", file, "--service", "smtp", "--message",
                     folder.Put("m", kMail)}),
            "allowed: acl.txt:2: allow smtp 192.0.*.*\n");
  EXPECT_EQ(
      Explain({"--jsmail", "allow-deny", file, "--service", "pop3", "--address", "192.0.2.7"}),
      "denied: acl.txt:1: deny all *.*.*.*\n");
  const std::string mail = folder.Put("m", kMail);
  for (const char* kind : {"allow-deny", "allow", "allow/deny", "acl"}) {
    EXPECT_EQ(Explain({"--jsmail", kind, file, "--message", mail}),
              "smtp: allowed: acl.txt:2: allow smtp 192.0.*.*\n"
              "pop3: denied: acl.txt:1: deny all *.*.*.*\n"
              "password: denied: acl.txt:1: deny all *.*.*.*\n"
              "remote: denied: acl.txt:1: deny all *.*.*.*\n");
  }
  EXPECT_THAT(Explain({"--jsmail", "allow", file, "--message", mail, "--json"}),
              AllOf(StartsWith(R"({"actions":[{"action":"allow"}],"line":2,"reason":"acl.txt:2:)"),
                    HasSubstr(R"("services":[{"service":"smtp","actions":[{"action":"allow"}],)"),
                    HasSubstr(R"({"service":"remote","actions":[{"action":"deny"}],"line":1,)")));
  EXPECT_EQ(
      Explain({"--jsmail", "allow", file, "--address", "10.0.0.1", "--service", "smtp", "--json"}),
      "{\"actions\":[{\"action\":\"deny\"}],\"line\":1,\"reason\":\"acl.txt:1: deny all "
      "*.*.*.*\"}\n");
  EXPECT_EQ(RunPosternctl({"rules", "explain", "--jsmail", "allow-deny", file}).status, 2);
  for (const char* kind : {"scheduler", "finger", "bogus"}) {
    const Finished refused =
        RunPosternctl({"rules", "explain", "--jsmail", kind, file, "--message", mail});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("reject, subject, responders, allow-deny"),
                                   Not(HasSubstr("pop3"))));
  }
  const Finished wrong = RunPosternctl(
      {"rules", "explain", "--jsmail", "allow-deny", file, "--service", "pop3", "--address", "x"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("--address: x is no IP address"));
}

TEST(RuleFiles, ExplainJudgesBySieveWithWhatIsIncluded) {
  const Folder folder;
  const std::string mail = folder.Put("mail.eml", kMail);
  folder.Put("other.sieve", "require \"fileinto\"; fileinto \"Info\";\n");
  const std::string script =
      folder.Put("a.sieve", "require \"include\"; include :personal \"other\";\n");
  EXPECT_THAT(Explain({"--sieve", script, "--message", mail, "--json"}),
              HasSubstr(R"({"actions":[{"action":"fileinto","mailbox":"Info"}])"));
  const std::string wrong = folder.Put("b.sieve", "keep\n");
  const Finished refused = RunPosternctl({"rules", "explain", "--sieve", wrong, "--message", mail});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, StartsWith(absl::StrCat(wrong, ":2:1: error: ")));
}

class SealTest : public testing::Test {
 protected:
  const Folder folder_;
  const std::string key_ = folder_.Put("key", RunPosternctl({"key", "new"}).out);
  const std::string file_ =
      folder_.Put("scheduler.txt", "[MYISP]\r\nuser: fred\r\npassword: scooby\r\n* 12:00\r\n");
};

TEST_F(SealTest, WhatIsSealedIsReadAsBefore) {
  const Finished sealed = RunPosternctl({"seal", file_, "--key-file", key_});
  EXPECT_EQ(sealed.status, 0) << sealed.err;
  EXPECT_THAT(folder_.Get("scheduler.txt.jsm"),
              AllOf(StartsWith("JSM2"), Not(HasSubstr("scooby"))));
  struct stat about {};
  ASSERT_EQ(::stat(folder_.Path("scheduler.txt.jsm").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const std::vector<std::string> week = {"--from", "2026-01-05", "--to", "2026-01-12"};
  std::vector<std::string> check = {"rules", "check", folder_.Path("scheduler.txt.jsm"),
                                    "--key-file", key_};
  check.insert(check.end(), week.begin(), week.end());
  std::vector<std::string> plain = {"rules", "check", file_};
  plain.insert(plain.end(), week.begin(), week.end());
  EXPECT_EQ(RunPosternctl(check).out, RunPosternctl(plain).out);
  EXPECT_EQ(
      RunPosternctl({"seal", "-d", folder_.Path("scheduler.txt.jsm"), "--key-file", key_}).out,
      "[MYISP]\nuser: fred\npassword: scooby\n* 12:00\n");
  EXPECT_EQ(RunPosternctl({"seal", file_, "--key-file", key_}).status, 0) << "sealed anew";
}

TEST_F(SealTest, RoutesOfTheSenderAreSealedToo) {
  const std::string text = "[NIGHT]\nrelay: mail.example.org:587\n* 02:00\n";
  const std::string routes = folder_.Put("ways", text);
  const Finished sealed = RunPosternctl({"seal", routes, "--kind", "routes", "--key-file", key_});
  EXPECT_EQ(sealed.status, 0) << sealed.err;
  EXPECT_THAT(sealed.out, HasSubstr("ways.jsm: routes, sealed."));
  const std::string bytes = folder_.Get("ways.jsm");
  // As the sender wants it.
  EXPECT_EQ(bytes[5], static_cast<char>(crypto::FileKind::kScheduler));
  EXPECT_EQ(RunPosternctl({"seal", "-d", routes + ".jsm", "--key-file", key_}).out, text);

  // What is sealed says what it is, whatever it is called: this is no file of POP3 accounts.
  EXPECT_THAT(RunPosternctl({"rules", "check", routes + ".jsm", "--key-file", key_}).err,
              HasSubstr("ways.jsm:2:1: error: must be one of user, password, domain, type"));

  const std::string wrong = folder_.Put("wrong", "[NIGHT]\nrelay: nowhere\n");
  const Finished refused = RunPosternctl({"seal", wrong, "--kind", "routes", "--key-file", key_});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("wrong:2:8: 'nowhere' is not HOST:PORT"));
}

TEST_F(SealTest, RefusesInWords) {
  const std::string old = folder_.Put("pop3.jsm", std::string("\x01\x00\x02", 3));
  const std::string other = folder_.Put("other", RunPosternctl({"key", "new", "other"}).out);
  ASSERT_EQ(RunPosternctl({"seal", file_, "--key-file", key_}).status, 0);
  const std::string sealed = folder_.Path("scheduler.txt.jsm");
  const struct {
    std::vector<std::string> arguments;
    const char* words;
  } cases[] = {
      {{"seal", file_}, "--key-file: missing"},
      {{"seal", file_, "--key-file", key_, "-o", file_}, "File exists"},
      {{"seal", sealed, "--key-file", key_}, "is sealed already"},
      {{"seal", "-d", file_, "--key-file", key_}, "is not sealed"},
      {{"seal", "-d", sealed, "--key-file", other}, "'main'"},
      {{"seal", "-d", old, "--key-file", key_}, "nobody knows its format"},
      {{"rules", "check", old}, "nobody knows its format"},
      {{"rules", "check", sealed}, "is sealed; name the file of its key"},
      {{"seal", folder_.Put("pop3", "[h]\nuser:x\n"), "--key-file", key_}, "pop3:1:1: "},
      {{"routes", "check", sealed}, "is sealed; "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.words);
    const Finished finished = RunPosternctl(c.arguments);
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.err, AllOf(HasSubstr(c.words), Not(HasSubstr("scooby"))));
  }
}

class InstallationTest : public PosternctlTest {
 protected:
  InstallationTest() {
    folder_.Put("reject.txt", "subject:spam\n");
    folder_.Put("Responders.cfg", "info,info.txt\n");
    folder_.Put("info.txt", "Dear friend\n");
    folder_.Put("passwd", "fred,f,scooby\nann,u,scooby\nsales,a,ann\n");
    folder_.Put("pop3.txt", "[h.com:995]\nuser:fred\npassword:scooby\n");
    folder_.Put("scheduler.txt", "[MYISP]\npassword: scooby\n* 12:00\n");
    folder_.Put("fred.fgr", "hello");
  }
  const Folder folder_;
};

TEST_F(InstallationTest, TellsWhatEachFileBecomes) {
  const std::string out = Done({"rules", "import", "jsmail", folder_.path(), "--local-domain",
                                "ex.org", "--owner", "ann@example.org", "--dry-run"});
  EXPECT_THAT(out,
              AllOf(HasSubstr("reject.txt"), HasSubstr("1 rule for site"),
                    HasSubstr("2 users and 1 alias:"), HasSubstr("goes along with Responders.cfg"),
                    HasSubstr("fred: operator there"),
                    HasSubstr("POP3 account fred at h.com:995: account ann@example.org/pop1"),
                    HasSubstr("what fred says about themselves"), Not(HasSubstr("scooby"))));
  EXPECT_TRUE(admin_.import_asked.dry_run()) << "the service was only asked";
  EXPECT_FALSE(admin_.import_asked.source().empty());
}

TEST_F(InstallationTest, RolesAreThoseOfTheJabberUsersThatAreNamed) {
  folder_.Put("passwd", "fred,f,scooby\nann,u,scooby\njim,r,scooby\no'brien,f,scooby\n");
  const std::vector<std::string> import = {"rules",        "import",         "jsmail",
                                           folder_.path(), "--local-domain", "ex.org"};
  const auto with = [&import](std::vector<std::string> more) {
    more.insert(more.begin(), import.begin(), import.end());
    return more;
  };
  Done(with({}));
  EXPECT_TRUE(admin_.roles_asked.empty());
  Done(with({"--user-domain", "chat.org", "--dry-run"}));
  EXPECT_TRUE(admin_.roles_asked.empty());
  const std::string out = Done(with({"--user-domain", "chat.org"}));
  EXPECT_THAT(out, AllOf(HasSubstr("fred@chat.org: operator"),
                         HasSubstr("jim@chat.org: redirector, which here every user is"),
                         HasSubstr("o'brien@chat.org: is no Jabber address, and has no role"),
                         Not(HasSubstr("scooby"))));
  ASSERT_EQ(admin_.roles_asked.size(), 2u);
  EXPECT_EQ(admin_.roles_asked[0].user(), "fred@chat.org");
  EXPECT_EQ(admin_.roles_asked[0].role(), admin::v1::ROLE_OPERATOR);
  EXPECT_EQ(admin_.roles_asked[1].role(), admin::v1::ROLE_REDIRECTOR);
}

TEST_F(InstallationTest, WritesFilesForTheSenderWithoutPasswords) {
  Done({"rules", "import", "jsmail", folder_.path(), "--local-domain", "ex.org", "--aliases-out",
        folder_.Path("out-aliases"), "--routes-out", folder_.Path("out-routes")});
  EXPECT_EQ(folder_.Get("out-aliases"), "fred,f,-\nann,u,-\nsales,a,ann\n");
  EXPECT_EQ(folder_.Get("out-routes"), "[MYISP]\n* 12:00\n");
}

TEST_F(InstallationTest, AnErrorAnywhereStopsAll) {
  folder_.Put("subject.txt", "ann\n");
  folder_.Put("reject.txt", "bogus:x\n");
  const Finished finished =
      Run({"rules", "import", "jsmail", folder_.path(), "--local-domain", "ex.org"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("reject.txt:1:1: "), HasSubstr("subject.txt:1:1: "),
                                  HasSubstr("nothing was imported")));
  EXPECT_TRUE(admin_.import_asked.dry_run()) << "the other files were asked about";
}

TEST_F(InstallationTest, WhatTheServiceRefusesStopsAllToo) {
  admin_.error = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "Responders.cfg:1:1: no domain");
  const Finished finished = Run({"rules", "import", "jsmail", folder_.path(), "--local-domain",
                                 "ex.org", "--aliases-out", folder_.Path("out-aliases")});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("Responders.cfg:1:1: no domain"), HasSubstr("nothing was imported")));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("out-aliases")));
}

TEST_F(InstallationTest, WritesOverNothing) {
  const std::string out = folder_.Put("out", "mine");
  const Finished finished = Run({"rules", "import", "jsmail", folder_.path(), "--local-domain",
                                 "ex.org", "--aliases-out", out});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("out: is there already"), HasSubstr("nothing was imported")));
  EXPECT_EQ(folder_.Get("out"), "mine");
}

TEST_F(PosternctlTest, ImportsRespondersWithTheirTexts) {
  const Folder folder;
  folder.Put("info.txt", "Dear friend,\r\nyes\r\n");
  const std::string file = folder.Put("resp", "info,info.txt\n");
  Done({"rules", "import", "jsmail", "--responders", file});
  EXPECT_EQ(admin_.import_asked.source(), "info,info.txt\n#file info.txt\n#|Dear friend,\n#|yes\n");
  EXPECT_EQ(admin_.import_asked.language(), rules::v1::RULE_LANGUAGE_JSMAIL_RESPONDERS);
  Done({"rules", "import", "sieve", folder.Put("a.sieve", "keep;\n"), "--scope", "a@b", "--name",
        "x", "--inactive"});
  EXPECT_EQ(admin_.import_asked.name(), "x");
  EXPECT_TRUE(admin_.import_asked.keep_inactive());
}

}  // namespace
}  // namespace postern::posternctl
