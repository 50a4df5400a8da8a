// `rules check` and what else tells of files: where, how bad, and what was counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class RulesCheckTest : public ::testing::Test {
 protected:
  Finished Check(const std::string& name, const std::string& text,
                 std::vector<std::string> more = {}) {
    path_ = folder_.Put(name, text);
    more.insert(more.begin(), {"rules", "check", path_});
    return RunPosternctl(std::move(more));
  }
  const Folder folder_;
  std::string path_;
};

TEST_F(RulesCheckTest, PlacesAreWhereEditorsLookForThem) {
  const Finished wrong = Check("a.sieve", "require \"nonsense\";\nkeep\n");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.out, "");
  EXPECT_EQ(wrong.err, absl::StrCat(path_, ":1:9: error: unknown extension \"nonsense\": Postern ",
                                    "does not support it\n", path_,
                                    ":3:1: error: missing semicolon after the keep command, "
                                    "before the end of the script\n"));
  const Finished warned = Check("reject", "source:!fred@a\n");
  EXPECT_EQ(warned.status, 0);
  EXPECT_THAT(warned.out, StartsWith(absl::StrCat(path_, ":1:9: warning: not anchored")));
  const Finished both =
      Check("cfrules.dat",
            "[Rule001]\nCondition01=SUBJECT|frobs|AND|x|\nAction01=delete|\n[Rule002]\nx\n");
  EXPECT_THAT(both.err, AllOf(StartsWith(absl::StrCat(path_, ":1:1: warning: ")),
                              HasSubstr(absl::StrCat("\n", path_, ":5:1: error: "))));
  for (const char* name :
       {"scheduler", "passwords", "pop3", "allow", "responders", "cfrules.dat"}) {
    SCOPED_TRACE(name);
    const Finished each = Check(name, "[Rule001]\nbogus\n");
    EXPECT_EQ(each.status, 1);
    EXPECT_THAT(each.err, MatchesRegex(absl::StrCat("(", path_,
                                                    ":[0-9]+:[0-9]+: (error|warning): "
                                                    "[^\n]+\n)+")));
  }
}

TEST_F(RulesCheckTest, ScriptsAreCountedByWhatTheyDo) {
  std::string redirects;
  for (int i = 0; i < 12; ++i) absl::StrAppend(&redirects, "redirect \"u", i, "@example.net\";\n");
  EXPECT_THAT(Check("a.sieve", redirects, {"--scope", "site"}).out,
              EndsWith("as a Sieve script: 12 actions, 0 tests, no errors.\n"));
  EXPECT_THAT(Check("a.sieve", "if header \"a\" \"b\" { discard; stop; }\n").out,
              EndsWith("as a Sieve script: 1 action, 1 test, no errors.\n"));
}

TEST_F(RulesCheckTest, LimitsAreThoseOfTheScope) {
  std::string redirects;
  for (int i = 0; i < 6; ++i) absl::StrAppend(&redirects, "redirect \"u", i, "@example.net\";\n");
  EXPECT_THAT(Check("a.sieve", redirects, {"--scope", "ann@example.org"}).out,
              HasSubstr(":5:1: warning: more than 4 redirects"));
  EXPECT_THAT(Check("a.sieve", redirects, {"--scope", "site"}).out, Not(HasSubstr("warning")));
  EXPECT_EQ(Check("a.sieve", redirects, {"--scope", "ann"}).status, 2);
  const std::string runs = "require \"vnd.postern.exec\";\nexec \"a\";\nexec \"b\";\n";
  EXPECT_EQ(Check("a.sieve", runs).status, 0) << "only an operator's runs programs";
  const Finished users = Check("a.sieve", runs, {"--scope", "ann@example.org"});
  EXPECT_EQ(users.err,
            absl::StrCat(path_, ":1:9: error: the extension \"vnd.postern.exec\" is for ",
                         "operators' rules only\n"))
      << "said once";
  EXPECT_THAT(Check("a.sieve", "require \"reject\"; reject \"x\"; keep;\n").out,
              HasSubstr(":1:1: warning: a mail can't be rejected and also kept"));
}

TEST_F(RulesCheckTest, StrictlyOnlyWhatJsmailTookIsTaken) {
  for (const char* entry : {"deny all 10.0.0.0/8", "allow smtp 2001:db8::1"}) {
    SCOPED_TRACE(entry);
    EXPECT_EQ(Check("allow", entry).status, 0);
    EXPECT_THAT(Check("allow", entry, {"--strict"}).err, HasSubstr("an address is four octets"));
  }
  EXPECT_EQ(Check("allow", "deny all 10.0.*.*", {"--strict"}).status, 0);
  EXPECT_EQ(Check("s", "[LAN]\n8-17:00\n", {"--strict", "--language", "scheduler"}).status, 1);
}

TEST_F(RulesCheckTest, JsonHasWhatWasCountedAndEachProblem) {
  const Finished fine = Check("a.sieve", "keep;\n", {"--json"});
  EXPECT_EQ(fine.status, 0);
  EXPECT_THAT(fine.out, AllOf(HasSubstr("\"kind\": \"sieve\""), HasSubstr("\"actions\": 1"),
                              HasSubstr("\"problems\": []")));
  const Finished wrong = Check("a.sieve", "frob;\n", {"--json"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.out,
              AllOf(HasSubstr("\"severity\": \"error\""), HasSubstr("\"line\": 1"),
                    HasSubstr("\"column\": 1"), HasSubstr("\"text\": \"unknown command 'frob'\""),
                    HasSubstr(absl::StrCat("\"file\": \"", path_, "\""))));
}

TEST_F(RulesCheckTest, WarnsOfProgramsThatTheListHasNot) {
  const std::string list =
      folder_.Put("list", absl::StrCat("scan /srv/scan ", std::string(64, 'a'), " 10\n"));
  const std::string script = "require \"vnd.postern.exec\";\nexec \"scan\";\nexec \"nosuch\";\n";
  const std::string told = Check("a.sieve", script, {"--programs-file", list}).out;
  EXPECT_EQ(told,
            absl::StrCat(path_, ":3:1: warning: the runner's list has no program \"nosuch\" (case ",
                         "counts): it is not run, and its exit code is -1\n",
                         "as a Sieve script: 2 actions, 0 tests, no errors.\n"));
  EXPECT_THAT(Check("responders", "info,info.txt,/bin/gen\n", {"--programs-file", list}).out,
              HasSubstr(":1:1: warning: the runner's list has no program \"gen\""));
  const std::string bad = folder_.Put("list", "scan\n");
  EXPECT_EQ(Check("a.sieve", script, {"--programs-file", bad}).status, 1);
}

TEST_F(RulesCheckTest, AZeroByteInAScriptIsNoFileOfJsmail) {
  const std::string script("keep;\n\0", 7);
  const Finished finished = Check("a.sieve", script);
  EXPECT_EQ(finished.err,
            absl::StrCat(path_, ":2:1: error: this line holds a zero byte; delete it\n"));
  EXPECT_THAT(Check("noname", script, {"--language", "sieve"}).err,
              HasSubstr("this line holds a zero byte"));
}

TEST_F(RulesCheckTest, AContentFiltersTraceIsInItsOwnWords) {
  const std::string mail = folder_.Put(
      "m", "From: zoe@example.net\r\nTo: ann@example.org\r\nSubject: Info please\r\n\r\nhello\r\n");
  const std::string file = folder_.Put(
      "cfrules.dat",
      "[Rule001]\nRuleName=Bcc\nThisRuleCondition=All\n"
      "Condition01=TO|does not contain|AND|$HEADER:X-Rcpt-To$|\n"
      "Action01=add header|\"X-BCC\",\"True\"\n"
      "[Rule002]\nRuleName=Code\nThisRuleCondition=Any\nCondition01=SUBJECT|contains|AND|info|\n"
      "Condition02=SUBJECT|contains|AND|nothing|\nAction01=run process|\"C:\\scan\\check.exe\"\n"
      "[Rule003]\nRuleName=Bad\nCondition01=EXIT CODE|is equal to|AND|0|\n"
      "Condition02=SUBJECT|does not contain|AND|free|\nAction01=delete|\n");
  const auto explain = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"rules", "explain", "--filter", file, "--message", mail});
    return RunPosternctl(std::move(more)).out;
  };
  const std::string told =
      "assumed: the program ends well, and says nothing\n"
      "cfrules.dat:6: rule \"Code\":\n"
      "cfrules.dat:9: SUBJECT|contains|AND|info| matched \"Info please\"\n"
      "cfrules.dat:11: -> run \"check.exe\" (run process|\"C:\\scan\\check.exe\")\n"
      "cfrules.dat:12: rule \"Bad\":\n"
      "cfrules.dat:14: EXIT CODE|is equal to|AND|0|\n"
      "cfrules.dat:15: SUBJECT|does not contain|AND|free|\n"
      "cfrules.dat:16: -> discard (delete|)\n"
      "actions: discard\n";
  EXPECT_EQ(explain({}), told);
  EXPECT_THAT(explain({"--all"}), HasSubstr("cfrules.dat:1: rule \"Bcc\" did nothing\n"));
}

TEST_F(RulesCheckTest, WhatIsNoAddressIsNoEnvelope) {
  const std::string mail = folder_.Put("m", "From: zoe@example.net\r\n\r\nhello\r\n");
  const std::string file = folder_.Put("r", "source:x\n");
  const auto explain = [&](const char* option, const char* address) {
    return RunPosternctl(
        {"rules", "explain", "--jsmail", "reject", file, "--message", mail, option, address});
  };
  for (const char* option : {"--envelope-from", "--envelope-to"}) {
    const Finished refused = explain(option, "garbage in");
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr(absl::StrCat(option, ": must be a mail address")));
    EXPECT_EQ(explain(option, "<ann@EXAMPLE.org>").status, 0);
  }
  EXPECT_EQ(explain("--envelope-from", "").status, 0);
}

TEST_F(RulesCheckTest, ASealedFileMayGoToStandardOutput) {
  const std::string key = folder_.Put("key", RunPosternctl({"key", "new"}).out);
  const std::string file = folder_.Put("scheduler", "[LAN]\n* 12:00\n");
  const Finished sealed = RunPosternctl({"seal", file, "--key-file", key, "-o", "-"});
  EXPECT_EQ(sealed.status, 0) << sealed.err;
  EXPECT_THAT(sealed.out, StartsWith("JSM2"));
  const std::string again = folder_.Put("s.jsm", sealed.out);
  EXPECT_EQ(RunPosternctl({"seal", "-d", again, "--key-file", key, "-o", "-"}).out,
            "[LAN]\n* 12:00\n");
}

TEST_F(PosternctlTest, ListsTheProgramsOfTheRunner) {
  const Finished none = Run({"rules", "programs"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.err, "posternctl: there is no runner\n");
  EXPECT_THAT(Done({"status", "--json"}), Not(HasSubstr("runner")));
  admin_.runner_error = grpc::Status::OK;
  EXPECT_THAT(Done({"rules", "programs"}), HasSubstr("The runner's list is empty"));
  auto& good = *admin_.programs.add_programs();
  good.set_id("gen");
  good.set_path("/srv/gen");
  good.set_seconds(10);
  EXPECT_THAT(Done({"status"}), AllOf(HasSubstr("runner "), Not(HasSubstr("programs "))));
  auto& bad = *admin_.programs.add_programs();
  bad.set_id("scan");
  bad.set_problem("its SHA-256 is another one");
  EXPECT_THAT(
      Done({"rules", "programs"}),
      AllOf(MatchesRegex("PROGRAM +FILE +SECONDS +STATE\ngen +/srv/gen +10 +ready\n(.|\n)+"),
            HasSubstr("not run: its SHA-256 is another one\n")));
  EXPECT_THAT(Done({"status"}), HasSubstr("scan: its SHA-256 is another one\n"));
  EXPECT_THAT(Done({"status", "--json"}), HasSubstr("\"runner\": {"));
  admin_.runner_error =
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "the runner of programs does not answer");
  EXPECT_EQ(Run({"status", "--check"}).status, 1);
  EXPECT_THAT(Run({"status", "--check"}).err, HasSubstr("runner"));
}

}  // namespace
}  // namespace postern::posternctl
