#include "services/xmpp-edge/spool/spooled_message.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/spool/spool_rules.h"

namespace postern::xmpp_edge {
namespace {

TEST(SpooledMessage, IsReadWhateverTheOrderAndTheLineEnds) {
  const struct {
    const char* name;
    const char* bytes;
    std::vector<std::string> to;
    const char* from;
    const char* text;
  } cases[] = {
      {"as MDaemon writes it",
       "To: fred@ex.org\r\nFrom: ann@ex.org\r\n\r\nHello\r\n",
       {"fred@ex.org"},
       "ann@ex.org",
       "Hello"},
      {"other order, other case, LF",
       "FROM:ann@ex.org\nto:Fred@EX.org\n\na\n\nb",
       {"fred@ex.org"},
       "ann@ex.org",
       "a\n\nb"},
      {"several, one twice",
       "To: a@x.y\nTo: b@x.y\nTo: A@x.y\nFrom: c@x.y\n\nt",
       {"a@x.y", "b@x.y"},
       "c@x.y",
       "t"},
      {"names, and a resource",
       "To: Fred <fred@ex.org>\nTo: ann@ex.org/home\nFrom: B <b@x.y>\n\nt",
       {"fred@ex.org", "ann@ex.org"},
       "b@x.y",
       "t"},
      {"what a JID can't hold",
       "To: o'brien@ex.org\nFrom: b@x.y\n\nt",
       {"o\\27brien@ex.org"},
       "b@x.y",
       "t"},
      {"macros are text",
       "To: a@x.y\nFrom: b@x.y\n\n$SENDER$ $SUBJECT$",
       {"a@x.y"},
       "b@x.y",
       "$SENDER$ $SUBJECT$"},
      {"BOM, and a text with a colon",
       "\xEF\xBB\xBFTo: a@x.y\nFrom: b@x.y\n\nTo: nobody\n",
       {"a@x.y"},
       "b@x.y",
       "To: nobody"},
      {"Latin-1", "To: a@x.y\nFrom: b@x.y\n\nH\xE9", {"a@x.y"}, "b@x.y", "H\xC3\xA9"},
      {"controls",
       "To: a@x.y\nFrom: b@x.y\n\na\x01"
       "b\tc",
       {"a@x.y"},
       "b@x.y",
       "ab\tc"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto read = ParseSpooledMessage(c.bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->to, c.to);
    EXPECT_EQ(read->from.Spec(), c.from);
    EXPECT_EQ(read->text, c.text);
  }
}

TEST(SpooledMessage, ThatIsWrongIsToldWithItsLine) {
  std::string many = "From: b@x.y\n";
  for (int i = 0; i < 101; ++i) absl::StrAppend(&many, "To: u", i, "@x.y\n");
  const std::string head = "To: a@x.y\nFrom: b@x.y\n\n";
  const struct {
    const char* name;
    std::string bytes;
    const char* problem;
  } cases[] = {
      {"empty", "", "there is no To: line"},
      {"no To", "From: b@x.y\n\nt", "there is no To: line"},
      {"no From", "To: b@x.y\n\nt", "there is no From: line"},
      {"no text", "To: a@x.y\nFrom: b@x.y\n", "there is no text"},
      {"blanks for text", head + " \r\n\t\n", "there is no text"},
      {"no empty line", "To: a@x.y\nFrom: b@x.y\nHello: there",
       "line 3: To: or From: is expected; an empty line begins the text"},
      {"another head", "Subject: x\nTo: a@x.y\n",
       "line 1: To: or From: is expected; an empty line begins the text"},
      {"nobody", "To: \nFrom: b@x.y\n\nt", "line 1: To: is no address, such as ann@example.org"},
      {"a domain", "To: x.y\nFrom: b@x.y\n\nt",
       "line 1: To: is no address, such as ann@example.org"},
      {"two in one line", "To: a@x.y, b@x.y\nFrom: b@x.y\n\nt",
       "line 1: To: is no address, such as ann@example.org"},
      {"sender is none", "To: a@x.y\nFrom: b\n\nt",
       "line 2: From: is no address, such as ann@example.org"},
      {"two senders", "From: b@x.y\nFrom: c@x.y\nTo: a@x.y\n\nt", "line 2: From: is there twice"},
      {"too many", many + "\nt", "line 102: more than 100 receivers"},
      {"too long a text", head + std::string(64 * 1024 + 1, 'x'), "the text is larger than 64 KiB"},
      {"too large", head + std::string(128 * 1024, ' '), "the file is larger than 128 KiB"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto read = ParseSpooledMessage(c.bytes);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(read.status().message(), c.problem);
  }
  EXPECT_TRUE(ParseSpooledMessage(head + std::string(64 * 1024, 'x')).ok());
}

TEST(SpoolRules, SayWhoMaySendAndWhoseUsersAreMeant) {
  SpoolRules rules;
  ASSERT_TRUE(ReadSpoolDomains({"EX.org", "mail.org=Jabber.org"}, rules).ok());
  EXPECT_FALSE(rules.any_sender);
  SpooledMessage message;
  message.to = {"a@ex.org", "b@mail.org", "c@other.org"};
  message.from = {"", "ann", "mail.org"};
  message.text = "hi";
  auto requests = RequestsOf(message, "k1", rules);
  ASSERT_TRUE(requests.ok());
  ASSERT_EQ(requests->size(), 3u);
  EXPECT_EQ(requests->at(0).to(), "a@ex.org");
  EXPECT_EQ(requests->at(1).to(), "b@jabber.org");
  EXPECT_EQ(requests->at(2).to(), "c@other.org");
  EXPECT_EQ(requests->at(0).from(), "ann@mail.org");
  EXPECT_EQ(requests->at(0).body(), "hi");
  EXPECT_EQ(requests->at(0).notification_id(), "im-k1");
  EXPECT_TRUE(requests->at(0).chat());
  message.from.domain = "sub.ex.org";
  EXPECT_EQ(RequestsOf(message, "k1", rules).status().message(),
            "From: sub.ex.org is not a domain of --im-spool-domains");
  ASSERT_TRUE(ReadSpoolDomains({"*"}, rules).ok());
  EXPECT_TRUE(RequestsOf(message, "k1", rules).ok());
  for (const char* wrong : {"", "a@b", "a=", "=b", "a b", "a=b=c@d"}) {
    SCOPED_TRACE(wrong);
    SpoolRules none;
    EXPECT_FALSE(ReadSpoolDomains({wrong}, none).ok());
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
