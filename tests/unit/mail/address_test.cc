#include "lib/mail/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postern::mail {
namespace {

using ::testing::HasSubstr;

TEST(ParseAddress, ReadsWhatMailersAndPeopleWrite) {
  struct {
    const char* text;
    const char* name;
    const char* local;
    const char* domain;
  } const cases[] = {
      {"ann@example.org", "", "ann", "example.org"},
      {" ann@Example.ORG ", "", "ann", "example.org"},
      {"Ann@example.org.", "", "Ann", "example.org"},
      {"<ann@example.org>", "", "ann", "example.org"},
      {"<ann(the (first))@example.org>", "", "ann", "example.org"},
      {"<\"ann(x)\"@example.org>", "", "ann(x)", "example.org"},
      {"Ann <ann@example.org>", "Ann", "ann", "example.org"},
      {"Ann<ann@example.org>", "Ann", "ann", "example.org"},
      {"Ann M. Smith <ann@example.org>", "Ann M. Smith", "ann", "example.org"},
      {"\"Smith, Ann\" <ann@example.org>", "Smith, Ann", "ann", "example.org"},
      {"\"Ann \\\"A\\\" S\" <ann@example.org>", "Ann \"A\" S", "ann", "example.org"},
      {"ann@example.org (Ann)", "Ann", "ann", "example.org"},
      {"(x) Ann (y (z)) <ann@example.org>", "Ann", "ann", "example.org"},
      {"ann@example.org <ann@example.org>", "ann@example.org", "ann", "example.org"},
      {"\"boss@bank.example\" <ann@example.org>", "boss@bank.example", "ann", "example.org"},
      {"=?utf-8?Q?Ann_=C3=84?= <ann@example.org>", "Ann Ä", "ann", "example.org"},
      {"\"=?utf-8?B?w4RubmE=?=\" <ann@example.org>", "Änna", "ann", "example.org"},
      {"Änna <ann@example.org>", "Änna", "ann", "example.org"},
      {"\"a b\"@example.org", "", "a b", "example.org"},
      {"\"x@evil.example y\"@internal.example", "", "x@evil.example y", "internal.example"},
      {"<@relay.example:ann@example.org>", "", "ann", "example.org"},
      {"ann @ example.org", "", "ann", "example.org"},
      {"ann.@example.org", "", "ann.", "example.org"},
      {"jürgen@bücher.example", "", "jürgen", "bücher.example"},
      {"ann@xn--bcher-kva.example", "", "ann", "xn--bcher-kva.example"},
      {"ann@[192.0.2.1]", "", "ann", "[192.0.2.1]"},
      {"ann@[IPv6:2001:DB8::1]", "", "ann", "[ipv6:2001:db8::1]"},
      {"root@localhost", "", "root", "localhost"},
      {"mailto:ann@example.org", "", "ann", "example.org"},
      {"Friends: ann@example.org;", "", "ann", "example.org"},
      {"ann@example.org,", "", "ann", "example.org"},
      {"\"Ann <ann@example.org>", "Ann", "ann", "example.org"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<Address> address = ParseAddress(c.text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->display_name, c.name);
    EXPECT_EQ(address->local_part, c.local);
    EXPECT_EQ(address->domain, c.domain);
  }
}

TEST(ParseAddress, SaysWhyItCannotReadOne) {
  struct {
    const char* text;
    const char* reason;
  } const cases[] = {
      {"", "there is no address"},
      {" , ", "there is no address"},
      {"<>", "there is no address"},
      {"ann", "\"ann\": it has no @domain"},
      {"Ann <ann>", "\"ann\": it has no @domain"},
      {"ann@", "nothing stands after the @"},
      {"@example.org", "nothing stands before the @"},
      {"\"\"@example.org", "nothing stands before the @"},
      {"ann@b@example.org", "more than one @"},
      {"ann@exa mple.org", "is not a domain"},
      {"ann@example..org", "is not a domain"},
      {"ann@-example.org", "is not a domain"},
      {"ann@exa(mple.org", "is not a domain"},
      {"ann smith@example.org", "white space"},
      {"ann@example.org, bob@example.org", "more than one address"},
      {"a@example.org, b@example.org, c@example.org", "more than one address"},
      {"<a@example.org> <b@example.org>", "more than one address"},
      {"ann@example.org\r\nBcc: bob@example.org", "control character"},
      {"ann\x01@example.org", "control character"},
      {"ann\xE2\x80\xAE@example.org", "control character"},
      {"ann\xFF@example.org", "no address may hold"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::Status status = ParseAddress(c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.reason));
  }
}

TEST(ParseAddressList, FlattensGroupsAndTakesSemicolons) {
  struct {
    const char* text;
    const char* specs;
  } const cases[] = {
      {"", ""},
      {"undisclosed-recipients:;", ""},
      {"a@x.example, b@x.example", "a@x.example b@x.example"},
      {"a@x.example; b@x.example;", "a@x.example b@x.example"},
      {"A: a@x.example, b@x.example;, c@x.example", "a@x.example b@x.example c@x.example"},
      {"\"A, B\" <a@x.example>,,(c, d) b@x.example", "a@x.example b@x.example"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto list = ParseAddressList(c.text);
    ASSERT_TRUE(list.ok()) << list.status();
    std::string specs;
    for (const Address& address : *list)
      absl::StrAppend(&specs, specs.empty() ? "" : " ", address.Spec());
    EXPECT_EQ(specs, c.specs);
  }
}

TEST(ParseAddressList, NamesTheEntryThatCannotBeRead) {
  const absl::Status status =
      ParseAddressList("ann@example.org, Bob <bob>, eve@example.org").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"bob\""));
}

TEST(ParseAddressList, HoldsItsLimit) {
  EXPECT_TRUE(ParseAddressList("a@x.example, b@x.example", 2).ok());
  EXPECT_EQ(ParseAddressList("a@x.example, b@x.example", 1).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ParseAddressList, TakesHostileInputInItsStride) {
  for (const char* piece : {"(", "<", "\"", "\\", "(\"", "a:", ",", "\"(<", "=?a?q?", "=?a?q?="}) {
    SCOPED_TRACE(piece);
    std::string flood;
    for (int i = 0; i < 100000; ++i) flood += piece;
    const auto list = ParseAddressList(flood + " ann@example.org");
    if (list.ok()) {
      EXPECT_LE(list->size(), 1u);
    }
  }
}

TEST(Address, WritesWhatItReads) {
  for (const char* text :
       {"ann@example.org", "Ann <ann@example.org>", "\"Smith, Ann\" <ann@example.org>",
        "\"a b\"@example.org", "\"a\\\"b\\\\\"@example.org", "\".\"@example.org",
        "\"x <y@z.example>\" <ann@example.org>", "Ännä <ännä@example.org>"}) {
    SCOPED_TRACE(text);
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->Readable(), text);
  }
}

}  // namespace
}  // namespace postern::mail
