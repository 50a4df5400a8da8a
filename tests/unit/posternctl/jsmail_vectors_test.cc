// The vectors of the rules reference, sections 1 and 2, by the command that operators have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "re2/re2.h"
#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::HasSubstr;

struct Letter {
  std::string from = "a@b.c", to = "ann@ex.org", subject = "hi", more = {};
};

class JsmailVectors : public ::testing::Test {
 protected:
  std::string Put(const Letter& letter) const {
    return folder_.Put("m", absl::StrCat(letter.more, "From: ", letter.from, "\r\nTo: ", letter.to,
                                         "\r\nSubject: ", letter.subject,
                                         "\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"));
  }
  std::string Json(const std::string& kind, const std::string& text, const Letter& letter,
                   std::vector<std::string> more = {}) const {
    const std::string file = folder_.Put("f.txt", text);
    more.insert(more.begin(), {"rules", "explain", "--message", Put(letter), "--json"});
    if (kind == "filter" || kind == "sieve") {
      more.insert(more.end(), {"--" + kind, file});
    } else {
      more.insert(more.end(), {"--jsmail", kind, file});
    }
    const Finished finished = RunPosternctl(std::move(more));
    EXPECT_EQ(finished.status, 0) << finished.err;
    return finished.out;
  }
  // "exec, reply, keep": of the mail as a whole.
  std::string Does(const std::string& kind, const std::string& text, const Letter& letter,
                   std::vector<std::string> more = {}) const {
    const std::string json = Json(kind, text, letter, std::move(more));
    const std::string whole = json.substr(0, json.find("],\""));
    re2::StringPiece rest(whole);
    std::vector<std::string> names;
    for (std::string name; RE2::FindAndConsume(&rest, R"re("action":"(\w+)")re", &name);)
      names.push_back(name);
    return absl::StrJoin(names, ", ");
  }
  int Checks(const std::string& kind, const std::string& text,
             std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"rules", "check", "--jsmail", kind, folder_.Put("f.txt", text)});
    return RunPosternctl(std::move(more)).status;
  }
  const Folder folder_;
};

TEST_F(JsmailVectors, RejectFiles) {
  const std::string forth = "source:@myhost.com\nsource:!fred@myhost.com\n";
  const std::string back = "source:!fred@myhost.com\nsource:@myhost.com\n";
  const struct {
    const char* from;
    const char* does;
  } r1[] = {{"ann@myhost.com", "reject"},  {"fred@myhost.com", "keep"},
            {"ann@myhostXcom", "reject"},  {"fred@myhostXcom", "keep"},
            {"alfred@myhost.com", "keep"}, {"x@other", "keep"},
            {"ann@MYHOST.COM", "reject"}};
  for (const auto& c : r1) {
    SCOPED_TRACE(c.from);
    for (const std::string& file : {forth, back}) {
      EXPECT_EQ(Does("reject", file, {.from = c.from}), c.does);
      EXPECT_EQ(Does("reject", file, {}, {"--envelope-from", c.from}), c.does);
    }
  }
  const struct {
    const char* file;
    Letter letter;
    const char* does;
  } cases[] = {
      {"subject:\\$\\$\\$\n", {.subject = "win $$$"}, "reject"},
      {"subject:\\$\\$\\$\n", {.subject = "win $$"}, "keep"},
      {"subject:^[Ss][Ee][Xx]\n", {.subject = "sEx"}, "reject"},
      {"subject:^[Ss][Ee][Xx]\n", {.subject = "about sex"}, "keep"},
      {"received:evil\\.net\n",
       {.more = "Received: from a.b by c\r\nReceived: from x.evil.net by d\r\n"},
       "reject"},
      {"subject:\\$\\$\\$\nsource:!boss@\n", {.from = "boss@a.b", .subject = "win $$$"}, "keep"},
      {"subject: foo\n", {.subject = "a foo"}, "reject"},
      {"subject: foo\n", {.subject = "foo"}, "keep"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    EXPECT_EQ(Does("reject", c.file, c.letter), c.does);
  }
  EXPECT_EQ(Checks("reject", "sender:x\n"), 1);
  EXPECT_EQ(Checks("reject", "!source:!x\n"), 1);
}

TEST_F(JsmailVectors, RejectFilesRefuseRecipients) {
  const char* file = "destination:list@\n";
  const std::string each = R"("recipients":[{"recipient":"list@x","actions":[{"action":"reject")";
  for (const bool envelope : {false, true}) {
    SCOPED_TRACE(envelope);
    Letter letter;
    std::vector<std::string> to;
    if (envelope) {
      to = {"--envelope-to", "list@x", "--envelope-to", "bob@x"};
    } else {
      letter.to = "list@x, bob@x";
    }
    EXPECT_EQ(Does("reject", file, letter, to), "keep") << "bob's is delivered";
    EXPECT_THAT(Json("reject", file, letter, to), HasSubstr(each));
  }
  EXPECT_EQ(Does("reject", file, {}, {"--envelope-to", "list@x"}), "reject");
  EXPECT_EQ(Does("reject", file, {}, {"--envelope-to", "bob@x"}), "keep");
}

TEST_F(JsmailVectors, AllowDenyFiles) {
  const std::string f1 = "allow smtp 158.152.*.*\n", f2 = "deny all 10.0.0.*\n";
  const std::string f3 = "deny all *.*.*.*\nallow smtp 10.*.*.*\ndeny smtp 10.1.1.1\n";
  const std::string f4 = "allow smtp 10.*.*.*\ndeny smtp 10.1.*.*\n";
  const struct {
    std::string file;
    const char* service;
    const char* address;
    bool allowed;
  } cases[] = {{f1, "smtp", "158.152.9.1", true},
               {f1, "smtp", "158.153.9.1", false},
               {f1, "pop3", "158.152.9.1", false},
               {f2, "pop3", "10.0.0.7", false},
               {f2, "pop3", "10.0.1.7", true},
               {f3, "smtp", "10.2.3.4", true},
               {f3, "smtp", "10.1.1.1", false},
               {f3, "remote", "10.2.3.4", false},
               {f4, "smtp", "8.8.8.8", false},
               {"", "smtp", "8.8.8.8", true},
               {"ALLOW SMTP 1.2.3.4\n", "smtp", "1.2.3.4", true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.file, c.service, " ", c.address));
    const std::string file = folder_.Put("acl", c.file);
    const Finished finished =
        RunPosternctl({"rules", "explain", "--jsmail", "allow/deny", file, "--service", c.service,
                       "--address", c.address, "--json"});
    const char* action = c.allowed ? "allow" : "deny";
    EXPECT_THAT(finished.out,
                HasSubstr(absl::StrCat(R"({"actions":[{"action":")", action, R"("}])")))
        << finished.err;
  }
  EXPECT_EQ(Checks("allow-deny", "allow ftp 1.2.3.4\n"), 1);
  EXPECT_EQ(Checks("allow-deny", "allow smtp 1.2.3\n"), 1);
  for (const char* entry : {"allow smtp 15*.1.1.1\n", "allow smtp 158.152.*\n",
                            "allow smtp 10.0.0.0/8\n", "allow smtp ::1\n"}) {
    EXPECT_EQ(Checks("allow-deny", entry, {"--strict"}), 1) << entry;
  }
}

TEST_F(JsmailVectors, Responders) {
  folder_.Put("info.txt", "Dear friend\n");
  const std::string automatic = "Auto-Submitted: auto-replied\r\n";
  const struct {
    const char* file;
    std::string more;
    std::vector<std::string> options;
    const char* does;
  } cases[] = {
      {"info,info.txt\n", "", {}, "reply, keep"},
      {"info,o.txt,/bin/gen\n", "", {}, "exec, reply, keep"},
      {"info,info.txt,!,ann\n", "", {}, "reply, redirect, keep"},
      {"info,info.txt,!\n", "", {}, "reply, keep"},
      {"info,info.txt,/bin/g,ann\n", "", {}, "exec, reply, redirect, keep"},
      {"info,info.txt,/bin/g,ann\n", automatic, {}, "redirect, keep"},
      {"info,info.txt,!,ann\n", "", {"--envelope-from", ""}, "redirect, keep"},
      {"other,info.txt\n", "", {}, "keep"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file + c.more);
    EXPECT_EQ(Does("responder", c.file, {.subject = "Info please", .more = c.more}, c.options),
              c.does);
  }
  EXPECT_EQ(Checks("responders", "info\n"), 1);
  EXPECT_EQ(Checks("responders", "info,info.txt,/bin/g,ann,x\n"), 1);
}

TEST_F(JsmailVectors, SubjectsAndAccounts) {
  const auto to = [&](const char* file, const char* subject) {
    std::string user;
    RE2::PartialMatch(Json("subject", file, {.subject = subject}), R"re("to":\["(\w+)"\])re",
                      &user);
    return user;
  };
  EXPECT_EQ(to("ann:^\\[sales\\]\n", "[sales] hi"), "ann");
  EXPECT_EQ(to("ann: x\n", "a x"), "ann");
  EXPECT_EQ(to("ann: x\n", "x"), "");
  EXPECT_EQ(to("ann:a\nbob:a\n", "a"), "ann");
  const char* rest = "\nuser:a\npassword:b\n";
  EXPECT_EQ(Checks("pop3", absl::StrCat("[h.com]", rest)), 0);
  EXPECT_EQ(Checks("pop3", absl::StrCat("[h.com:995]", rest)), 0);
  EXPECT_EQ(Checks("pop3", absl::StrCat("[h.com:0]", rest)), 1);
  EXPECT_EQ(Checks("pop3", absl::StrCat("[h.com:70000]", rest)), 1);
  EXPECT_EQ(Checks("pop3", "[h.com]\nuser:a\n"), 1);
}

TEST_F(JsmailVectors, SchedulersAndPasswords) {
  for (const char* entry :
       {"XX 12:00", "MO 24:00", "MO 12:60", "MO-XX 1:00", "MO 12:00:00", "[a", "type: IMAP"}) {
    EXPECT_EQ(Checks("scheduler", absl::StrCat("[LAN]\n", entry, "\n")), 1) << entry;
  }
  for (const char* file : {"bob,z,p\n", "bob,u\n", "x,a,y\ny,a,x\n", "bob,u,p,a@b.c,d\n"})
    EXPECT_EQ(Checks("passwords", file), 1) << file;
  EXPECT_EQ(Checks("passwords", "fred,u,x\nsales,a,fred\n*@d3.net,a,fred\n"), 0);
}

TEST_F(JsmailVectors, Expressions) {
  const struct {
    const char* expression;
    const char* text;
    bool matches;
  } cases[] = {{"abc", "xabcx", true},
               {"a.c", "xxabcxx", true},
               {"^.$", "a", true},
               {"^.$", "ab", false},
               {".* [a-z]+ .*", "A b C", true},
               {".* [a-z]+ .*", "AbC", false},
               {"A*", "zzz", true},
               {"(free)", "(free)", true},
               {"(free)", "free", false},
               {"a|b", "a", false},
               {"a{2}", "aa", false},
               {"a{2}", "a{2}", true},
               {"\\d", "5", false},
               {"\\d", "d", true},
               {"^a+?$", "", true},
               {"*foo", "*foo", true},
               {"a**", "x", true},
               {"[]a]", "]", true},
               {"[-a]", "-", true},
               {"[a\\]b]", "]", true},
               {"[[.a.]]", "a", true},
               {"[[=a=]]", "a", true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.expression, " on ", c.text));
    EXPECT_EQ(Does("reject", absl::StrCat("subject:", c.expression, "\n"), {.subject = c.text}),
              c.matches ? "reject" : "keep");
  }
}

TEST_F(JsmailVectors, ContentFilters) {
  const std::string rule =
      "[Rule001]\nRuleName=x\nEnable=Yes\nThisRuleCondition=All\nProcessQueue=BOTH\n";
  const std::string bcc =
      absl::StrCat(rule, "Condition01=TO|does not contain|AND|$HEADER:X-Rcpt-To$|\n",
                   "Action01=add header|\"X-BCC\",\"True\"\n");
  const std::string received = "X-Rcpt-To: ann@ex.org\r\n";
  EXPECT_EQ(Does("filter", bcc, {.to = "x@y.z", .more = received}), "addheader, keep");
  EXPECT_EQ(Does("filter", bcc, {.to = "ann@ex.org", .more = received}), "keep");
  const std::string tell = absl::StrCat(
      rule,
      "Condition01=ALL\nAction01=send instant message|\"a@b.c\",\"p@b.c\",\"You have received ",
      "an email from $SENDER$.\\nSubject: $SUBJECT$\"\n");
  EXPECT_THAT(
      Json("filter", tell, {.from = "A <a@x.y>", .subject = "=?utf-8?q?H=C3=A9?="},
           {"--envelope-from", "a@x.y"}),
      HasSubstr("\"message\":\"You have received an email from a@x.y.\\nSubject: H\xC3\xA9\""));
  EXPECT_THAT(Json("filter", tell, {.subject = "$SENDER$"}), HasSubstr("Subject: $SENDER$\""));
  const struct {
    const char* subject;
    const char* arguments;
    const char* becomes;
  } cases[] = {
      {"xabcdex", "\"a(bcd)e\",\"123-&-123\"", "x123-abcde-123x"},
      {"123456", "\"(123)(456)\",\"a-\\2-b-\\1\"", "a-456-b-123"},
      {"123456", "\"(123)(456)\",\"a-\\0-b\"", "a-123456-b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const std::string replace =
        absl::StrCat(rule, "Condition01=ALL\nAction01=search and replace in header|\"Subject\",",
                     c.arguments, "\nAction02=add header|\"X-S\",\"$SUBJECT$\"\n");
    EXPECT_THAT(Json("filter", replace, {.subject = c.subject}),
                HasSubstr(absl::StrCat("\"name\":\"X-S\",\"value\":\"", c.becomes, "\"")));
  }
}

TEST_F(JsmailVectors, TheActionsOfAScriptAreInOrder) {
  const std::string script =
      "require [\"fileinto\", \"copy\", \"imap4flags\", \"editheader\"];\n"
      "fileinto :copy :flags \"\\\\Seen\" \"A/B\";\nredirect :copy \"a@b.c\";\n";
  EXPECT_EQ(Json("sieve", script, {}),
            R"({"actions":[{"action":"fileinto","mailbox":"A/B","flags":["\\Seen"],"copy":true},)"
            R"({"action":"redirect","address":"a@b.c","copy":true},)"
            R"({"action":"keep","implicit":true}]})"
            "\n");
  EXPECT_EQ(Does("sieve",
                 "require [\"editheader\", \"fileinto\"];\naddheader \"X-A\" \"1\";\n"
                 "fileinto \"B\";\ndeleteheader \"Subject\";\ndeleteheader \"Received\";\nkeep;\n",
                 {}),
            "addheader, fileinto, deleteheader, keep");
}

}  // namespace
}  // namespace postern::posternctl
