#include "bench/park_mailbox.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::bench {

namespace {

constexpr absl::string_view kDate = "Sun, 22 Nov 2026 10:00:00 +0000";
constexpr absl::string_view kInternalDate = "22-Nov-2026 10:00:00 +0000";
constexpr absl::string_view kLine =
    "The quick brown fox jumps over the lazy dog and goes on its way to town.\r\n";

std::string Header(int account, uint32_t uid) {
  return absl::StrCat(
      "Return-Path: <ann@elsewhere.test>\r\nReceived: from elsewhere.test by park.test; ", kDate,
      "\r\nFrom: Ann Other <ann@elsewhere.test>\r\nTo: user", account,
      "@park.test\r\nSubject: made-up mail ", uid, "\r\nMessage-ID: <", MessageId(account, uid),
      ">\r\nDate: ", kDate,
      "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
}

// The fields named in "HEADER.FIELDS (A B)", or all but them, and the empty line.
std::string SomeFields(absl::string_view header, absl::string_view section) {
  const bool all_but = absl::StartsWith(section, "HEADER.FIELDS.NOT");
  const size_t open = section.find('(');
  absl::string_view names = open == section.npos ? "" : section.substr(open + 1);
  absl::ConsumeSuffix(&names, ")");
  std::string kept;
  for (absl::string_view line : absl::StrSplit(header, "\r\n", absl::SkipEmpty())) {
    const absl::string_view field = line.substr(0, line.find(':'));
    bool named = false;
    for (absl::string_view name : absl::StrSplit(names, ' ')) {
      named = named || absl::EqualsIgnoreCase(name, field);
    }
    if (named != all_but) absl::StrAppend(&kept, line, "\r\n");
  }
  return kept + "\r\n";
}

std::string Section(absl::string_view mail, absl::string_view section) {
  const size_t end = mail.find("\r\n\r\n") + 4;
  if (section.empty()) return std::string(mail);
  if (section == "HEADER") return std::string(mail.substr(0, end));
  if (absl::StartsWith(section, "HEADER.FIELDS")) return SomeFields(mail.substr(0, end), section);
  if (section == "1.MIME") return "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  if (section == "TEXT" || section == "1") return std::string(mail.substr(end));
  return "";
}

std::string Envelope(int account, uint32_t uid) {
  constexpr absl::string_view from = "((\"Ann Other\" NIL \"ann\" \"elsewhere.test\"))";
  return absl::StrCat("(\"", kDate, "\" \"made-up mail ", uid, "\" ", from, " ", from, " ", from,
                      " ((NIL NIL \"user", account, "\" \"park.test\")) NIL NIL NIL \"<",
                      MessageId(account, uid), ">\")");
}

// Splits at spaces, but not within brackets or parentheses.
std::vector<std::string> Tokens(absl::string_view items) {
  std::vector<std::string> tokens(1);
  int depth = 0;
  for (char c : items) {
    if (c == '[' || c == '(') ++depth;
    if (c == ']' || c == ')') --depth;
    if (c == ' ' && depth == 0) {
      tokens.emplace_back();
    } else {
      tokens.back().push_back(absl::ascii_toupper(c));
    }
  }
  return tokens;
}

uint32_t ReadNumber(absl::string_view text, uint32_t exists) {
  uint32_t number = 0;
  if (text == "*") return exists;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

}  // namespace

std::string MessageId(int account, uint32_t uid) {
  return absl::StrCat(account, ".", uid, "@park.test");
}

std::string WriteParkMail(const ParkMailbox& mailbox, uint32_t uid) {
  std::string mail = Header(mailbox.account, uid);
  while (mail.size() + kLine.size() <= mailbox.mail_bytes) absl::StrAppend(&mail, kLine);
  while (mail.size() + 2 < mailbox.mail_bytes) mail.push_back('.');
  return mail + "\r\n";
}

std::vector<std::pair<uint32_t, uint32_t>> ReadSet(absl::string_view set, uint32_t exists) {
  std::vector<std::pair<uint32_t, uint32_t>> ranges;
  for (absl::string_view part : absl::StrSplit(set, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits(':', 1));
    uint32_t first = ReadNumber(ends.first, exists);
    uint32_t last = ends.second.empty() ? first : ReadNumber(ends.second, exists);
    if (first > last) std::swap(first, last);
    first = std::max(first, 1u);
    last = std::min(last, exists);
    if (first <= last) ranges.emplace_back(first, last);
  }
  return ranges;
}

bool FetchAnswer::Begin(absl::string_view set, absl::string_view items, bool by_uid,
                        const ParkMailbox& mailbox) {
  mailbox_ = mailbox;
  ranges_ = ReadSet(set, mailbox.exists);
  range_ = 0;
  next_ = ranges_.empty() ? 0 : ranges_[0].first;
  items_.clear();
  if (by_uid) ReadItems("UID");
  if (absl::StartsWith(items, "(") && absl::EndsWith(items, ")")) {
    items = items.substr(1, items.size() - 2);
  }
  return ReadItems(items);
}

bool FetchAnswer::ReadItems(absl::string_view items) {
  for (const std::string& token : Tokens(items)) {
    Item item;
    item.name = token;
    const bool section = absl::StartsWith(token, "BODY[") || absl::StartsWith(token, "BODY.PEEK[");
    if (section && !ReadSection(token, item)) return false;
    const auto same = [&item](const Item& other) { return other.name == item.name; };
    if (!section && std::any_of(items_.begin(), items_.end(), same)) continue;
    items_.push_back(std::move(item));
  }
  return true;
}

// "BODY.PEEK[HEADER]<0.1024>"
bool FetchAnswer::ReadSection(absl::string_view token, Item& item) {
  const size_t open = token.find('['), close = token.rfind(']');
  if (close == token.npos) return false;
  item.name = "BODY";
  item.has_section = true;
  item.section = std::string(token.substr(open + 1, close - open - 1));
  absl::string_view range = token.substr(close + 1);
  if (range.empty()) return true;
  if (!absl::ConsumePrefix(&range, "<") || !absl::ConsumeSuffix(&range, ">")) return false;
  const std::pair<absl::string_view, absl::string_view> numbers = absl::StrSplit(range, '.');
  item.partial = true;
  return absl::SimpleAtoi(numbers.first, &item.offset) &&
         absl::SimpleAtoi(numbers.second, &item.length);
}

bool FetchAnswer::Next(std::string& out) {
  if (range_ >= ranges_.size()) return false;
  const uint32_t uid = next_;
  if (++next_ > ranges_[range_].second && ++range_ < ranges_.size()) next_ = ranges_[range_].first;
  absl::StrAppend(&out, "* ", uid, " FETCH (");
  std::string mail;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (i > 0) out.push_back(' ');
    WriteItem(items_[i], uid, mail, out);
  }
  absl::StrAppend(&out, ")\r\n");
  if (!mail.empty()) ++bodies_;
  return true;
}

void FetchAnswer::WriteItem(const Item& item, uint32_t uid, std::string& mail, std::string& out) {
  if (item.has_section) {
    if (mail.empty()) mail = WriteParkMail(mailbox_, uid);
    std::string bytes = Section(mail, item.section);
    absl::StrAppend(&out, "BODY[", item.section, "]");
    if (item.partial) {
      bytes = item.offset < bytes.size() ? bytes.substr(item.offset, item.length) : "";
      absl::StrAppend(&out, "<", item.offset, ">");
    }
    absl::StrAppend(&out, " {", bytes.size(), "}\r\n", bytes);
    return;
  }
  absl::StrAppend(&out, item.name, " ");
  if (item.name == "UID")
    absl::StrAppend(&out, uid);
  else if (item.name == "FLAGS")
    absl::StrAppend(&out, "()");
  else if (item.name == "RFC822.SIZE")
    absl::StrAppend(&out, mailbox_.mail_bytes);
  else if (item.name == "INTERNALDATE")
    absl::StrAppend(&out, "\"", kInternalDate, "\"");
  else if (item.name == "ENVELOPE")
    absl::StrAppend(&out, Envelope(mailbox_.account, uid));
  else if (item.name == "BODYSTRUCTURE" || item.name == "BODY")
    absl::StrAppend(&out, "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" ",
                    mailbox_.mail_bytes, " ", mailbox_.mail_bytes / kLine.size(), ")");
  else
    absl::StrAppend(&out, "NIL");
}

}  // namespace postern::bench
