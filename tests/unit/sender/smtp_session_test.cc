// What scripts don't show: how much goes out at once, several mails in one session, time.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/net/deadline.h"
#include "services/sender/smtp/session.h"
#include "tests/support/await.h"
#include "tests/support/living_stream.h"

namespace postern::sender::smtp {
namespace {

using testing::Await;

constexpr char kHost[] = "smtp.example.org";

// Answers by how a command begins; "" is silence, for ever.
class Server : public testing::LivingStream {
 public:
  explicit Server(const std::string& words, std::string greeting = "220 hi")
      : LivingStream(std::move(greeting)) {
    answers = {{"EHLO", absl::StrCat("250-hi\n", words)},
               {"STARTTLS", "220 go"},
               {"MAIL", "250 ok"},
               {"RCPT", "250 ok"},
               {"DATA", "354 go"},
               {".", "250 taken"},
               {"BDAT", "250 more"},
               {"LAST", "250 taken"},
               {"RSET", "250 ok"},
               {"QUIT", "221 bye"}};
  }

  net::Task<absl::StatusOr<std::string>> ReadLine() override {
    if (silent_ && IsSilent()) co_await net::Sleep(std::chrono::hours(1));
    co_return co_await LivingStream::ReadLine();
  }

  std::map<std::string, std::string> answers;
  std::string content;  // of all mails, as it came by BDAT

 private:
  net::Task<absl::Status> Write(std::string bytes) override {
    if (!absl::StartsWith(bytes, "BDAT ")) co_return co_await LivingStream::Write(bytes);
    const size_t end = bytes.find("\r\n");
    content += bytes.substr(end + 2);
    co_return co_await LivingStream::Write(bytes.substr(0, end + 2));
  }

  void Hear(const std::string& line) override {
    if (in_data_ && line != ".") return;
    in_data_ = false;
    // The longest prefix comes last.
    for (auto one = answers.rbegin(); one != answers.rend(); ++one) {
      const auto& [prefix, answer] = *one;
      const bool last = prefix == "LAST" && absl::EndsWith(line, " LAST");
      if (prefix == "BDAT" && absl::EndsWith(line, " LAST")) continue;
      if (!absl::StartsWith(line, prefix) && !last) continue;
      if (answer.empty()) silent_ = true;
      for (absl::string_view part : absl::StrSplit(answer, '\n', absl::SkipEmpty())) {
        Say(std::string(part));
      }
      in_data_ = absl::StartsWith(answer, "354");
      return;
    }
    Say("500 what?");
  }

  bool in_data_ = false, silent_ = false;
};

class Text : public ContentReader {
 public:
  explicit Text(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  net::Task<absl::StatusOr<std::string>> Next() override {
    if (next_ == pieces_.size()) co_return "";
    co_return pieces_[next_++];
  }
  void Rewind() override { next_ = 0; }

 private:
  const std::vector<std::string> pieces_;
  size_t next_ = 0;
};

// Looks at what the server had got when it was asked.
class Witness : public BeforeDot {
 public:
  Witness(const Server& server, absl::Status answer)
      : server_(server), answer_(std::move(answer)) {}
  net::Task<absl::Status> Mark() override {
    writes_before = server_.writes().size();
    ++asked;
    co_return answer_;
  }
  size_t writes_before = 0;
  int asked = 0;

 private:
  const Server& server_;
  const absl::Status answer_;
};

Envelope To(std::vector<std::string> to) {
  Envelope envelope;
  envelope.from = "ann@example.org";
  envelope.to = std::move(to);
  return envelope;
}

net::Task<absl::Status> Carry(Session& session, Transaction& transaction,
                              std::vector<std::string> pieces, BeforeDot* before_dot = nullptr) {
  Envelope envelope = To({});
  auto wanted = co_await session.Offer(envelope, transaction);
  if (!wanted.ok() || !*wanted) co_return wanted.status();
  Text content(std::move(pieces));
  co_return co_await session.Transfer(content, transaction, before_dot);
}

Transaction For(const std::vector<std::string>& to) { return Transaction(to); }

TEST(SmtpSession, SendsASmallMailInTwoWrites) {
  Server server("250 PIPELINING");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  Transaction t = For({"bob@example.net", "eve@example.net"});
  const size_t before = server.writes().size();
  ASSERT_TRUE(Await(Carry(session, t, {"Subject: x\r\n\r\n", ".hi"})).ok());
  const auto& writes = server.writes();
  ASSERT_EQ(writes.size(), before + 2);
  EXPECT_EQ(writes[before],
            "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.net>\r\n"
            "RCPT TO:<eve@example.net>\r\nDATA\r\n");
  EXPECT_EQ(writes[before + 1], "Subject: x\r\n\r\n..hi\r\n.\r\n");
  EXPECT_EQ(t.recipients[1].fate, Fate::kSent);
}

TEST(SmtpSession, AsksOneByOneWhereThatIsAllTheServerBears) {
  Server server("250 SIZE");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  Transaction t = For({"bob@example.net"});
  ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
  for (const std::string& write : server.writes()) {
    if (write == "hi\r\n.\r\n") continue;
    EXPECT_EQ(write.find('\n'), write.size() - 1) << write;
  }
}

TEST(SmtpSession, KeepsWhatIsInFlightSmall) {
  Server server("250 PIPELINING");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  std::vector<std::string> to;
  for (int i = 0; i < 3000; ++i) to.push_back(absl::StrCat("reader", i, "@lists.example.net"));
  Transaction t = For(to);
  ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
  size_t largest = 0, batches = 0;
  for (const std::string& write : server.writes()) {
    largest = std::max(largest, write.size());
    batches += absl::StrContains(write, "RCPT");
  }
  EXPECT_LE(largest, 33u * 1024);
  EXPECT_LE(batches, 5u) << "and yet many go together";
  EXPECT_EQ(std::count_if(t.recipients.begin(), t.recipients.end(),
                          [](const Recipient& r) { return r.fate == Fate::kSent; }),
            3000);
}

TEST(SmtpSession, CarriesOneMailAfterTheOther) {
  Server server("250 PIPELINING");
  Session session(server, kHost);
  EXPECT_FALSE(session.Reusable());
  ASSERT_TRUE(Await(session.Open({})).ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(session.Reusable());
    Transaction t = For({"bob@example.net"});
    ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
    EXPECT_EQ(t.recipients[0].fate, Fate::kSent);
    EXPECT_FALSE(absl::StrContains(server.writes()[server.writes().size() - 2], "RSET"));
  }
  // After one that was refused the server has something to forget, and is told so on the way.
  server.answers["RCPT"] = "550 no";
  server.answers["DATA"] = "503 no";
  Transaction refused = For({"bob@example.net"});
  ASSERT_TRUE(Await(Carry(session, refused, {"hi"})).ok());
  EXPECT_EQ(refused.recipients[0].fate, Fate::kFailed);
  EXPECT_TRUE(session.Reusable());
  server.answers["RCPT"] = "250 ok";
  server.answers["DATA"] = "354 go";
  Transaction t = For({"bob@example.net"});
  ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
  EXPECT_EQ(t.recipients[0].fate, Fate::kSent);
  EXPECT_TRUE(absl::StartsWith(server.writes()[server.writes().size() - 2], "RSET\r\nMAIL"));
  EXPECT_TRUE(Await(session.Reset()).ok());
  EXPECT_TRUE(session.Reusable());
}

TEST(SmtpSession, EndsAtTheServersLimitOfMails) {
  Server server("250 LIMITS MAILMAX=2");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  EXPECT_EQ(session.limits().mails, 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(session.Reusable());
    Transaction t = For({"bob@example.net"});
    ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
  }
  EXPECT_FALSE(session.Reusable());
}

TEST(SmtpSession, TakesWhoIsLeftOverInFurtherMails) {
  Server server("250-PIPELINING\n250 LIMITS RCPTMAX=2");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  Transaction t = For({"a@b.c", "b@b.c", "c@b.c", "d@b.c", "e@b.c"});
  // Whom the server refuses for now does not keep the others from their turn.
  server.answers["RCPT TO:<a@b.c>"] = "451 later";
  server.answers.erase("RCPT");
  for (const char* to : {"b", "c", "d", "e"}) {
    server.answers[absl::StrCat("RCPT TO:<", to, "@b.c>")] = "250 ok";
  }
  int mails = 0;
  do {
    ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
  } while (t.AnyLeftOver() && ++mails < 10);
  EXPECT_EQ(mails, 2);
  EXPECT_EQ(t.recipients[0].fate, Fate::kPending);
  for (size_t i = 1; i < 5; ++i) EXPECT_EQ(t.recipients[i].fate, Fate::kSent) << i;
}

TEST(SmtpSession, TellsARefusedSenderFromRefusedRecipients) {
  for (const bool sender : {true, false}) {
    Server server("250 PIPELINING");
    Session session(server, kHost);
    ASSERT_TRUE(Await(session.Open({})).ok());
    server.answers[sender ? "MAIL" : "RCPT"] = "450 4.7.1 not now";
    if (sender) server.answers["RCPT"] = "503 no";
    server.answers["DATA"] = "503 no";
    Transaction t = For({"bob@example.net"});
    ASSERT_TRUE(Await(Carry(session, t, {"hi"})).ok());
    EXPECT_EQ(t.sender_refused, sender);
    EXPECT_EQ(t.recipients[0].fate, Fate::kPending);
    EXPECT_EQ(t.recipients[0].status, "4.7.1");
    server.answers["MAIL"] = "250 ok";
    Transaction next = t;
    ASSERT_TRUE(Await(Carry(session, next, {"hi"})).ok());
    EXPECT_FALSE(next.sender_refused);
  }
}

TEST(SmtpSession, IsOverInTheMidstOfAMail) {
  Server server("250 PIPELINING");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  Transaction t = For({"bob@example.net"});
  const Envelope envelope = To({});
  ASSERT_TRUE(*Await(session.Offer(envelope, t)));
  EXPECT_FALSE(session.Reusable());
  const size_t writes = server.writes().size();
  boost::asio::io_context io;
  Await(io, session.Quit());
  EXPECT_TRUE(absl::IsInternal(Await(session.Reset())));
  EXPECT_TRUE(absl::IsInternal(Await(session.Offer(envelope, t)).status()));
  EXPECT_EQ(server.writes().size(), writes) << "each would be a line of the mail";
}

TEST(SmtpSession, PutsTheDotOnRecordFirst) {
  for (const bool chunks : {false, true}) {
    SCOPED_TRACE(chunks ? "BDAT" : "DATA");
    Server server(chunks ? "250 CHUNKING" : "250 SIZE");
    Session session(server, kHost);
    ASSERT_TRUE(Await(session.Open({})).ok());
    Transaction t = For({"bob@example.net"});
    Witness witness(server, absl::OkStatus());
    const std::string large(300'000, 'x');
    ASSERT_TRUE(Await(Carry(session, t, {"S: x\r\n", large, large, "end"}, &witness)).ok());
    EXPECT_EQ(witness.asked, 1);
    EXPECT_EQ(witness.writes_before, server.writes().size() - 1) << "all but the end was sent";
    EXPECT_EQ(t.recipients[0].fate, Fate::kSent);
    EXPECT_TRUE(t.dot_began);
    EXPECT_FALSE(t.dot_sent);
  }
}

TEST(SmtpSession, SendsNoDotThatIsNotOnRecord) {
  for (const bool chunks : {false, true}) {
    SCOPED_TRACE(chunks ? "BDAT" : "DATA");
    Server server(chunks ? "250 CHUNKING" : "250 SIZE");
    Session session(server, kHost);
    ASSERT_TRUE(Await(session.Open({})).ok());
    Transaction t = For({"bob@example.net"});
    Witness witness(server, absl::AbortedError("somebody else's"));
    EXPECT_TRUE(absl::IsAborted(Await(Carry(session, t, {"hi\r\n", "you\r\n"}, &witness))));
    EXPECT_EQ(t.recipients[0].fate, Fate::kPending);
    EXPECT_FALSE(t.dot_began);
    EXPECT_FALSE(session.Reusable());
    for (const std::string& write : server.writes()) {
      EXPECT_FALSE(absl::EndsWith(write, ".\r\n") || absl::StrContains(write, "LAST")) << write;
    }
  }
}

TEST(SmtpSession, SendsALargeMailInChunksOfBoundedSize) {
  Server server("250-PIPELINING\n250 CHUNKING");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  std::vector<std::string> pieces = {"Subject: x\r\n\r\n"};
  std::string whole = pieces[0];
  for (int i = 0; i < 3000; ++i) {
    pieces.push_back(absl::StrCat(".", std::string(900, 'a' + i % 26), "\r\n"));
    whole += pieces.back();
  }
  for (int mail = 0; mail < 2; ++mail) {
    server.content.clear();
    Transaction t = For({"bob@example.net"});
    ASSERT_TRUE(Await(Carry(session, t, pieces)).ok());
    EXPECT_EQ(t.recipients[0].fate, Fate::kSent);
    EXPECT_TRUE(server.content == whole);
  }
  for (const std::string& line : server.heard()) {
    absl::string_view rest = line;
    uint64_t size = 0;
    if (!absl::ConsumePrefix(&rest, "BDAT ")) continue;
    ASSERT_TRUE(absl::SimpleAtoi(absl::StripSuffix(rest, " LAST"), &size)) << line;
    EXPECT_LE(size, 257u * 1024);
  }
  EXPECT_TRUE(session.Reusable());
}

TEST(SmtpSession, StopsAtAChunkThatIsRefused) {
  Server server("250 CHUNKING");
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open({})).ok());
  server.answers["BDAT 262"] = "552 5.3.4 too large";
  Transaction t = For({"bob@example.net"});
  const std::string line(600, 'x');
  const std::vector<std::string> pieces(2000, line + "\r\n");
  ASSERT_TRUE(Await(Carry(session, t, pieces)).ok());
  EXPECT_EQ(t.recipients[0].fate, Fate::kFailed);
  EXPECT_EQ(t.recipients[0].status, "5.3.4");
  EXPECT_FALSE(t.dot_began);
  EXPECT_TRUE(session.Reusable());
  Transaction next = For({"bob@example.net"});
  ASSERT_TRUE(Await(Carry(session, next, {"hi"})).ok());
  EXPECT_EQ(next.recipients[0].fate, Fate::kSent);
  const auto& heard = server.heard();
  EXPECT_NE(std::find(heard.begin(), heard.end(), "RSET"), heard.end());
}

// Every wait ends, with a sentence that names the server; a mail whose end was sent is uncertain.
TEST(SmtpSession, WaitsForNoneForEver) {
  Waits waits;
  waits.greeting = waits.command = waits.data_start = waits.data_block = waits.data_end =
      std::chrono::milliseconds(20);
  for (const char* step : {"greeting", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
    for (const bool together : {false, true}) {
      SCOPED_TRACE(absl::StrCat(step, together ? " together" : " one by one"));
      Server server(together ? "250 PIPELINING" : "250 SIZE");
      server.answers[step] = "";
      KnownFaults faults;
      Opening opening;
      opening.faults = &faults;
      Session session(server, kHost, waits);
      absl::Status status = Await(session.Open(opening));
      if (step == std::string("greeting")) continue;  // this server always greets
      Transaction t = For({"bob@example.net"});
      if (status.ok()) status = Await(Carry(session, t, {"hi"}));
      EXPECT_EQ(status.message(), "smtp.example.org did not answer within 0 s");
      EXPECT_TRUE(absl::IsDeadlineExceeded(status));
      EXPECT_FALSE(session.Reusable());
      EXPECT_EQ(t.dot_sent, step == std::string("."));
      EXPECT_EQ(t.recipients[0].fate, Fate::kPending);
    }
  }
}

// The attempt's own time may be over first.
TEST(SmtpSession, LearnsAlsoWhenItIsBrokenOff) {
  Server server("250 PIPELINING");
  server.answers["RCPT"] = "";
  KnownFaults faults;
  Opening opening;
  opening.faults = &faults;
  Session session(server, kHost);
  ASSERT_TRUE(Await(session.Open(opening)).ok());
  EXPECT_FALSE(faults.Has(kHost, KnownFaults::Fault::kPipelining));
  Transaction t = For({"bob@example.net"});
  const auto limit = std::chrono::milliseconds(20);
  EXPECT_FALSE(Await(net::WithDeadline(limit, Carry(session, t, {"hi"}))).ok());
  EXPECT_FALSE(session.Reusable());
  EXPECT_TRUE(faults.Has(kHost, KnownFaults::Fault::kPipelining));
}

}  // namespace
}  // namespace postern::sender::smtp
