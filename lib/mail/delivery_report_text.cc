#include "lib/mail/delivery_report_text.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/delivery_report_reader.h"
#include "lib/mail/message_ids.h"

namespace postern::mail {
namespace {

using Recipient = DeliveryReport::Recipient;
using Lines = std::vector<absl::string_view>;

constexpr size_t kMaxNotice = 64 * 1024;

bool IsServersName(absl::string_view local_part) {
  return absl::EqualsIgnoreCase(local_part, "mailer-daemon") ||
         absl::EqualsIgnoreCase(local_part, "postmaster");
}

bool ComesFromAServer(const MimeTree& tree, const Mail& mail) {
  if (Unfold(tree.parts[0].Field("Return-Path")) == "<>") return true;
  return mail.from.size() == 1 && IsServersName(mail.from.front().local_part);
}

// What the server says, and what it gives back of the mail, below a line of dashes.
struct Notice {
  Lines lines;
  absl::string_view returned;
};

Notice ReadNotice(absl::string_view text) {
  text = text.substr(0, kMaxNotice);
  Notice notice;
  for (size_t at = 0; at < text.size();) {
    const size_t next = NextLine(text, at);
    const absl::string_view line = absl::StripTrailingAsciiWhitespace(text.substr(at, next - at));
    at = next;
    if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "---")) {
      notice.returned = text.substr(at);
      break;
    }
    notice.lines.push_back(line);
  }
  return notice;
}

std::string MessageIdIn(absl::string_view returned) {
  for (size_t at = 0; at < returned.size();) {
    const size_t next = NextLine(returned, at);
    absl::string_view line = absl::StripAsciiWhitespace(returned.substr(at, next - at));
    at = next;
    constexpr absl::string_view kName = "message-id:";
    if (!absl::StartsWithIgnoreCase(line, kName)) continue;
    line.remove_prefix(kName.size());
    // A long one stands on a line of its own.
    if (line.empty()) line = returned.substr(next, NextLine(returned, next) - next);
    std::vector<std::string> ids = ParseMessageIds(line, 1);
    return ids.empty() ? "" : std::move(ids[0]);
  }
  return "";
}

// "  <bob@example.net>: reason", "bob@example.net on 11/22/2026": the address at the start of a
// line that holds nothing else of weight; empty when there is none.
std::string AddressAtStart(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  const size_t end = line.find_first_of(" \t");
  absl::string_view word = line.substr(0, end);
  const absl::string_view rest =
      end == line.npos ? "" : absl::StripLeadingAsciiWhitespace(line.substr(end));
  const bool alone = rest.empty() || absl::EndsWith(word, ":") || absl::StartsWith(rest, "on ") ||
                     absl::StartsWith(rest, "(");
  if (!alone || word.size() > kMaxReportedAddress) return "";
  absl::ConsumeSuffix(&word, ":");
  if (absl::ConsumePrefix(&word, "<") && !absl::ConsumeSuffix(&word, ">")) return "";
  const auto address = ParseSpec(word);
  return address.ok() ? address->Spec() : "";
}

// The words below line `at`, up to an empty line or the next recipient.
std::string WordsBelow(const Lines& lines, size_t at) {
  std::string words;
  for (size_t i = at + 1; i < lines.size() && words.size() < 2 * kMaxDiagnostic; ++i) {
    const absl::string_view line = absl::StripAsciiWhitespace(lines[i]);
    if (line.empty() || !AddressAtStart(line).empty()) break;
    absl::StrAppend(&words, words.empty() ? "" : " ", line);
  }
  return words;
}

Recipient Failed(std::string address, absl::string_view words) {
  Recipient recipient;
  recipient.address = std::move(address);
  recipient.action = DeliveryReport::Action::kFailed;
  recipient.diagnostic = CleanDiagnostic(words);
  recipient.status = EnhancedStatus(recipient.diagnostic);
  return recipient;
}

// Each line from `first` on that begins with an address names a recipient.
std::vector<Recipient> Listed(const Lines& lines, size_t first) {
  std::vector<Recipient> recipients;
  for (size_t i = first; i < lines.size() && recipients.size() < kMaxReported; ++i) {
    std::string address = AddressAtStart(lines[i]);
    if (!address.empty()) {
      recipients.push_back(Failed(std::move(address), WordsBelow(lines, i)));
    }
  }
  return recipients;
}

// qmail's format (QSBMF), and those that took after it.
std::vector<Recipient> ReadQmail(const Lines& lines) {
  size_t first = 0;
  while (first < lines.size() && lines[first].empty()) ++first;
  if (first == lines.size() || !absl::StartsWith(lines[first], "Hi. This is the ")) return {};
  return Listed(lines, first + 1);
}

// Exchange, where its report was lost on the way.
std::vector<Recipient> ReadExchange(const Lines& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (absl::StrContains(lines[i], "The following recipient(s) could not be reached:") ||
        absl::StrContains(lines[i], "The following recipient(s) cannot be reached:") ||
        absl::StrContains(lines[i], "Delivery has failed to these recipients")) {
      return Listed(lines, i + 1);
    }
  }
  return {};
}

// Gmail: "The error that the other server returned was: 550 …", some lines further down.
std::string WordsOfOtherServer(const Lines& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t at = lines[i].find("other server returned was:");
    if (at == absl::string_view::npos) continue;
    const absl::string_view rest = lines[i].substr(lines[i].find(':', at) + 1);
    return absl::StrCat(rest, rest.empty() ? "" : " ", WordsBelow(lines, i));
  }
  return "";
}

// Exim and Gmail name them in a field, and tell what the matter is below each in the text.
std::vector<Recipient> ReadFailedField(const MimeTree& tree, const Lines& lines) {
  const std::string field = Unfold(tree.parts[0].Field("X-Failed-Recipients"));
  const std::vector<Recipient> told = field.empty() ? std::vector<Recipient>() : Listed(lines, 0);
  std::vector<Recipient> recipients;
  AddressReader reader(field);
  while (std::optional<absl::StatusOr<Address>> next = reader.Next()) {
    if (!next->ok() || recipients.size() == kMaxReported) break;
    std::string address = (*next)->Spec();
    if (address.size() > kMaxReportedAddress) continue;
    std::string words;
    for (const Recipient& one : told) {
      if (words.empty() && absl::EqualsIgnoreCase(one.address, address)) words = one.diagnostic;
    }
    if (words.empty()) words = WordsOfOtherServer(lines);
    recipients.push_back(Failed(std::move(address), words));
  }
  return recipients;
}

bool IsDigit(absl::string_view text, size_t at) {
  return at < text.size() && absl::ascii_isdigit(text[at]);
}

// Behind up to three digits at `at`; `at` when there are none, or more.
size_t BehindNumber(absl::string_view text, size_t at) {
  size_t end = at;
  while (IsDigit(text, end)) ++end;
  return end - at <= 3 ? end : at;
}

}  // namespace

std::optional<DeliveryReport> ReadBounceText(const MimeTree& tree, const Mail& mail) {
  if (!ComesFromAServer(tree, mail)) return std::nullopt;
  const Notice notice = ReadNotice(mail.text);
  DeliveryReport report;
  report.recipients = ReadQmail(notice.lines);
  if (report.recipients.empty()) report.recipients = ReadFailedField(tree, notice.lines);
  if (report.recipients.empty()) report.recipients = ReadExchange(notice.lines);
  if (report.recipients.empty()) return std::nullopt;
  report.message_id = MessageIdIn(notice.returned);
  return report;
}

std::string EnhancedStatus(absl::string_view text) {
  for (size_t i = 0; i + 4 < text.size(); ++i) {
    const char klass = text[i];
    if ((klass != '2' && klass != '4' && klass != '5') || text[i + 1] != '.') continue;
    if (i > 0 && (text[i - 1] == '.' || absl::ascii_isdigit(text[i - 1]))) continue;
    const size_t dot = BehindNumber(text, i + 2);
    if (dot == i + 2 || dot >= text.size() || text[dot] != '.') continue;
    const size_t end = BehindNumber(text, dot + 1);
    if (end == dot + 1) continue;
    if (end < text.size() && text[end] == '.' && IsDigit(text, end + 1)) continue;  // 5.1.1.7
    return std::string(text.substr(i, end - i));
  }
  return "";
}

}  // namespace postern::mail
