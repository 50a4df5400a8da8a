#include "services/sender/mx/dkim.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"

namespace postern::sender::mx {
namespace {

struct Signed {
  absl::string_view name;
  bool once_more = false;  // named once more than it occurs
};

// RFC 6376 section 5.4.1, and what mail programs go by beyond it.
constexpr Signed kSigned[] = {
    {"from", true},
    {"to", true},
    {"cc", true},
    {"subject", true},
    {"date", true},
    {"message-id", true},
    {"in-reply-to", true},
    {"references", true},
    {"mime-version", true},
    {"content-type", true},
    {"reply-to", false},
    {"content-transfer-encoding", true},
    {"auto-submitted", false},
};

constexpr size_t kFoldedAt = 72;

struct Field {
  std::string name;        // lower case
  absl::string_view text;  // all of it, with its CRLF
};

struct Parts {
  std::vector<Field> fields;
  absl::string_view body;
};

bool IsFold(absl::string_view text, size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

Parts Split(absl::string_view content) {
  Parts parts;
  while (!content.empty() && !absl::StartsWith(content, "\r\n")) {
    size_t end = content.find("\r\n");
    while (end != absl::string_view::npos && IsFold(content, end + 2)) {
      end = content.find("\r\n", end + 2);
    }
    const size_t size = end == absl::string_view::npos ? content.size() : end + 2;
    const absl::string_view text = content.substr(0, size);
    const absl::string_view name = text.substr(0, text.find(':'));
    parts.fields.push_back({absl::AsciiStrToLower(absl::StripTrailingAsciiWhitespace(name)), text});
    content.remove_prefix(size);
  }
  if (!content.empty()) content.remove_prefix(2);
  parts.body = content;
  return parts;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Runs of blanks become one; none is left at the end.
void AppendRelaxed(absl::string_view line, std::string& out) {
  bool blank = false;
  for (const char c : line) {
    if (IsBlank(c)) {
      blank = true;
      continue;
    }
    if (std::exchange(blank, false)) out += ' ';
    out += c;
  }
}

// The names for h=, and what is signed of them: of fields with one name the last comes first
// (RFC 6376 section 5.4.2).
void Choose(const Parts& parts, std::vector<std::string>& names, std::string& data) {
  for (const Signed& one : kSigned) {
    for (auto field = parts.fields.rbegin(); field != parts.fields.rend(); ++field) {
      if (field->name != one.name) continue;
      names.emplace_back(one.name);
      absl::StrAppend(&data, RelaxedField(field->text));
    }
    if (one.once_more) names.emplace_back(one.name);
  }
}

std::string Folded(absl::string_view text, absl::string_view separators) {
  std::string folded;
  size_t begin = 0;
  while (text.size() - begin > kFoldedAt) {
    size_t cut = begin + kFoldedAt;
    if (!separators.empty()) {
      const size_t last = text.find_last_of(separators, cut);
      if (last != absl::string_view::npos && last >= begin) cut = last + 1;
    }
    absl::StrAppend(&folded, text.substr(begin, cut - begin), "\r\n\t");
    begin = cut;
  }
  absl::StrAppend(&folded, text.substr(begin));
  return folded;
}

std::string Digest(absl::string_view data) {
  return absl::HexStringToBytes(crypto::Sha256Hex(data));
}

std::string DomainOfFrom(const Parts& parts) {
  for (const Field& field : parts.fields) {
    if (field.name != "from") continue;
    const std::string relaxed = RelaxedField(field.text);
    const absl::string_view value = absl::string_view(relaxed).substr(field.name.size() + 1);
    const auto from = mail::ParseAddressList(absl::StripTrailingAsciiWhitespace(value));
    return from.ok() && !from->empty() ? from->front().domain : "";
  }
  return "";
}

}  // namespace

std::string RelaxedField(absl::string_view field) {
  const size_t colon = field.find(':');
  const absl::string_view name = field.substr(0, colon);
  std::string value;
  if (colon != absl::string_view::npos) {
    for (const char c : field.substr(colon + 1)) {
      if (c != '\r' && c != '\n') value += c;
    }
  }
  std::string relaxed =
      absl::StrCat(absl::AsciiStrToLower(absl::StripTrailingAsciiWhitespace(name)), ":");
  AppendRelaxed(absl::StripLeadingAsciiWhitespace(value), relaxed);
  relaxed += "\r\n";
  return relaxed;
}

std::string RelaxedBody(absl::string_view body) {
  std::string relaxed;
  relaxed.reserve(body.size() + 2);
  size_t kept = 0;  // up to the last line that is not empty
  while (!body.empty()) {
    const size_t end = body.find("\r\n");
    AppendRelaxed(body.substr(0, end), relaxed);
    const bool empty = relaxed.size() == 0 || absl::EndsWith(relaxed, "\r\n");
    relaxed += "\r\n";
    if (!empty) kept = relaxed.size();
    body.remove_prefix(end == absl::string_view::npos ? body.size() : end + 2);
  }
  relaxed.resize(kept);
  return relaxed;
}

absl::StatusOr<std::string> DkimSignature(const DkimKey& key, absl::string_view content,
                                          int64_t now_unix) {
  const Parts parts = Split(content);
  std::vector<std::string> names;
  std::string data;
  Choose(parts, names, data);
  const bool rsa = key.key.kind() == crypto::SigningKey::Kind::kRsa;
  const std::string body_hash = absl::Base64Escape(Digest(RelaxedBody(parts.body)));
  std::string field = absl::StrCat(
      "DKIM-Signature: v=1; a=", rsa ? "rsa" : "ed25519",
      "-sha256; c=relaxed/relaxed;\r\n\td=", key.domain, "; s=", key.selector, "; t=", now_unix,
      ";\r\n\th=", Folded(absl::StrJoin(names, ":"), ":"), ";\r\n\tbh=", body_hash, ";\r\n\tb=");
  std::string own = RelaxedField(field);
  own.resize(own.size() - 2);  // the signature's own field is signed without its CRLF
  data += own;
  auto signature = key.key.Sign(rsa ? data : Digest(data));
  if (!signature.ok()) return signature.status();
  absl::StrAppend(&field, Folded(absl::Base64Escape(*signature), ""), "\r\n");
  return field;
}

std::vector<const DkimKey*> DkimSigner::KeysFor(absl::string_view domain) const {
  std::vector<const DkimKey*> keys;
  for (;;) {
    for (const DkimKey& key : keys_) {
      if (key.domain == domain) keys.push_back(&key);
    }
    const size_t dot = domain.find('.');
    if (!keys.empty() || dot == absl::string_view::npos) return keys;
    domain.remove_prefix(dot + 1);
  }
}

absl::Status DkimSigner::Sign(std::string& content, int64_t now_unix) const {
  if (keys_.empty()) return absl::OkStatus();
  const std::string domain = DomainOfFrom(Split(content));
  std::string signatures;
  for (const DkimKey* key : KeysFor(domain)) {
    auto signature = DkimSignature(*key, content, now_unix);
    if (!signature.ok()) return signature.status();
    signatures += *signature;
  }
  content.insert(0, signatures);
  return absl::OkStatus();
}

}  // namespace postern::sender::mx
