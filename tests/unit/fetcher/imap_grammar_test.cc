#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/body_structure.h"
#include "services/fetcher/imap/command.h"
#include "services/fetcher/imap/fetch_data.h"
#include "services/fetcher/imap/response.h"

namespace postern::fetcher::imap {
namespace {

// A value written down again: strings in quotes, lists in parentheses.
std::string Show(const std::vector<Value>& values) {
  std::string out;
  for (const Value& value : values) {
    if (!out.empty()) out += " ";
    if (value.kind == Value::Kind::kNil) out += "NIL";
    if (value.kind == Value::Kind::kAtom) out += value.text;
    if (value.kind == Value::Kind::kString) absl::StrAppend(&out, "\"", value.text, "\"");
    if (value.kind == Value::Kind::kList) absl::StrAppend(&out, "(", Show(value.items), ")");
  }
  return out;
}

TEST(ImapResponse, IsTakenApart) {
  struct {
    const char* bytes;
    const char* name;
    uint32_t number;
    const char* code;
    const char* code_text;
    const char* text;
  } const cases[] = {
      {"* OK ready", "OK", 0, "", "", "ready"},
      {"* OK", "OK", 0, "", "", ""},
      {"* ok [uidvalidity 7] fine", "OK", 0, "UIDVALIDITY", "7", "fine"},
      {"* OK [READ-ONLY] x", "OK", 0, "READ-ONLY", "", "x"},
      {"* OK [never closed", "OK", 0, "", "", "[never closed"},
      {"A1 NO [AUTHENTICATIONFAILED] no {5}", "NO", 0, "AUTHENTICATIONFAILED", "", "no {5}"},
      {"* 23 EXISTS", "EXISTS", 23, "", "", ""},
      {"* CAPABILITY IMAP4rev1 IDLE", "CAPABILITY", 0, "", "", "IMAP4rev1 IDLE"},
      {"* BYE", "BYE", 0, "", "", ""},
      {"* SEARCH", "SEARCH", 0, "", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    const auto response = ParseResponse(c.bytes);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->name, c.name);
    EXPECT_EQ(response->number, c.number);
    EXPECT_EQ(response->code, c.code);
    EXPECT_EQ(response->code_text, c.code_text);
    EXPECT_EQ(response->text, c.text);
  }
  EXPECT_EQ(ParseResponse("+")->kind, Response::Kind::kContinuation);
  EXPECT_EQ(ParseResponse("+ go")->kind, Response::Kind::kContinuation);
  EXPECT_EQ(ParseResponse("A1 OK")->tag, "A1");
}

TEST(ImapResponse, FetchValuesAreRead) {
  struct {
    const char* bytes;
    const char* values;
  } const cases[] = {
      {"* 1 FETCH (UID 5)", "UID 5"},
      {"* 1 FETCH ()", ""},
      {"* 1 FETCH (FLAGS (\\Seen $Junk))", "FLAGS (\\Seen $Junk)"},
      {"* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)]<0> \"a\\\"b\\\\\")",
       "BODY[HEADER.FIELDS (FROM TO)]<0> \"a\"b\\\""},
      {"* 1 FETCH (BODY[] {4}\r\na)\"( UID 5)", "BODY[] \"a)\"(\" UID 5"},
      {"* 1 FETCH (BODY[] {0}\r\n UID 5)", "BODY[] \"\" UID 5"},
      {"* 1 FETCH (BINARY[] ~{2}\r\nab)", "BINARY[] \"ab\""},
      {"* 1 FETCH (A nil B \"NIL\" C (()(())))", "A NIL B \"NIL\" C (() (()))"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    const auto response = ParseResponse(c.bytes);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(Show(response->values), c.values);
  }
}

TEST(ImapResponse, SenselessBytesAreDataLoss) {
  const std::string deep = absl::StrCat("* 1 FETCH ", std::string(1'000'000, '('));
  const std::string closed = absl::StrCat(deep, std::string(1'000'000, ')'));
  std::string many = "* 1 FETCH (";
  for (int i = 0; i <= kMaxValues; ++i) many += "1 ";
  many += ")";
  const std::string cases[] = {"",
                               " ",
                               "*",
                               "* ",
                               "A1",
                               "A1 HELLO",
                               "SSH-2.0-OpenSSH",
                               "* 99999999999 EXISTS",
                               "* 1 FETCH",
                               "* 1 FETCH UID 5",
                               "* 1 FETCH (UID 5",
                               "* 1 FETCH (UID 5))",
                               "* 1 FETCH (A \"never closed)",
                               "* 1 FETCH (A {5}\r\nabc)",
                               "* 1 FETCH (A {x}\r\nabc)",
                               "* 1 FETCH (A {5}",
                               deep,
                               closed,
                               many};
  for (const std::string& bytes : cases) {
    SCOPED_TRACE(bytes.substr(0, 60));
    EXPECT_EQ(ParseResponse(bytes).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ImapResponse, EveryBeginningOfAResponseIsHandled) {
  const std::string whole =
      "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (A)]<0> {3}\r\nabc X (\"q\\\"\" NIL (1 2)) Y \"\")";
  for (size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_FALSE(ParseResponse(whole.substr(0, size)).ok() && size > 11);
  }
  EXPECT_TRUE(ParseResponse(whole).ok());
}

TEST(ImapResponseAssembler, PutsLinesAndLiteralsTogether) {
  ResponseAssembler assembler;
  EXPECT_EQ(**assembler.TakeLine("* 1 FETCH (BODY[] {3}"), 3u);
  assembler.TakeLiteral("a{9");
  EXPECT_EQ(**assembler.TakeLine(" UID {1}"), 1u);
  assembler.TakeLiteral("5");
  EXPECT_FALSE(assembler.TakeLine(")")->has_value());
  EXPECT_EQ(assembler.Finish(), "* 1 FETCH (BODY[] {3}\r\na{9 UID {1}\r\n5)");
}

TEST(ImapResponseAssembler, TakesNoLiteralFromHumanWords) {
  for (const char* line : {"* OK never mind {5}", "A1 NO wrong {5}", "+ go {5}", "* BYE {5}"}) {
    SCOPED_TRACE(line);
    ResponseAssembler assembler;
    const auto due = assembler.TakeLine(line);
    ASSERT_TRUE(due.ok());
    EXPECT_FALSE(due->has_value());
  }
}

TEST(ImapResponseAssembler, LimitsWhatAServerMaySend) {
  for (const char* line : {"* 1 FETCH (A {4294967295}", "* 1 FETCH (A {99999999999999999999}",
                           "* 1 FETCH (A {2097153}"}) {
    SCOPED_TRACE(line);
    ResponseAssembler assembler;
    EXPECT_EQ(assembler.TakeLine(line).status().code(), absl::StatusCode::kDataLoss);
  }
  ResponseAssembler assembler;
  absl::Status status = assembler.TakeLine("* 1 FETCH ({1}").status();
  int literals = 1;
  for (; status.ok() && literals < 1'000'000; ++literals) {
    assembler.TakeLiteral("x");
    status = assembler.TakeLine(" {1}").status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(literals, kMaxLiterals + 1);
}

TEST(ImapFetch, ReadsWhatWeAskFor) {
  auto response = ParseResponse(
      "* 7 FETCH (FLAGS () UID 42 RFC822.SIZE 1234 INTERNALDATE \" 1-Jan-1970 01:00:10 +0100\" "
      "BODY[1.2]<0> {2}\r\nhi BODY[] NIL BODYSTRUCTURE (\"text\" \"plain\"))");
  ASSERT_TRUE(response.ok());
  const auto data = ParseFetch(*std::move(response));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->uid, 42u);
  EXPECT_EQ(data->size, 1234u);
  EXPECT_EQ(data->received_unix, 10);
  ASSERT_NE(data->Find("1.2"), nullptr);
  EXPECT_EQ(*data->Find("1.2"), "hi");
  EXPECT_EQ(data->Find(""), nullptr);
  EXPECT_TRUE(data->structure.has_value());
}

TEST(ImapFetch, ReadsInternalDates) {
  const struct {
    const char* text;
    std::optional<int64_t> unix_time;
  } cases[] = {
      {"17-Jul-1996 02:44:25 -0700", 837596665},
      {" 7-Jul-1996 02:44:25 -0700", 836732665},
      {"7-Jul-1996 02:44:25 -0700", 836732665},
      {"29-Feb-2024 23:59:59 +0530", 1709231399},
      {"01-Jan-1970 00:00:00 +0000", 0},
      {"31-Dec-1969 23:59:59 +0000", -1},
      {"17-jul-1996 02:44:25 -0700", 837596665},
      {"29-Feb-2023 00:00:00 +0000", std::nullopt},
      {"00-Jul-1996 02:44:25 -0700", std::nullopt},
      {"17-anF-1996 02:44:25 -0700", std::nullopt},
      {"17-Jul-1996 24:44:25 -0700", std::nullopt},
      {"17-Jul-1996 02:60:25 -0700", std::nullopt},
      {"17-Jul-1996 02:44:25 0700x", std::nullopt},
      {"17-Jul-1996T02:44:25 -0700", std::nullopt},
      {"yesterday", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ParseInternalDate(c.text), c.unix_time);
  }
}

TEST(ImapFetch, OddItemsAreDataLoss) {
  for (const char* bytes : {"* 7 FETCH (UID)", "* 7 FETCH (UID x)", "* 7 FETCH (UID -1)"}) {
    SCOPED_TRACE(bytes);
    EXPECT_EQ(ParseFetch(*ParseResponse(bytes)).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ImapBodyStructure, NumbersAndNamesItsParts) {
  const auto response = ParseResponse(
      "* 1 FETCH (BODYSTRUCTURE (((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 5 1)"
      "(\"TEXT\" \"HTML\" NIL NIL NIL \"BASE64\" 50 1) \"ALTERNATIVE\")"
      "(\"IMAGE\" \"PNG\" (\"NAME\" \"a.png\") NIL NIL \"BASE64\" 780 NIL (\"ATTACHMENT\" "
      "(\"FILENAME\" \"b.png\")))(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (NIL \"Inner\" "
      "NIL) "
      "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1) 3) \"MIXED\"))");
  ASSERT_TRUE(response.ok());
  const auto root = ParseBodyStructure(response->values[1]);
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_EQ(root->parts.size(), 3u);
  EXPECT_EQ(root->subtype, "mixed");
  EXPECT_EQ(root->parts[0].parts[1].section, "1.2");
  EXPECT_EQ(root->parts[0].parts[1].subtype, "html");
  EXPECT_EQ(root->parts[1].section, "2");
  EXPECT_EQ(root->parts[1].octets, 780u);
  EXPECT_EQ(root->parts[1].disposition, "attachment");
  EXPECT_EQ(root->parts[1].disposition_parameters[0].second, "b.png");
  EXPECT_EQ(root->parts[2].subject, "Inner");
}

TEST(ImapCommand, QuotesOrCountsButNeverBreaksTheLine) {
  struct {
    const char* name;
    std::string text;
    std::vector<std::string> pieces;
  } const cases[] = {
      {"plain", "INBOX", {"X \"INBOX\""}},
      {"empty", "", {"X \"\""}},
      {"quotes", "a\"b\\c", {"X \"a\\\"b\\\\c\""}},
      {"8-bit", "gr\xc3\xbc\xc3\x9f", {"X {6}", "gr\xc3\xbc\xc3\x9f"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Command command("X");
    ASSERT_TRUE(command.AddString(c.text, "text").ok());
    EXPECT_EQ(command.pieces(), c.pieces);
  }
  const std::string nul("a\0b", 3);
  for (const std::string& text : {std::string("a\r\nA2 DELETE x"), std::string("\n"), nul}) {
    Command command("X");
    EXPECT_EQ(command.AddString(text, "text").code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(command.pieces(), std::vector<std::string>{"X"});
  }
}

}  // namespace
}  // namespace postern::fetcher::imap
