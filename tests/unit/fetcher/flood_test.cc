// Servers that never end what they say: they are not kept in memory, and others get their turn.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/pop3/session.h"
#include "tests/support/answering_stream.h"
#include "tests/support/await.h"

namespace postern::fetcher {
namespace {

using testing::AnsweringStream;
using testing::Await;
using Lines = std::vector<std::string>;

void Append(const Lines& more, Lines& lines) {
  lines.insert(lines.end(), more.begin(), more.end());
}

// The server's side of the opening of a mailbox with so many mails.
Lines Opening(absl::string_view offered, int mails) {
  return {absl::StrCat("* OK [CAPABILITY IMAP4rev1", offered, "] hi"),
          absl::StrCat("* ", mails, " EXISTS"), "* OK [UIDVALIDITY 7]", "A1 OK"};
}

// Every other UID: neighbours would be one range.
Lines Found(absl::string_view head, int lines, absl::string_view separator) {
  Lines found;
  uint32_t uid = 1;
  for (int i = 0; i < lines; ++i) {
    std::string line(head);
    for (int j = 0; j < 1000; ++j, uid += 2) absl::StrAppend(&line, j ? separator : " ", uid);
    found.push_back(std::move(line));
  }
  return found;
}

net::Task<absl::Status> Open(imap::Session& session) {
  if (absl::Status s = co_await session.Greet(false); !s.ok()) co_return s;
  const std::string inbox = "INBOX";
  auto opened = co_await session.Examine(inbox);
  co_return opened.status();
}

TEST(Flood, IsHeardInTurns) {
  AnsweringStream stream(Lines(100'000, "* OK still here"));
  imap::Session session(stream);
  int turns = 0;
  for (; turns < 1000; ++turns) {
    const auto heard = session.Hear();
    if (!heard.ok()) break;  // it hung up
    EXPECT_TRUE(*heard) << "a dialogue goes on, which lets others have their turn";
  }
  EXPECT_GT(turns, 50);
}

TEST(Flood, OfFoundMailsIsNotKept) {
  const struct {
    const char* offered;
    Lines answer;
    absl::StatusCode outcome;
  } cases[] = {
      {"", {"* SEARCH 1 3 5"}, absl::StatusCode::kOk},
      {"", Found("* SEARCH", 20, " "), absl::StatusCode::kDataLoss},
      {" ESEARCH", {"* ESEARCH (TAG \"A2\") UID ALL 1,3,5"}, absl::StatusCode::kOk},
      {" ESEARCH", Found("* ESEARCH (TAG \"A2\") UID ALL", 20, ","), absl::StatusCode::kDataLoss},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.offered, " ", c.answer.size()));
    Lines lines = Opening(c.offered, 3);
    Append(c.answer, lines);
    lines.push_back("A2 OK");
    AnsweringStream stream(std::move(lines));
    imap::Session session(stream);
    ASSERT_TRUE(Await(Open(session)).ok());
    EXPECT_EQ(Await(session.Search({})).status().code(), c.outcome);
  }
}

TEST(Flood, OfSortedMailsIsNotKept) {
  Lines lines = Opening(" SORT", 3);
  Append(Found("* SORT", 20, " "), lines);
  lines.push_back("A2 OK");
  AnsweringStream stream(std::move(lines));
  imap::Session session(stream);
  ASSERT_TRUE(Await(Open(session)).ok());
  EXPECT_EQ(Await(session.SortByArrival({}, 0)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Flood, OfEmptyPartsOfAMailIsNotKept) {
  Lines lines;
  for (int line = 0, part = 0; line < 50; ++line) {
    std::string parts = absl::StrCat("* 1 FETCH (UID 9");
    for (int i = 0; i < 1000; ++i) absl::StrAppend(&parts, " BODY[", ++part, "] \"\"");
    lines.push_back(absl::StrCat(parts, ")"));
  }
  lines.push_back("A1 OK");
  AnsweringStream stream(std::move(lines));
  imap::Session session(stream);
  const std::string items = "UID BODY.PEEK[]";
  EXPECT_EQ(Await(session.FetchOne(9, items)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Flood, OfAQuotaIsNotKept) {
  Lines lines = Opening(" QUOTA", 3);
  const std::string long_name(60'000, 'x');
  Append({absl::StrCat("* QUOTA \"\" (", long_name, " 1 2 STORAGE 10 20)"), "A2 OK"}, lines);
  AnsweringStream stream(std::move(lines));
  imap::Session session(stream);
  ASSERT_TRUE(Await(Open(session)).ok());
  const auto quota = Await(session.AskQuota("INBOX"));
  ASSERT_TRUE(quota.ok()) << quota.status();
  ASSERT_EQ(quota->size(), 1u);
  EXPECT_EQ(quota->front().name, "STORAGE");
}

net::Task<void> Tick(int& ticks) {
  for (;;) {
    co_await net::Sleep(net::Duration::zero());
    ++ticks;
  }
}

TEST(Flood, OfAMailByPop3LeavesOthersTheirTurn) {
  Lines lines = {"+OK"};
  Append(Lines(300'000, "x"), lines);
  lines.push_back(".");
  AnsweringStream stream(std::move(lines));
  pop3::Session session(stream);
  boost::asio::io_context io;
  int ticks = 0;
  boost::asio::co_spawn(io, Tick(ticks), boost::asio::detached);
  constexpr size_t kMost = 1 << 20;
  const auto text = Await(io, session.Retrieve(1, kMost, kMost, kMost));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->bytes.size(), 900'000u);
  EXPECT_GT(ticks, 5);
}

}  // namespace
}  // namespace postern::fetcher
