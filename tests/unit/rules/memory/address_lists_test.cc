#include "services/rules/memory/address_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/rules/list_name.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using testing::Await;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = AddressLists::Question::Kind;

constexpr char kAnn[] = "ann@example.org";

class AddressListsTest : public ::testing::Test {
 protected:
  absl::Status Change(const std::string& user, const std::string& list,
                      std::vector<std::string> add, std::vector<std::string> remove = {},
                      bool replace = false) {
    AddressLists::Change change{user, list, std::move(add), std::move(remove), replace};
    return Await(io_, lists_.Apply(std::move(change)));
  }
  AddressLists::Answer Ask(Kind kind, const std::string& list, const std::string& address = "") {
    std::vector<AddressLists::Question> questions{{kind, list, address}};
    auto answers = Await(io_, lists_.Ask(kAnn, questions));
    EXPECT_TRUE(answers.ok()) << answers.status();
    return answers.ok() ? answers->at(0) : AddressLists::Answer();
  }
  std::vector<std::string> Show(const std::string& user) {
    std::vector<std::string> shown;
    auto lists = Await(io_, lists_.Show(user));
    EXPECT_TRUE(lists.ok()) << lists.status();
    for (const AddressLists::List& list : *lists) {
      std::string line = list.name;
      for (const std::string& address : list.addresses) absl::StrAppend(&line, " ", address);
      shown.push_back(line);
    }
    return shown;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  AddressLists lists_{*client_};
};

TEST_F(AddressListsTest, HoldsAddressesAndDomainsInWhateverCase) {
  ASSERT_TRUE(Change(kAnn, "VIP", {"Bob@Example.net", "@boss.example", "bob@example.net"}).ok());
  EXPECT_THAT(Show(kAnn), ElementsAre("vip @boss.example bob@example.net"));
  EXPECT_TRUE(Ask(Kind::kHas, "vip", "BOB@example.net").yes);
  EXPECT_TRUE(Ask(Kind::kHas, "vip", "anybody@boss.example").yes);
  EXPECT_FALSE(Ask(Kind::kHas, "vip", "anybody@sub.boss.example").yes);
  EXPECT_FALSE(Ask(Kind::kHas, "vip", "eve@example.net").yes);
  EXPECT_FALSE(Ask(Kind::kHas, "none", "bob@example.net").yes);
  EXPECT_TRUE(Ask(Kind::kExists, "vip").yes);
  EXPECT_FALSE(Ask(Kind::kExists, "none").yes);
  EXPECT_THAT(Ask(Kind::kMembers, "vip").members, ElementsAre("bob@example.net"));
}

TEST_F(AddressListsTest, CountsTheSitesListOfThatNameAlong) {
  ASSERT_TRUE(Change("", "staff", {"eve@example.org"}).ok());
  ASSERT_TRUE(Change(kAnn, "staff", {"bob@example.net"}).ok());
  EXPECT_TRUE(Ask(Kind::kHas, "staff", "eve@example.org").yes);
  EXPECT_TRUE(Ask(Kind::kHas, "staff", "bob@example.net").yes);
  EXPECT_THAT(Ask(Kind::kMembers, "staff").members,
              ElementsAre("bob@example.net", "eve@example.org"));
  EXPECT_THAT(Show(""), ElementsAre("staff eve@example.org"));
}

TEST_F(AddressListsTest, RemovesAndReplaces) {
  ASSERT_TRUE(Change(kAnn, "vip", {"a@b.example", "c@d.example"}).ok());
  ASSERT_TRUE(Change(kAnn, "vip", {"e@f.example"}, {"A@b.example"}).ok());
  EXPECT_THAT(Show(kAnn), ElementsAre("vip c@d.example e@f.example"));
  ASSERT_TRUE(Change(kAnn, "vip", {"x@y.example"}, {}, true).ok());
  EXPECT_THAT(Show(kAnn), ElementsAre("vip x@y.example"));
  ASSERT_TRUE(Change(kAnn, "vip", {}, {"x@y.example"}).ok());
  EXPECT_THAT(Show(kAnn), IsEmpty());
}

TEST_F(AddressListsTest, RefusesWhatIsNoAddressAndChangesNothing) {
  for (const char* entry : {"bob", "", "@", "a@b@c", "bob@exa mple.org", "a@b\r\nc"}) {
    SCOPED_TRACE(entry);
    const absl::Status status = Change(kAnn, "vip", {"good@example.org", entry});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  }
  for (const char* name : {"", "a b", "a/b", "a\nb", "a:b"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(absl::IsInvalidArgument(Change(kAnn, name, {"good@example.org"})));
  }
  EXPECT_THAT(Show(kAnn), IsEmpty());
}

TEST_F(AddressListsTest, IsBounded) {
  std::vector<std::string> many;
  for (size_t i = 0; i < AddressLists::kMaxAddresses; ++i)
    many.push_back(absl::StrCat("u", i, "@example.org"));
  ASSERT_TRUE(Change(kAnn, "all", many).ok());
  EXPECT_TRUE(Change(kAnn, "all", {"u1@example.org"}).ok()) << "it is there";
  EXPECT_TRUE(absl::IsResourceExhausted(Change(kAnn, "all", {"one@example.net"})));
  for (size_t i = 1; i < AddressLists::kMaxLists; ++i)
    ASSERT_TRUE(Change(kAnn, absl::StrCat("l", i), {"a@b.example"}).ok());
  const absl::Status full = Change(kAnn, "more", {"a@b.example"});
  EXPECT_TRUE(absl::IsResourceExhausted(full));
  EXPECT_THAT(std::string(full.message()), HasSubstr("100 lists"));
}

TEST(NameOfList, KnowsWhatRulesCallIt) {
  struct {
    const char* said;
    const char* name;
  } const cases[] = {{"VIP", "vip"},
                     {":addrbook:default", "contacts"},
                     {"urn:ietf:params:sieve:addrbook:default", "contacts"},
                     {"tag:postern,group:Sales", "sales"},
                     {"urn:postern:list:sales", "sales"}};
  for (const auto& c : cases) EXPECT_EQ(NameOfList(c.said), c.name);
}

}  // namespace
}  // namespace postern::rules
