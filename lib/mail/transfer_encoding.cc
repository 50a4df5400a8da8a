#include "lib/mail/transfer_encoding.h"

#include <gmime/gmime-encodings.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace postern::mail {
namespace {

GMimeContentEncoding EncodingNamed(absl::string_view name) {
  // "base64;", "\"base64\"" and "base64 (comment)" have all been seen.
  std::string word;
  for (char c : absl::StripAsciiWhitespace(name)) {
    if (c == '"') continue;
    if (!absl::ascii_isalnum(c) && c != '-') break;
    word.push_back(c);
  }
  if (absl::EqualsIgnoreCase(word, "base64")) return GMIME_CONTENT_ENCODING_BASE64;
  if (absl::EqualsIgnoreCase(word, "quoted-printable"))
    return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
  return GMIME_CONTENT_ENCODING_DEFAULT;
}

}  // namespace

DecodedBody DecodeTransferEncoding(absl::string_view body, absl::string_view encoding,
                                   size_t max_bytes) {
  DecodedBody decoded;
  const GMimeContentEncoding kind = EncodingNamed(encoding);
  if (kind == GMIME_CONTENT_ENCODING_DEFAULT) {
    decoded.bytes = std::string(body.substr(0, max_bytes));
    decoded.full_size = body.size();
    return decoded;
  }
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, kind);
  char buffer[32 * 1024];  // decoding never makes more of less
  while (!body.empty()) {
    const absl::string_view chunk = body.substr(0, sizeof buffer - 64);
    body.remove_prefix(chunk.size());
    const size_t count = g_mime_encoding_step(&state, chunk.data(), chunk.size(), buffer);
    const size_t room = max_bytes - std::min(max_bytes, decoded.bytes.size());
    decoded.bytes.append(buffer, std::min(count, room));
    decoded.full_size += count;
  }
  return decoded;
}

}  // namespace postern::mail
