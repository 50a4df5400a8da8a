#include "lib/mail/address_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::mail {
namespace {

// RFC 5321 says 64, but bounce addresses in use are longer.
constexpr size_t kMaxLocalPart = 256;
constexpr size_t kMaxDomain = 255;
constexpr size_t kMaxLabel = 63;

// Where the quoted string that opens at `at` closes; npos when it does not.
size_t ClosingQuote(absl::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return text.npos;
}

std::string Unescape(absl::string_view quoted) {
  std::string out;
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 1 < quoted.size()) ++i;
    out.push_back(quoted[i]);
  }
  return out;
}

// "ann(a comment)@example.org": without what is in brackets outside of quotes. One that is never
// closed is none.
std::string WithoutComments(absl::string_view text) {
  std::string out;
  size_t depth = 0, opened = 0;
  bool quotes_unclosed = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' && depth++ == 0) opened = i;
    if (depth == 0) {
      const size_t quote = c == '"' && !quotes_unclosed ? ClosingQuote(text, i) : text.npos;
      quotes_unclosed = quotes_unclosed || (c == '"' && quote == text.npos);
      const size_t length = quote == text.npos ? 1 : quote + 1 - i;
      absl::StrAppend(&out, text.substr(i, length));
      i += length - 1;
    } else if (c == '\\') {
      ++i;
    } else if (c == ')') {
      --depth;
    }
  }
  return depth == 0 ? out : absl::StrCat(out, text.substr(opened));
}

using words::Word;

absl::Status Unreadable(const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason);
}

// What is quoted to its author.
std::string Shown(absl::string_view entry) { return CleanLine(CutUtf8(entry, 80)); }

// Splits off the local part; leaves `rest` at the '@' that ends it.
absl::StatusOr<std::string> TakeLocalPart(absl::string_view& rest) {
  const absl::string_view spec = rest;
  std::string local;
  while (!rest.empty() && rest[0] != '@') {
    if (rest[0] == '"') {
      const size_t end = ClosingQuote(rest, 0);
      if (end == rest.npos) {
        return Unreadable(Word("\"$0\": a quote is not closed", Shown(spec)));
      }
      local += Unescape(rest.substr(1, end - 1));
      rest.remove_prefix(end + 1);
    } else if (absl::ascii_isspace(rest[0])) {
      rest = absl::StripLeadingAsciiWhitespace(rest);
      if (!absl::StartsWith(rest, "@")) {
        return Unreadable(Word("\"$0\": white space inside the address", Shown(spec)));
      }
    } else if (absl::StrContains("()<>[]:;,\\", rest[0])) {
      return Unreadable(
          Word("\"$0\": '$1' in the address needs quotes", Shown(spec), rest.substr(0, 1)));
    } else {
      local.push_back(rest[0]);
      rest.remove_prefix(1);
    }
  }
  return local;
}

bool IsLabel(absl::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
    return false;
  for (unsigned char c : label) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_' && c < 0x80) return false;
  }
  return true;
}

// "[192.0.2.1]" and "[IPv6:2001:db8::1]", RFC 5321 section 4.1.3.
bool IsDomainLiteral(absl::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  for (unsigned char c : domain.substr(1, domain.size() - 2)) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != ':' && c != '-') return false;
  }
  return true;
}

absl::Status CheckDomain(absl::string_view domain, absl::string_view spec) {
  if (domain.empty()) return Unreadable(Word("\"$0\": nothing stands after the @", Shown(spec)));
  if (absl::StrContains(domain, '@')) {
    return Unreadable(Word("\"$0\": it has more than one @", Shown(spec)));
  }
  if (domain.size() > kMaxDomain) {
    return Unreadable(Word("\"$0\": its domain is too long", Shown(spec)));
  }
  if (IsDomainLiteral(domain)) return absl::OkStatus();
  for (absl::string_view label : absl::StrSplit(domain, '.')) {
    if (!IsLabel(label)) {
      return Unreadable(Word("\"$0\": \"$1\" is not a domain", Shown(spec), Shown(domain)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Address> ParseSpec(absl::string_view spec) {
  const absl::string_view whole = spec;
  spec = absl::StripAsciiWhitespace(spec);
  if (absl::StartsWith(spec, "@")) {  // RFC 5322 section 4.4: obsolete source route
    const size_t colon = spec.find(':');
    if (colon == spec.npos) {
      return Unreadable(Word("\"$0\": nothing stands before the @", Shown(whole)));
    }
    spec = absl::StripLeadingAsciiWhitespace(spec.substr(colon + 1));
  }
  if (!IsUtf8(spec) || HasControls(spec) || HasBidiControls(spec)) {
    return Unreadable(Word("\"$0\": it holds characters that no address may hold", Shown(whole)));
  }
  absl::StatusOr<std::string> local = TakeLocalPart(spec);
  if (!local.ok()) return local.status();
  if (spec.empty()) return Unreadable(Word("\"$0\": it has no @domain", Shown(whole)));
  if (local->empty()) {
    return Unreadable(Word("\"$0\": nothing stands before the @", Shown(whole)));
  }
  if (local->size() > kMaxLocalPart) {
    return Unreadable(Word("\"$0\": the part before the @ is too long", Shown(whole)));
  }
  spec = absl::StripAsciiWhitespace(spec.substr(1));
  if (spec.size() > 1 && spec.back() == '.') spec.remove_suffix(1);
  if (absl::Status domain = CheckDomain(spec, whole); !domain.ok()) return domain;
  Address address;
  address.local_part = *std::move(local);
  address.domain = absl::AsciiStrToLower(spec);
  return address;
}

void AddressReader::ReadQuoted(Entry& entry) {
  const size_t end = quotes_unclosed_ ? text_.npos : ClosingQuote(text_, at_);
  if (end == text_.npos) {  // a stray quote means nothing
    quotes_unclosed_ = true;
    ++at_;
    return;
  }
  const absl::string_view quoted = text_.substr(at_, end + 1 - at_);
  absl::StrAppend(&entry.words, quoted);
  entry.name += Unescape(quoted.substr(1, quoted.size() - 2));
  at_ = end + 1;
}

void AddressReader::ReadComment(Entry& entry) {
  size_t depth = 0, end = at_;
  for (; !comments_unclosed_ && end < text_.size(); ++end) {
    if (text_[end] == '\\') {
      ++end;
    } else if (text_[end] == '(') {
      ++depth;
    } else if (text_[end] == ')' && --depth == 0) {
      entry.comment = Unescape(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return;
    }
  }
  comments_unclosed_ = true;
  entry.words.push_back(text_[at_]);
  entry.name.push_back(text_[at_++]);
}

void AddressReader::ReadAngle(Entry& entry) {
  if (entry.angle) entry.several = true;
  size_t end = ++at_;
  while (end < text_.size() && text_[end] != '>') {
    const size_t quote =
        text_[end] == '"' && !quotes_unclosed_ ? ClosingQuote(text_, end) : text_.npos;
    if (text_[end] == '"' && quote == text_.npos) quotes_unclosed_ = true;
    // "<ann@example.org <bob@example.org>" holds two, not one with a strange name.
    if (text_[end] == '<') break;
    end = quote != text_.npos ? quote + 1 : end + 1;
  }
  entry.angle = WithoutComments(text_.substr(at_, end - at_));
  at_ = end < text_.size() && text_[end] == '>' ? end + 1 : end;
}

AddressReader::Entry AddressReader::ReadEntry() {
  Entry entry;
  bool literal = false;  // inside [..], where ':' is no group
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ',' || c == ';') break;
    entry.has_text = entry.has_text || !absl::ascii_isspace(c);
    if (c == '"') {
      ReadQuoted(entry);
    } else if (c == '(') {
      ReadComment(entry);
    } else if (c == '<') {
      ReadAngle(entry);
    } else if (c == ':' && !literal && !entry.angle) {
      entry = Entry{};  // the name of a group
      ++at_;
    } else {
      literal = c == '[' || (literal && c != ']');
      entry.words.push_back(c);
      entry.name.push_back(c);
      ++at_;
    }
  }
  ++at_;
  return entry;
}

absl::StatusOr<Address> AddressReader::Understand(const Entry& entry) {
  if (entry.several) {
    return Unreadable(Word("\"$0\": more than one address stands there; put a comma between them",
                           Shown(*entry.angle)));
  }
  absl::StatusOr<Address> address = ParseSpec(entry.angle ? *entry.angle : entry.words);
  if (!address.ok()) return address;
  const std::string& name = entry.angle ? entry.name : entry.comment;
  address->display_name = DecodeHeaderText(name);
  if (address->display_name.empty()) address->display_name = DecodeHeaderText(entry.comment);
  return address;
}

std::optional<absl::StatusOr<Address>> AddressReader::Next() {
  while (at_ < text_.size()) {
    const size_t begin = at_;
    const Entry entry = ReadEntry();
    if (!entry.has_text) continue;
    entry_ = text_.substr(begin, at_ - 1 - begin);
    // "undisclosed-recipients:;" and "<>" name nobody.
    if (entry.angle && absl::StripAsciiWhitespace(*entry.angle).empty()) continue;
    return Understand(entry);
  }
  return std::nullopt;
}

}  // namespace postern::mail
