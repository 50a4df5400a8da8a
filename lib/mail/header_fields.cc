#include "lib/mail/header_fields.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace postern::mail {
namespace {

absl::string_view WithoutLineEnd(absl::string_view line) {
  absl::ConsumeSuffix(&line, "\n");
  absl::ConsumeSuffix(&line, "\r");
  return line;
}

// The length of the field name that starts the line; 0 when it is no field (RFC 5322
// section 3.6.8). A delimiter of a multipart may look like one: boundaries may hold a colon.
size_t NameLength(absl::string_view line) {
  if (absl::StartsWith(line, "--")) return 0;
  size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 0x7F && line[length] != ':')
    ++length;
  const size_t colon =
      line.find_first_not_of(" \t", length);  // RFC 5322 section 4.5 allows the space
  return colon != line.npos && line[colon] == ':' ? length : 0;
}

bool IsMboxLine(absl::string_view line) {
  return absl::StartsWith(line, "From ") || absl::StartsWith(line, ">From ");
}

}  // namespace

size_t NextLine(absl::string_view input, size_t at) {
  const size_t end = input.find('\n', at);
  return end == input.npos ? input.size() : end + 1;
}

HeaderFields ReadHeaderFields(absl::string_view input, size_t max_bytes, size_t max_fields) {
  HeaderFields header;
  bool kept = false;  // the field that a continuation line would continue was kept
  size_t at = 0;
  while (at < input.size()) {
    const size_t next = NextLine(input, at);
    const absl::string_view line = WithoutLineEnd(input.substr(at, next - at));
    const size_t name_length = NameLength(line);
    if (line.empty()) {
      header.ended = true;
      at = next;
      break;
    }
    const bool continues = (line[0] == ' ' || line[0] == '\t') && at > 0;
    if (continues) {
      kept = kept && next <= max_bytes;
      if (kept) {
        RawField& field = header.fields.back();
        field.body =
            absl::string_view(field.body.data(), line.data() + line.size() - field.body.data());
      } else {
        header.over_limit = header.over_limit || next > max_bytes;
      }
    } else if (name_length > 0) {
      kept = next <= max_bytes && header.fields.size() < max_fields;
      if (kept) {
        const size_t colon = line.find(':', name_length);
        header.fields.push_back({line.substr(0, name_length), line.substr(colon + 1)});
      }
      header.over_limit = header.over_limit || !kept;
    } else if (!IsMboxLine(line)) {
      header.ended = true;  // the empty line is missing
      break;
    }
    at = next;
  }
  header.end = at;
  return header;
}

const RawField* FindField(const HeaderFields& header, absl::string_view name) {
  for (const RawField& field : header.fields) {
    if (absl::EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

std::string Unfold(absl::string_view body) {
  const auto has = [body](char c) { return body.find(c) != body.npos; };
  if (!has('\r') && !has('\n') && !has('\0')) {
    return std::string(absl::StripAsciiWhitespace(body));
  }
  std::string line;
  line.reserve(body.size());
  for (char c : body) {
    if (c != '\r' && c != '\n' && c != '\0') line.push_back(c);
  }
  absl::StripAsciiWhitespace(&line);
  return line;
}

}  // namespace postern::mail
