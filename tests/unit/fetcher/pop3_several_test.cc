// Several POP3 commands at once, where the server offers PIPELINING (RFC 2449).
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/pop3_reading.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"

namespace postern::fetcher {
namespace {

using testing::Await;
using testing::ScriptedStream;

std::string LoginTo(const std::string& offered) {
  return absl::StrCat("S: +OK\nC: CAPA\nS: +OK\nS: USER\n", offered,
                      "S: .\nC: USER ann\nS: +OK\nC: PASS secret\nS: +OK\n");
}
const std::string kPipelining = "S: PIPELINING\n";

std::string Text(const std::string& subject) {
  return absl::StrCat("S: +OK\nS: Subject: ", subject, "\nS:\nS: .\n");
}

net::Task<std::string> Converse(net::ByteStream& stream, size_t count, Depth last) {
  pop3::Session session(stream);
  sasl::Credentials credentials;
  credentials.login = "ann";
  credentials.secret = crypto::Secret("secret");
  if (absl::Status s = co_await session.Greet(); !s.ok()) co_return s.ToString();
  if (absl::Status s = co_await session.Login(credentials, PasswordRule::kEncryptedOnly); !s.ok()) {
    co_return s.ToString();
  }
  std::vector<WantedMail> wanted(count);
  for (size_t i = 0; i < count; ++i) wanted[i].facts.uid = static_cast<uint32_t>(i + 1);
  wanted.back().depth = last;
  ReadMails read = co_await ReadSome(session, wanted);
  std::vector<std::string> told;
  for (const auto& mail : read.mails) {
    told.push_back(mail ? absl::StrCat(mail->subject, " ", mail->size) : "gone");
  }
  if (!read.status.ok()) {
    told.push_back(absl::StatusCodeToString(read.status.code()));
    if (!read.sure) told.push_back("somewhere");
  }
  co_return absl::StrJoin(told, ", ");
}

void Expect(const std::string& script, size_t count, const std::string& told,
            Depth last = Depth::kAll) {
  ScriptedStream stream(script);
  EXPECT_EQ(Await(Converse(stream, count, last)), told);
  EXPECT_EQ(stream.mismatch(), "");
  EXPECT_EQ(stream.Remaining(), "");
}

TEST(Pop3Several, AreReadInTwoRoundTrips) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nC: LIST 3\nS: +OK 1 20\n",
                      "S: +OK 2 30\nS: +OK 3 40\nC: RETR 1\nC: RETR 2\nC: RETR 3\n", Text("one"),
                      Text("two"), Text("three")),
         3, "one 20, two 30, three 40");
}

TEST(Pop3Several, GoOneByOneWhereItIsNotOffered) {
  Expect(absl::StrCat(LoginTo(""), "C: LIST 1\nS: +OK 1 20\nC: RETR 1\n", Text("one")), 3,
         "one 20");
}

TEST(Pop3Several, LargeOnesAreLeftForLater) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nC: LIST 3\nS: +OK 1 20\n",
                      "S: +OK 2 30\nS: +OK 3 2000000\nC: RETR 1\nC: RETR 2\n", Text("one"),
                      Text("two")),
         3, "one 20, two 30");
}

TEST(Pop3Several, WithTheLastToBeReadInPartAreWithoutIt) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nS: +OK 1 20\nS: +OK 2 30\n",
                      "C: RETR 1\nC: RETR 2\n", Text("one"), Text("two")),
         3, "one 20, two 30", Depth::kHeader);
}

TEST(Pop3Several, ARefusedOneEndsThem) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nC: LIST 3\nS: +OK 1 20\n",
                      "S: +OK 2 30\nS: +OK 3 40\nC: RETR 1\nC: RETR 2\nC: RETR 3\n", Text("one"),
                      "S: -ERR not that one\n", Text("three")),
         3, "one 20");
}

// By itself it is refused again, and known to be the one.
TEST(Pop3Several, TheFirstRefusedIsAskedForAgain) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nS: +OK 1 20\nS: +OK 2 30\n",
                      "C: RETR 1\nC: RETR 2\nS: -ERR no\n", Text("two"),
                      "C: LIST 1\nS: +OK 1 20\nC: RETR 1\nS: -ERR no\n"),
         2, "FAILED_PRECONDITION");
}

TEST(Pop3Several, WhatBreaksLeavesThoseThatCame) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nC: LIST 3\nS: +OK 1 20\n",
                      "S: +OK 2 30\nS: +OK 3 40\nC: RETR 1\nC: RETR 2\nC: RETR 3\n", Text("one"),
                      "S: +OK\nS: Subject: two\n"),
         3, "one 20, UNAVAILABLE, somewhere");
}

TEST(Pop3Several, SizesOfOthersMakeNoSense) {
  Expect(absl::StrCat(LoginTo(kPipelining), "C: LIST 1\nC: LIST 2\nS: +OK 2 20\n"), 2,
         "DATA_LOSS, somewhere");
}

}  // namespace
}  // namespace postern::fetcher
