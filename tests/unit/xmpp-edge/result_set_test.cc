#include "services/xmpp-edge/result_set.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::xmpp_edge {
namespace {

std::vector<ListedItem> Items(const std::vector<std::string>& uids) {
  std::vector<ListedItem> items;
  for (const std::string& uid : uids) {
    Element item = MakeElement("item");
    item.Set("node", uid);
    items.push_back({uid, std::move(item)});
  }
  return items;
}

// "max=2 after=b" as a <set/> in a query.
Element Query(const std::vector<std::pair<std::string, std::string>>& wishes) {
  Element set = MakeElement("set", kResultSetNs);
  for (const auto& [name, value] : wishes) set.AddText(name, value);
  Element query = MakeElement("query", "items");
  query.Add(std::move(set));
  return query;
}

// "a,b first=a@0 last=b count=5"; without a set only the items.
std::string Told(const Element& query) {
  std::vector<std::string> nodes;
  for (const Element& child : query.children) {
    if (child.name == "item") nodes.push_back(std::string(child.Attr("node")));
  }
  std::string told = absl::StrJoin(nodes, ",");
  const Element* set = query.Child("set", kResultSetNs);
  if (set == nullptr) return told;
  if (const Element* first = set->Child("first")) {
    absl::StrAppend(&told, " first=", first->text, "@", first->Attr("index"),
                    " last=", set->ChildText("last"));
  }
  return absl::StrCat(told, " count=", set->ChildText("count"));
}

TEST(ResultSet, AnswersThePageThatIsAskedFor) {
  const struct {
    const char* name;
    std::vector<std::pair<std::string, std::string>> wishes;
    const char* told;
  } cases[] = {
      {"first page", {{"max", "2"}}, "a,b first=a@0 last=b count=5"},
      {"next page", {{"max", "2"}, {"after", "b"}}, "c,d first=c@2 last=d count=5"},
      {"end", {{"max", "2"}, {"after", "d"}}, "e first=e@4 last=e count=5"},
      {"behind the end", {{"max", "2"}, {"after", "e"}}, " count=5"},
      {"last page", {{"max", "2"}, {"before", ""}}, "d,e first=d@3 last=e count=5"},
      {"page before", {{"max", "2"}, {"before", "d"}}, "b,c first=b@1 last=c count=5"},
      {"before the first", {{"max", "2"}, {"before", "a"}}, " count=5"},
      {"between", {{"max", "9"}, {"after", "a"}, {"before", "d"}}, "b,c first=b@1 last=c count=5"},
      {"by index", {{"max", "2"}, {"index", "3"}}, "d,e first=d@3 last=e count=5"},
      {"index behind the end", {{"max", "2"}, {"index", "9"}}, " count=5"},
      {"count only", {{"max", "0"}}, " count=5"},
      {"more than there is", {{"max", "4294967295"}}, "a,b,c,d,e first=a@0 last=e count=5"},
      {"a set without a wish", {}, "a,b,c,d,e first=a@0 last=e count=5"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto asked = ReadPageRequest(Query(c.wishes));
    ASSERT_TRUE(asked.ok()) << asked.status();
    Element answer = MakeElement("query");
    ASSERT_TRUE(AddPage(Items({"a", "b", "c", "d", "e"}), *asked, answer).ok());
    EXPECT_EQ(Told(answer), c.told);
  }
}

TEST(ResultSet, WithoutAWishEverythingIsTold) {
  auto asked = ReadPageRequest(MakeElement("query", "items"));
  ASSERT_TRUE(asked.ok());
  EXPECT_FALSE(asked->has_value());
  Element answer = MakeElement("query");
  ASSERT_TRUE(AddPage(Items({"a", "b"}), *asked, answer).ok());
  EXPECT_EQ(Told(answer), "a,b");
  Element none = MakeElement("query");
  ASSERT_TRUE(AddPage({}, *asked, none).ok());
  EXPECT_EQ(Told(none), "");
}

TEST(ResultSet, WhatDoesNotFitIsLeftForTheNextPage) {
  const size_t one = ToXml(Items({"a"}).front().item).size();
  const struct {
    const char* name;
    std::optional<PageRequest> asked;
    const char* told;
  } cases[] = {
      {"nothing asked", std::nullopt, "a,b first=a@0 last=b count=5"},
      {"forwards", PageRequest{.max = 4, .after = "b"}, "c,d first=c@2 last=d count=5"},
      {"backwards", PageRequest{.max = 4, .before = ""}, "d,e first=d@3 last=e count=5"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Element answer = MakeElement("query");
    ASSERT_TRUE(
        AddPage(Items({"a", "b", "c", "d", "e"}), c.asked, answer, nullptr, /*max_bytes=*/2 * one)
            .ok());
    EXPECT_EQ(Told(answer), c.told);
  }
}

TEST(ResultSet, RefusesWhatMakesNoSense) {
  for (const char* number : {"-1", "many", "", "99999999999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadPageRequest(Query({{"max", number}})).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(ReadPageRequest(Query({{"index", number}})).status()));
  }
  Element answer = MakeElement("query");
  PageRequest gone;
  gone.after = "z";
  EXPECT_TRUE(absl::IsNotFound(AddPage(Items({"a"}), gone, answer)));
  gone = PageRequest();
  gone.before = "z";
  EXPECT_TRUE(absl::IsNotFound(AddPage(Items({"a"}), gone, answer)));
}

}  // namespace
}  // namespace postern::xmpp_edge
