#include "services/sender/aliases/alias_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::sender {
namespace {

using Strings = std::vector<std::string>;

absl::StatusOr<AliasTable> Parse(absl::string_view text, Strings domains = {"ex.org"}) {
  return AliasTable::Parse(text, domains);
}

// "a b | copy !headers": the recipients, and the copies.
std::string Expanded(absl::string_view file, const Strings& recipients,
                     Strings domains = {"ex.org"}) {
  const auto table = Parse(file, std::move(domains));
  if (!table.ok()) return std::string(table.status().message());
  const auto expansion = table->Expand(recipients);
  if (!expansion.ok()) return std::string(expansion.status().message());
  std::string text = absl::StrJoin(expansion->recipients, " ");
  if (!expansion->copies.empty()) text += " |";
  for (const AliasCopy& copy : expansion->copies) {
    absl::StrAppend(&text, copy.headers_only ? " !" : " ", copy.address);
  }
  return text;
}

TEST(AliasTable, SaysWhoAMailReallyGoesTo) {
  const struct {
    const char* name;
    const char* file;
    Strings to;
    const char* expanded;
  } cases[] = {
      {"a user", "fred,u,x", {"fred@ex.org"}, "fred@ex.org"},
      {"a user whose mail is copied",
       "fred,u,x,boss@o.net",
       {"fred@ex.org"},
       "fred@ex.org | boss@o.net"},
      {"headers alone", "fred,u,x,!boss@o.net", {"fred@ex.org"}, "fred@ex.org | !boss@o.net"},
      {"a plain alias", "sales,a,ann,bob", {"sales@ex.org"}, "ann@ex.org bob@ex.org"},
      {"case does not count", "sales,a,ann,bob", {"Sales@EX.ORG"}, "ann@ex.org bob@ex.org"},
      {"a qualified alias", "sales@d2.net,a,ann", {"sales@d2.net"}, "ann@ex.org"},
      {"others of its domain", "sales@d2.net,a,ann", {"other@d2.net"}, "other@d2.net"},
      {"a whole domain, with a star", "*@d3.net,a,ann", {"zzz@d3.net"}, "ann@ex.org"},
      {"a whole domain", "@d3.net,a,ann", {"zzz@d3.net"}, "ann@ex.org"},
      {"not the domains below it", "*@d3.net,a,ann", {"zzz@sub.d3.net"}, "zzz@sub.d3.net"},
      {"the same target twice", "x,a,ann,ann", {"x@ex.org"}, "ann@ex.org"},
      {"a foreign address", "x,a,Ann@O.Net", {"x@ex.org"}, "Ann@o.net"},
      {"chains", "a,a,b\nb,a,c\nc,a,d", {"a@ex.org"}, "d@ex.org"},
      {"a user before an alias", "ann,u,x\nann,a,bob", {"ann@ex.org"}, "ann@ex.org"},
      {"a qualified alias before a plain one",
       "sales,a,ann\nsales@ex.org,a,bob",
       {"sales@ex.org"},
       "bob@ex.org"},
      {"a plain alias before its domain's",
       "@ex.org,a,bob\nann,u,x\nbob,u,x\nsales,a,ann",
       {"sales@ex.org", "who@ex.org"},
       "ann@ex.org bob@ex.org"},
      {"an address before its domain's",
       "@d.net,a,ann\njim@d.net,a,bob",
       {"jim@d.net", "joe@d.net"},
       "bob@ex.org ann@ex.org"},
      {"the first line of two", "x,a,ann\nx,a,bob", {"x@ex.org"}, "ann@ex.org"},
      {"recipients that meet",
       "x,a,ann,bob\ny,a,bob",
       {"x@ex.org", "y@ex.org", "ann@ex.org"},
       "ann@ex.org bob@ex.org"},
      {"who is not ours stays as written", "x,a,ann", {"X@elsewhere.test"}, "X@elsewhere.test"},
      {"foreign mailboxes may differ by case",
       "x,a,ann",
       {"Jo@e.test", "jo@E.test", "jo@e.test"},
       "Jo@e.test jo@E.test"},
      {"copies of copies are not made",
       "a,u,x,b@ex.org\nb,u,x,a@ex.org",
       {"a@ex.org"},
       "a@ex.org | b@ex.org"},
      {"who has the mail needs no copy",
       "a,u,x,b@ex.org\nb,u,x",
       {"a@ex.org", "b@ex.org"},
       "a@ex.org b@ex.org"},
      {"copies go by aliases",
       "a,u,x,all@ex.org\nall,a,b,c",
       {"a@ex.org"},
       "a@ex.org | b@ex.org c@ex.org"},
      {"a whole copy before its header",
       "a,u,x,!b@o.net\nc,u,x,b@o.net",
       {"a@ex.org", "c@ex.org"},
       "a@ex.org c@ex.org | b@o.net"},
      {"a copy by an alias",
       "all,a,fred\nfred,f,x,boss@o.net",
       {"all@ex.org"},
       "fred@ex.org | boss@o.net"},
      {"comments, blanks and CRLF",
       "# who\r\n\r\n sales , a , ann \r\n",
       {"sales@ex.org"},
       "ann@ex.org"},
      {"an empty file", "", {"A@b.test", "A@b.test"}, "A@b.test A@b.test"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Expanded(c.file, c.to), c.expanded);
  }
}

TEST(AliasTable, HasLocalNamesInEachOfItsDomains) {
  const Strings domains = {"one.org", "Two.org"};
  EXPECT_EQ(Expanded("sales,a,ann", {"sales@one.org"}, domains), "ann@one.org");
  EXPECT_EQ(Expanded("sales,a,ann", {"sales@two.org"}, domains), "ann@two.org");
  EXPECT_EQ(Expanded("@d.net,a,ann", {"x@d.net"}, domains), "ann@one.org");
}

TEST(AliasTable, TellsAllThatIsWrongAndWhere) {
  const struct {
    const char* name;
    const char* file;
    const char* problem;
  } cases[] = {
      {"a loop", "x,a,y\ny,a,x", "1:1: alias loop x->y->x"},
      {"a loop of one", "x,a,x", "1:1: alias loop x->x"},
      {"a loop behind others", "a,a,x\nx,a,y\ny,a,x", "2:1: alias loop x->y->x"},
      {"a domain's own loop", "@d.net,a,jo@d.net", "1:1: alias loop @d.net->@d.net"},
      {"a bad type", "bob,z,p", "1:5: bad type: must be u, f or r for a user, a for an alias"},
      {"no password", "bob,u", "1:6: missing password"},
      {"an empty password", "bob,u, ", "1:8: missing password"},
      {"a comma in a password", "bob,u,a,b@c.d,e",
       "1:15: a user has at most four fields; a password can't hold a comma"},
      {"no target", "x,a", "1:4: the alias leads nowhere: name a target"},
      {"an empty target", "x,a,", "1:5: must be a mailbox here (ann) or an address"},
      {"a Jabber address", "x,a,xmpp:ann@ex.org",
       "1:5: mail can't be sent to Jabber addresses by an alias yet"},
      {"a Jabber address for copies", "x,u,p,!xmpp:ann@ex.org", "1:8: mail can't be sent"},
      {"a user with a domain", "bob@ex.org,u,x", "1:1: the user's name must be a mailbox"},
      {"a copy to a local name", "bob,u,x,ann", "1:9: copies must go to an address"},
      {"a strange alias", "a b,a,c", "1:1: an alias must be like sales"},
      {"a strange domain", "@d..net,a,c", "1:1: an alias must be like sales"},
      {"one field", "\n  bob", "2:3: must be NAME,TYPE"},
      {"a control character", "bob,u,\x01", "1:7: must not hold control characters"},
      {"more than one", "bob,z,p\nann,u\nok,u,p",
       "1:5: bad type: must be u, f or r for a user, a "
       "for an alias\n2:6: missing password"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto table = Parse(c.file);
    ASSERT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(table.status().message()), ::testing::StartsWith(c.problem));
  }
}

TEST(AliasTable, QuotesNoPassword) {
  for (const char* file : {"bob,u,hunter2,x", "bob,z,hunter2", "bob,u,hunter2,!",
                           "bob,u,hunter2,a,b", "bob hunter2", "bob,u,hunter2,xmpp:a"}) {
    SCOPED_TRACE(file);
    const auto table = Parse(file);
    ASSERT_FALSE(table.ok());
    EXPECT_FALSE(absl::StrContains(table.status().message(), "hunter2")) << table.status();
  }
}

TEST(AliasTable, EndsChainsThatAreTooLong) {
  const auto chain = [](int length) {
    std::string file;
    for (int i = 0; i < length; ++i) absl::StrAppend(&file, "a", i, ",a,a", i + 1, "\n");
    return file;
  };
  EXPECT_EQ(Expanded(chain(10), {"a0@ex.org"}), "a10@ex.org");
  EXPECT_THAT(Expanded(chain(11), {"a0@ex.org"}),
              ::testing::HasSubstr("more than 10 aliases lead to each other: a0->a1->"));
  // Whatever order they are looked at in.
  EXPECT_FALSE(Parse(absl::StrCat("z,a,a0\n", chain(10))).ok());
}

TEST(AliasTable, TakesNoLongerForManyWaysToOneTarget) {
  std::string file;
  for (int i = 0; i < 9; ++i) {
    absl::StrAppend(&file, "a", i, ",a");
    for (int copies = 0; copies < 500; ++copies) absl::StrAppend(&file, ",a", i + 1);
    file += "\n";
  }
  EXPECT_EQ(Expanded(file, {"a0@ex.org"}), "a9@ex.org");
  file += "a9,a,a0\n";  // and back
  EXPECT_FALSE(Parse(file).ok());
}

TEST(AliasTable, RefusesAMailForTooMany) {
  std::string file;
  for (int list = 0; list < 2; ++list) {
    absl::StrAppend(&file, "list", list, ",a");
    for (int i = 0; i < 300; ++i) absl::StrAppend(&file, ",m", list, "-", i);
    file += "\n";
  }
  const auto table = Parse(file);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->Expand({"list0@ex.org"})->recipients.size(), 300u);
  EXPECT_EQ(table->Expand({"list0@ex.org", "list1@ex.org"}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(AliasTable, WarnsOfWhatMayNotBeMeant) {
  const auto table = Parse("ann,u,x\nann,a,bob\nx,a,ann\nx,a,bob\n");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(table->warnings(),
              ::testing::ElementsAre("2:1: there is a user of this name, who gets the mail",
                                     "4:1: this name stands in line 3 already, which counts"));
  EXPECT_EQ(table->users(), 1u);
  EXPECT_EQ(table->aliases(), 2u);
}

TEST(AliasTable, NeedsADomainOfItsOwn) {
  EXPECT_FALSE(Parse("", {}).ok());
  EXPECT_FALSE(Parse("", {"not a domain"}).ok());
}

}  // namespace
}  // namespace postern::sender
