#include "lib/mail/part_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/flowed_text.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/parameters.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr absl::string_view kAnyBytes = "application/octet-stream";

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// RFC 6838 section 4.2.
bool IsTypeName(absl::string_view name) {
  if (name.empty() || name.size() > 127 || !absl::ascii_isalnum(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$&-^_.+", c);
  });
}

// A type that a single part of any bytes may have.
bool IsPartType(absl::string_view type) {
  const size_t slash = type.find('/');
  if (slash == type.npos || !IsTypeName(type.substr(0, slash)) ||
      !IsTypeName(type.substr(slash + 1))) {
    return false;
  }
  if (absl::StartsWith(type, "message/")) return type == "message/rfc822";
  return !absl::StartsWith(type, "multipart/");
}

bool IsToken(absl::string_view value) {
  return !value.empty() && value.size() <= 60 &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::StrContains("!#$&-^_.+", c);
         });
}

WrittenPart Written(const HeaderWords& type, EncodedBody body) {
  WrittenPart part;
  part.header = absl::StrCat(HeaderLine("Content-Type", type),
                             HeaderLine("Content-Transfer-Encoding", {body.transfer_encoding}));
  part.body = std::move(body.bytes);
  return part;
}

bool StandsAsItIs(absl::string_view type) {
  return type == "message/rfc822" || type == "text/rfc822-headers";
}

// What programs do with the part depends on these; all others are left out.
HeaderWords KnownParameters(const ParameterizedValue& type, absl::string_view content) {
  HeaderWords words;
  for (absl::string_view name : {"charset", "method", "format"}) {
    if (IsToken(type.Get(name))) words.push_back(absl::StrCat(name, "=", type.Get(name)));
  }
  const bool is_text = absl::StartsWith(type.value, "text/") && !StandsAsItIs(type.value);
  if (is_text && type.Get("charset").empty() && !IsAscii(content) && IsUtf8(content)) {
    words.push_back("charset=utf-8");
  }
  return words;
}

std::string AsciiName(absl::string_view name) {
  std::string out;
  for (unsigned char c : name) {
    if (c < 0x80) out.push_back(c == '?' ? '_' : static_cast<char>(c));
    if (c >= 0xC0) out.push_back('_');  // once a character
  }
  return out;
}

HeaderWords WithSemicolons(HeaderWords words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) words[i] += ";";
  return words;
}

HeaderWords Disposition(const OutgoingPart& part, absl::string_view type, const std::string& name) {
  const bool shown = IsInlineImage(part) || type == "text/rfc822-headers";
  HeaderWords words{shown ? "inline" : "attachment"};
  if (!name.empty()) words.push_back(ParameterWords("filename", name).front());
  return WithSemicolons(std::move(words));
}

}  // namespace

WrittenPart WriteText(absl::string_view text) {
  return Written({"text/plain;", "charset=utf-8;", "format=flowed"},
                 EncodeBody(WrapFlowed(text), TextShape::kFlowed));
}

WrittenPart WriteHtml(absl::string_view html) {
  return Written({"text/html;", "charset=utf-8"}, EncodeBody(html));
}

WrittenPart WriteAttachment(const OutgoingPart& part) {
  const bool readable = part.content_type.size() <= kMaxFieldBytes && IsUtf8(part.content_type) &&
                        !HasControls(part.content_type);
  ParameterizedValue type;
  if (readable) type = ParseParameterized(part.content_type);
  if (!IsPartType(type.value)) type = {std::string(kAnyBytes), {}};
  std::string name = SafeFileName(part.file_name);
  const bool as_is = StandsAsItIs(type.value) && IsSevenBit(part.content);
  if (type.value == "message/rfc822" && !as_is) {
    type = {std::string(kAnyBytes), {}};
    if (!absl::EndsWithIgnoreCase(name, ".eml")) name = name.empty() ? "mail.eml" : name + ".eml";
  }

  HeaderWords words{type.value};
  for (std::string& word : KnownParameters(type, part.content)) words.push_back(std::move(word));
  // For mail clients that don't know RFC 2231; the others go by the disposition.
  if (!IsAscii(name)) words.push_back(ParameterWords("name", AsciiName(name)).front());
  EncodedBody body;
  if (as_is) {
    body = {"7bit", std::string(part.content)};
  } else {
    body = {"base64", Base64Lines(part.content)};
  }
  WrittenPart written = Written(WithSemicolons(std::move(words)), std::move(body));
  absl::StrAppend(&written.header,
                  HeaderLine("Content-Disposition", Disposition(part, type.value, name)));
  if (!part.content_id.empty()) {
    absl::StrAppend(&written.header,
                    HeaderLine("Content-ID", {absl::StrCat("<", part.content_id, ">")}));
  }
  return written;
}

WrittenPart WriteMultipart(absl::string_view subtype, absl::string_view delimiter,
                           absl::Span<const WrittenPart> parts) {
  WrittenPart multipart;
  HeaderWords type{absl::StrCat("multipart/", subtype, ";")};
  if (subtype == "related") type.push_back("type=\"text/html\";");  // RFC 2387 section 3.1
  type.push_back(absl::StrCat("boundary=\"", delimiter, "\""));
  multipart.header = HeaderLine("Content-Type", type);
  size_t size = 256;
  for (const WrittenPart& part : parts) size += part.header.size() + part.body.size() + 128;
  std::string& body = multipart.body;
  body.reserve(size);
  for (const WrittenPart& part : parts) {
    // The line end before a delimiter is the delimiter's: RFC 2046 section 5.1.1.
    absl::StrAppend(&body, body.empty() ? "" : "\r\n", "--", delimiter, "\r\n", part.header, "\r\n",
                    part.body);
  }
  absl::StrAppend(&body, "\r\n--", delimiter, "--\r\n");
  return multipart;
}

}  // namespace postern::mail
