// Mailboxes as the server lists and names them.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/list_data.h"
#include "services/fetcher/imap/mailbox_name.h"

namespace postern::fetcher::imap {
namespace {

TEST(ImapMailboxName, GoesToModifiedUtf7AndBack) {
  struct {
    const char* name;
    const char* encoded;
  } const cases[] = {
      {"INBOX", "INBOX"},
      {"A&B", "A&-B"},
      {"&", "&-"},
      {"&&", "&-&-"},
      {"a-&-b", "a-&--b"},
      {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
       "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},  // RFC 3501 section 5.1.3
      {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
      {"\xf0\x9f\x98\x80", "&2D3eAA-"},
      {"\xc3\xbc&\xc3\xbc", "&APw-&-&APw-"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(EncodeMailboxName(c.name).value_or("refused"), c.encoded);
    EXPECT_EQ(DecodeMailboxName(c.encoded).value_or("refused"), c.name);
  }
  for (const char* name : {"", "a\r\nb", "\x7f", "\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(EncodeMailboxName(name).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ImapMailboxName, IsShownAsItIsWhereItIsNotModifiedUtf7) {
  struct {
    const char* what;
    const char* wire;
    const char* shown;  // null: not at all
  } const cases[] = {
      {"right", "&APw-", "\xc3\xbc"},
      {"a lone &", "R&D", "R&D"},
      {"never closed", "x&APw", "x&APw"},
      {"base64 for ASCII", "&AGE-", "&AGE-"},
      {"two shifts where one would do", "&APw-&APw-", "&APw-&APw-"},
      {"half a unit", "&AP-", "&AP-"},
      {"/ where , should stand", "&U/BTFw-", "&U/BTFw-"},
      {"padding", "&APw=-", "&APw=-"},
      {"white space in base64", "&AP w-", "&AP w-"},
      {"bits left over", "&APx-", "&APx-"},
      {"a surrogate alone", "&2D0-", "&2D0-"},
      {"surrogates the wrong way round", "&3gDYPQ-", "&3gDYPQ-"},
      {"UTF-8", "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe"},
      {"a control character in base64", "&AAo-", "&AAo-"},
      {"a direction override in base64", "&IC4-x", "&IC4-x"},
      {"empty", "", nullptr},
      {"bytes", "\xff\xfe", nullptr},
      {"a control character", "a\x07", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto shown = ReadableMailboxName(c.wire);
    EXPECT_EQ(shown.has_value(), c.shown != nullptr);
    if (shown && c.shown) {
      EXPECT_EQ(*shown, c.shown);
    }
  }
}

std::string Show(const std::optional<ListedMailbox>& mailbox) {
  if (!mailbox) return "senseless";
  return absl::StrCat(mailbox->name, " (", mailbox->separator, ")",
                      mailbox->selectable ? "" : " closed",
                      mailbox->has_children ? " children" : "");
}

TEST(ImapList, IsRead) {
  struct {
    std::string bytes;
    const char* mailbox;
  } const cases[] = {
      {R"(* LIST () "/" INBOX)", "INBOX (/)"},
      {R"(* list (\HasNoChildren) "." "Sent Items")", "Sent Items (.)"},
      {R"(* LIST (\HasChildren \Noselect) "/" "[Gmail]")", "[Gmail] (/) closed children"},
      {R"(* LIST (\noselect \HASCHILDREN) "/" x)", "x (/) closed children"},
      {R"(* LIST (\NonExistent) "/" x)", "x (/) closed"},
      {R"(* LIST (\Noinferiors \Marked \Subscribed \Sent) NIL x)", "x ()"},
      {R"(* LIST () "" x)", "x ()"},
      {R"(* LIST () "\\" "a\\b")", R"(a\b (\))"},
      {R"(* LIST () "\"" "a\"b")", R"(a"b ("))"},
      {R"(* LIST () / x)", "x (/)"},
      {R"(* LIST () "/" [Gmail]/All)", "[Gmail]/All (/)"},
      {R"(* LIST () "/" "a*b%c")", "a*b%c (/)"},
      {R"(* LIST () "/" nil)", "NIL (/)"},
      {R"(* LIST () "/" "nil")", "nil (/)"},
      {"* LIST () \"/\" {5}\r\na \"b\"", R"(a "b" (/))"},
      {"* LIST () \"/\" {0}\r\n", "senseless"},
      {R"(* LIST () "/" "")", "senseless"},
      {R"(* LIST () "/" "x" ("CHILDINFO" ("SUBSCRIBED")))", "x (/)"},
      {R"(* LIST () "/" two words)", "senseless"},
      {R"(* LIST () "/" three more words)", "senseless"},
      {R"(* LIST () "/" "open)", "senseless"},
      {R"(* LIST () "//" x)", "senseless"},
      {R"(* LIST () ("/") x)", "senseless"},
      {R"(* LIST (\A "/" x)", "senseless"},
      {R"(* LIST \A "/" x)", "senseless"},
      {R"(* LIST () "/")", "senseless"},
      {R"(* LIST)", "senseless"},
      {R"(* LIST () "/" ()", "senseless"},
      {absl::StrCat("* LIST () \"/\" ", std::string(1001, 'x')), "senseless"},
      {absl::StrCat("* LIST ", std::string(200, '('), " \"/\" x"), "senseless"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    const auto response = ParseResponse(c.bytes);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(Show(ParseList(*response)), c.mailbox);
  }
}

}  // namespace
}  // namespace postern::fetcher::imap
