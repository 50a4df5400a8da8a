// What posternctl says of rules before a server has them: as the server would judge.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPlain[] =
    "From: zoe@example.net\r\nTo: ann@example.org\r\nSubject: Info\r\nMessage-ID: <1@x>\r\n";

std::string Redirects(int count) {
  std::string script;
  for (int i = 0; i < count; ++i) absl::StrAppend(&script, "redirect \"u", i, "@example.net\";\n");
  return script;
}

class ExplainTest : public ::testing::Test {
 protected:
  std::string Explain(const std::vector<std::string>& file, const std::string& header,
                      const std::vector<std::string>& more = {}) {
    const TemporaryFile mail(absl::StrCat(header, "\r\nhello\r\n"));
    std::vector<std::string> arguments = {"rules", "explain", "--message", mail.path()};
    arguments.insert(arguments.end(), file.begin(), file.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished finished = RunPosternctl(std::move(arguments));
    EXPECT_EQ(finished.status, 0) << finished.err;
    return finished.out;
  }
};

TEST_F(ExplainTest, JudgesAScriptByAUsersLimits) {
  const TemporaryFile six(Redirects(6));
  const std::vector<std::string> file = {"--sieve", six.path()};
  EXPECT_THAT(Explain(file, kPlain, {"--json"}),
              AllOf(HasSubstr("line 5: more than 4 redirects"), Not(HasSubstr("u0@"))));
  EXPECT_THAT(Explain(file, kPlain, {"--json", "--scope", "ann@example.org"}),
              HasSubstr("more than 4 redirects"));
  for (const char* scope : {"site", "site-after", "domain:example.org"}) {
    EXPECT_THAT(Explain(file, kPlain, {"--json", "--scope", scope}),
                AllOf(HasSubstr("u5@example.net"), Not(HasSubstr("error"))))
        << scope;
  }
  const TemporaryFile operators(
      absl::StrCat("require \"vnd.postern.exec\"; exec \"scan\";\n", Redirects(6)));
  EXPECT_THAT(Explain({"--sieve", operators.path()}, kPlain, {"--json"}),
              AllOf(HasSubstr("u5@example.net"), Not(HasSubstr("error"))))
      << "only an operator's runs programs";
  const Finished refused = RunPosternctl(
      {"rules", "explain", "--sieve", six.path(), "--message", six.path(), "--scope", "ann"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--scope: must be site"));
}

TEST_F(ExplainTest, CheckWarnsOfWhatFailsWithEveryMail) {
  const auto check = [](const std::string& script) {
    const TemporaryFile file(script);
    const Finished finished = RunPosternctl({"rules", "check", file.path(), "--language", "sieve"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    return absl::StrCat(finished.out, finished.err);
  };
  EXPECT_THAT(check(Redirects(6)), HasSubstr(":5:1: warning: more than 4 redirects of one mail"));
  EXPECT_THAT(check(Redirects(4)), Not(HasSubstr("more than")));
}

TEST_F(ExplainTest, LeavesOutAnswersThatAreNeverSent) {
  const TemporaryFile vacation("require \"vacation\";\nvacation \"Away\";\n");
  const std::vector<std::string> sieve = {"--sieve", vacation.path()};
  const struct {
    const char* header;
    std::vector<std::string> more;
    const char* why;
  } cases[] = {
      {"List-Id: <dev.example.net>\r\n", {}, "the mail is from a list (List-Id)"},
      {"Precedence: bulk\r\n", {}, "the mail says Precedence: bulk"},
      {"Auto-Submitted: auto-generated\r\n", {}, "the mail says Auto-Submitted: auto-generated"},
      {"", {"--envelope-from", ""}, "the mail's return path is empty"},
      {"", {"--envelope-from", "MAILER-DAEMON@example.net"}, "nobody reads what is sent to"},
      {"", {"--envelope-from", "owner-dev@example.net"}, "nobody reads what is sent to"},
  };
  EXPECT_THAT(Explain(sieve, kPlain), HasSubstr("actions: vacation, keep (implicit)"));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const std::string header = absl::StrCat(kPlain, c.header);
    EXPECT_THAT(Explain(sieve, header, c.more),
                AllOf(HasSubstr(absl::StrCat("-> vacation left out: ", c.why)),
                      HasSubstr("actions: keep (implicit)")));
    std::vector<std::string> json = c.more;
    json.push_back("--json");
    EXPECT_THAT(Explain(sieve, header, json), Not(HasSubstr("vacation")));
  }
}

TEST_F(ExplainTest, LeavesOutRespondersAnswersAsWell) {
  const TemporaryFile text("Dear friend\n");
  const TemporaryFile responders(absl::StrCat("info,", text.name(), "\n"));
  const std::vector<std::string> file = {"--jsmail", "responders", responders.path()};
  EXPECT_THAT(Explain(file, kPlain, {"--json"}), HasSubstr("\"reply\""));
  const std::string list = absl::StrCat(kPlain, "List-Id: <dev.example.net>\r\n");
  EXPECT_THAT(Explain(file, list, {"--json"}), Not(HasSubstr("\"reply\"")));
  EXPECT_THAT(Explain(file, list), HasSubstr("-> reply left out: the mail is from a list"));
}

}  // namespace
}  // namespace postern::posternctl
