#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/content_form.h"
#include "services/sender/smtp/known_faults.h"
#include "services/sender/smtp/mail_commands.h"
#include "services/sender/smtp/reply.h"
#include "tests/support/mutant_mail.h"

namespace postern::sender::smtp {
namespace {

TEST(Reply, IsReadFromItsLines) {
  const struct {
    const char* name;
    std::vector<std::string> lines;
    int code;
    const char* enhanced;
    const char* text;
  } cases[] = {
      {"one line", {"250 ok"}, 250, "", "250 ok"},
      {"code alone", {"250"}, 250, "", "250"},
      {"code and space", {"354 "}, 354, "", "354"},
      {"two lines", {"250-first", "250 second"}, 250, "", "250 first / second"},
      {"enhanced code", {"550 5.1.1 no such user"}, 550, "5.1.1", "550 5.1.1 no such user"},
      {"enhanced code of another class", {"550 2.1.1 odd"}, 550, "", "550 2.1.1 odd"},
      {"looks like an enhanced code", {"550 5.1 of us"}, 550, "", "550 5.1 of us"},
      {"not the same code: the last counts", {"250-ok", "550 no"}, 550, "", "550 ok / no"},
      {"control characters", {"550 a\tb\x1b[31m"}, 550, "", "550 a?b?[31m"},
      {"UTF-8 stays", {"550 gibt's nicht: jörg"}, 550, "", "550 gibt's nicht: jörg"},
      {"what is no UTF-8 does not", {"550 j\xf6rg"}, 550, "", "550 j?rg"},
      {"nor does a surrogate", {"550 \xed\xa0\x80"}, 550, "", "550 ???"},
      {"nor a cut sequence", {"550 \xe2\x82"}, 550, "", "550 ??"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ReplyAssembler assembler;
    for (size_t i = 0; i < c.lines.size(); ++i) {
      const auto complete = assembler.Add(c.lines[i]);
      ASSERT_TRUE(complete.ok()) << complete.status();
      EXPECT_EQ(*complete, i + 1 == c.lines.size());
    }
    const Reply reply = assembler.Take();
    EXPECT_EQ(reply.code, c.code);
    EXPECT_EQ(reply.enhanced, c.enhanced);
    EXPECT_EQ(reply.Text(), c.text);
  }
}

TEST(Reply, IsRefusedWhenItIsNone) {
  const std::string cases[] = {"",         "25",     "HTTP/1.1 200 OK", "2x0 ok",   "150 early",
                               "650 late", "250_ok", "+OK ready",       "* OK IMAP"};
  for (const std::string& line : cases) {
    SCOPED_TRACE(line);
    const auto complete = ReplyAssembler().Add(line);
    EXPECT_EQ(complete.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(complete.status().message(), "did not answer like an SMTP server");
  }
}

TEST(Reply, IsBounded) {
  ReplyAssembler endless;
  size_t lines = 0;
  while (endless.Add("250-more").ok()) ASSERT_LT(++lines, 1000u);
  EXPECT_EQ(lines, 200u);

  ReplyAssembler wide;
  ASSERT_TRUE(wide.Add(absl::StrCat("250 ", std::string(60'000, 'x'))).ok());
  EXPECT_LT(wide.Take().Text().size(), 500u);
}

TEST(Reply, TextIsCutBetweenLetters) {
  std::string umlauts;
  for (int i = 0; i < 250; ++i) umlauts += "ö";
  for (const char* before : {"", "x"}) {
    ReplyAssembler assembler;
    ASSERT_TRUE(assembler.Add(absl::StrCat("550 ", before, umlauts)).ok());
    const std::string text = assembler.Take().Text();
    EXPECT_EQ(text.substr(text.size() - 5), "ö...");
  }
}

TEST(Capabilities, AreWhatEhloLists) {
  const Reply ehlo{250,
                   "",
                   {"STARTTLS is my name", "starttls", "SIZE 35882577", "8BITMIME", "SMTPUTF8",
                    "AUTH LOGIN plain", "AUTH=CRAM-MD5", "", "X-ODD  "}};
  const Capabilities offered = ParseCapabilities(ehlo);
  EXPECT_TRUE(offered.start_tls);
  EXPECT_TRUE(offered.eight_bit);
  EXPECT_TRUE(offered.utf8);
  EXPECT_TRUE(offered.size);
  EXPECT_EQ(offered.max_size, 35882577u);
  EXPECT_EQ(offered.auth, (std::vector<std::string>{"LOGIN", "PLAIN", "CRAM-MD5"}));
  EXPECT_FALSE(ParseCapabilities({250, "", {"STARTTLS"}}).start_tls) << "that is the server's name";
  EXPECT_EQ(ParseCapabilities({250, "", {"x", "SIZE"}}).max_size, 0u);
  const Limits limits =
      ParseCapabilities({250, "", {"x", "LIMITS MAILMAX=9 rcptdomainmax=1 RCPTMAX=many"}}).limits;
  EXPECT_EQ(limits.mails, 9u);
  EXPECT_EQ(limits.recipients, 0u);
  EXPECT_EQ(limits.domains, 1u);
  EXPECT_EQ(ParseCapabilities({250, "", {"x", "SIZE 99999999999999999999999"}}).max_size, 0u);
}

// What DATA and BDAT send of `content`, told in two pieces that meet at `at`.
std::string OnTheWire(ContentForm::Dots dots, absl::string_view content, size_t at) {
  ContentForm form(dots);
  std::string out;
  form.Add(content.substr(0, at), out);
  form.Add(content.substr(at), out);
  form.End(out);
  return out;
}

TEST(ContentForm, IsWhatMayGoOverTheWire) {
  const std::string nul(1, '\0');
  const struct {
    const char* name;
    std::string content, wire;
  } cases[] = {
      {"empty", "", ""},
      {"plain", "hi\r\n", "hi\r\n"},
      {"dot first", ".hi\r\n", "..hi\r\n"},
      {"dot alone", ".\r\n", "..\r\n"},
      {"dot inside", "a.b\r\n", "a.b\r\n"},
      {"dot after a line", "a\r\n.b\r\n", "a\r\n..b\r\n"},
      {"no final CRLF", "hi", "hi\r\n"},
      {"bare LF", "a\n.\nb\n", "a\r\n..\r\nb\r\n"},
      {"bare CR", "a\r.\rb\r", "a\r\n..\r\nb\r\n"},
      {"LF dot CRLF", "a\n.\r\nb", "a\r\n..\r\nb\r\n"},
      {"CR CR LF", "a\r\r\nb", "a\r\n\r\nb\r\n"},
      {"LF CR", "a\n\rb", "a\r\n\r\nb\r\n"},
      {"NUL", "a" + nul + "b", "ab\r\n"},
      {"NUL between CR and LF", "a\r" + nul + "\nb", "a\r\nb\r\n"},
      {"NUL before a dot", "a\r\n" + nul + ".\r\n", "a\r\n..\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    for (size_t at = 0; at <= c.content.size(); ++at) {
      SCOPED_TRACE(absl::StrCat("in pieces at ", at));
      EXPECT_EQ(OnTheWire(ContentForm::Dots::kDoubled, c.content, at), c.wire + ".\r\n");
      const std::string chunk = absl::StrReplaceAll(c.wire, {{"..", "."}});
      EXPECT_EQ(OnTheWire(ContentForm::Dots::kAsTheyAre, c.content, at), chunk);
    }
  }
}

TEST(ContentForm, HasNoLineThatIsTooLong) {
  const std::string x998(998, 'x'), x997(997, 'x');
  const struct {
    const char* name;
    std::string content, wire;
  } cases[] = {
      {"as long as may be", x998, x998 + "\r\n"},
      {"one more", x998 + "y", x998 + "\r\n y\r\n"},
      {"twice as long", x998 + x998, x998 + "\r\n " + x997 + "\r\n x\r\n"},
      {"a dot at the break", x998 + ".", x998 + "\r\n .\r\n"},
      {"letters are not cut", x997 + "ö", x997 + "\r\n ö\r\n"},
      {"dots count once", "." + x997, "." + x997 + "\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    for (size_t at = 0; at <= c.content.size(); at += 1 + at % 7) {
      SCOPED_TRACE(absl::StrCat("in pieces at ", at));
      EXPECT_EQ(OnTheWire(ContentForm::Dots::kAsTheyAre, c.content, at), c.wire);
    }
  }
}

// A DKIM signature, say, is made of the form.
TEST(ContentForm, KeepsWhatHasIt) {
  const std::string formed =
      OnTheWire(ContentForm::Dots::kAsTheyAre, "a\n.b\r" + std::string(3000, 'x') + "ö", 5);
  EXPECT_EQ(OnTheWire(ContentForm::Dots::kAsTheyAre, formed, 7), formed);
}

// The answer to smuggling (CVE-2023-51764): whatever comes in, wherever it is cut.
TEST(ContentForm, LetsNothingThroughThatAServerCouldMistake) {
  std::mt19937 random(7);
  for (size_t i = 0; i < 3000; ++i) {
    SCOPED_TRACE(i);
    const std::string mail = testing::MutantMail(i, random);
    for (const auto dots : {ContentForm::Dots::kDoubled, ContentForm::Dots::kAsTheyAre}) {
      ContentForm form(dots);
      std::string wire;
      for (const std::string& piece : testing::CutAnywhere(mail, random)) form.Add(piece, wire);
      form.End(wire);
      EXPECT_EQ(wire, OnTheWire(dots, mail, mail.size()));
      EXPECT_EQ(wire.find('\0'), std::string::npos);
      std::vector<std::string> lines = absl::StrSplit(wire, "\r\n");
      ASSERT_EQ(lines.back(), "");
      lines.pop_back();
      for (size_t at = 0; at < lines.size(); ++at) {
        EXPECT_EQ(lines[at].find_first_of("\r\n"), std::string::npos);
        EXPECT_LE(lines[at].size(), 999u);
        const bool end = dots == ContentForm::Dots::kDoubled && at + 1 == lines.size();
        EXPECT_EQ(lines[at] == "." && dots == ContentForm::Dots::kDoubled, end);
      }
    }
  }
}

TEST(KnownFaults, AreOfOneServer) {
  KnownFaults faults;
  faults.Note("a.example", KnownFaults::Fault::kPipelining);
  EXPECT_TRUE(faults.Has("a.example", KnownFaults::Fault::kPipelining));
  EXPECT_FALSE(faults.Has("a.example", KnownFaults::Fault::kChunking));
  EXPECT_FALSE(faults.Has("b.example", KnownFaults::Fault::kPipelining));
  for (int i = 0; i < 3000; ++i) {
    faults.Note(absl::StrCat(i, ".example"), KnownFaults::Fault::kChunking);
  }
  int known = 0;
  for (int i = 0; i < 3000; ++i) {
    known += faults.Has(absl::StrCat(i, ".example"), KnownFaults::Fault::kChunking);
  }
  EXPECT_LE(known, 1000);
  EXPECT_TRUE(faults.Has("2999.example", KnownFaults::Fault::kChunking));
}

Capabilities Offering(const std::vector<std::string>& words) {
  Reply ehlo{250, "", {"x"}};
  ehlo.lines.insert(ehlo.lines.end(), words.begin(), words.end());
  return ParseCapabilities(ehlo);
}

Envelope From(const std::string& from, const std::string& to) {
  Envelope envelope;
  envelope.from = from;
  envelope.to = {to};
  envelope.size = 7;
  return envelope;
}

TEST(MailCommands, SayWhatTheServerKnows) {
  Envelope reports = From("a@b.c", "a+b@c.d");
  reports.envelope_id = "x+1 2";
  Envelope letters = From("a@b.c", "jörg+1@c.d");
  letters.eight_bit = letters.utf8 = true;
  letters.envelope_id = "x";
  Envelope secret = From("a@b.c", "b@c.d");
  secret.require_tls = true;
  const Capabilities all = Offering({"SIZE", "8BITMIME", "SMTPUTF8", "DSN", "REQUIRETLS"}), none;
  const struct {
    const char* name;
    Envelope envelope;
    Capabilities offered;
    const char *mail, *rcpt;
  } cases[] = {
      {"plain", From("a@b.c", "b@c.d"), none, "MAIL FROM:<a@b.c>", "RCPT TO:<b@c.d>"},
      {"size", From("a@b.c", "b@c.d"), all, "MAIL FROM:<a@b.c> SIZE=7", "RCPT TO:<b@c.d>"},
      {"nobody", From("", "b@c.d"), none, "MAIL FROM:<>", "RCPT TO:<b@c.d>"},
      {"reports", reports, all, "MAIL FROM:<a@b.c> SIZE=7 RET=HDRS ENVID=x+2B1+202",
       "RCPT TO:<a+b@c.d> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@c.d"},
      {"reports that nobody offers", reports, none, "MAIL FROM:<a@b.c>", "RCPT TO:<a+b@c.d>"},
      {"letters", letters, all, "MAIL FROM:<a@b.c> SIZE=7 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x",
       "RCPT TO:<jörg+1@c.d> NOTIFY=FAILURE,DELAY ORCPT=utf-8;jörg\\x{2B}1@c.d"},
      {"encrypted only", secret, all, "MAIL FROM:<a@b.c> SIZE=7 REQUIRETLS", "RCPT TO:<b@c.d>"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Transaction transaction(c.envelope.to);
    EXPECT_EQ(MailCommand(c.envelope, transaction, c.offered), c.mail);
    EXPECT_EQ(RecipientCommand(c.envelope, transaction.recipients[0], c.offered), c.rcpt);
  }
}

TEST(MailCommands, LeaveOutWhatThereIsNoRoomFor) {
  Envelope wide = From("a@b.c", std::string(600, 'x') + "@b.c");
  wide.envelope_id = std::string(101, 'x');
  const Transaction transaction(wide.to);
  const Capabilities offered = Offering({"DSN"});
  EXPECT_EQ(MailCommand(wide, transaction, offered), "MAIL FROM:<a@b.c> RET=HDRS");
  EXPECT_EQ(RecipientCommand(wide, transaction.recipients[0], offered),
            absl::StrCat("RCPT TO:<", wide.to[0], "> NOTIFY=FAILURE,DELAY"));
}

TEST(CanCarry, NamesTheStatus) {
  const Envelope plain = From("a@b.c", "b@c.d");
  Envelope eight_bit = plain, utf8 = plain, secret = plain;
  eight_bit.eight_bit = utf8.utf8 = secret.require_tls = true;
  const struct {
    const char* name;
    Envelope envelope;
    Capabilities offered;
    bool encrypted;
    const char* status;
  } cases[] = {
      {"nothing special", plain, {}, false, ""},
      {"too large", plain, Offering({"SIZE 6"}), true, "5.3.4"},
      {"just fits", plain, Offering({"SIZE 7"}), true, ""},
      {"eight bit", eight_bit, {}, true, "5.6.3"},
      {"letters in the header", utf8, {}, true, "5.6.7"},
      {"letters in an address", From("a@b.c", "ö@c.d"), {}, true, "5.6.7"},
      {"letters in the sender's address", From("ö@b.c", "b@c.d"), {}, true, "5.6.7"},
      {"letters that are offered", From("ö@b.c", "ö@c.d"), Offering({"SMTPUTF8"}), true, ""},
      {"not promised", secret, {}, true, "5.7.30"},
      {"in the clear", secret, Offering({"REQUIRETLS"}), false, "5.7.30"},
      {"promised", secret, Offering({"REQUIRETLS"}), true, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Transaction transaction(c.envelope.to);
    const bool fine = *c.status == '\0';
    EXPECT_EQ(CanCarry(c.envelope, c.offered, c.encrypted, transaction), fine);
    EXPECT_EQ(transaction.recipients[0].status, c.status);
    EXPECT_EQ(transaction.recipients[0].reason.empty(), fine);
  }
}

}  // namespace
}  // namespace postern::sender::smtp
