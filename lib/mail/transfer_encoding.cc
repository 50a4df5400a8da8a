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

struct TransferDecoder::State {
  GMimeEncoding encoding;
};

TransferDecoder::TransferDecoder(absl::string_view encoding) {
  const GMimeContentEncoding kind = EncodingNamed(encoding);
  if (kind == GMIME_CONTENT_ENCODING_DEFAULT) return;
  state_ = std::make_unique<State>();
  g_mime_encoding_init_decode(&state_->encoding, kind);
}

TransferDecoder::~TransferDecoder() = default;
TransferDecoder::TransferDecoder(TransferDecoder&&) noexcept = default;

std::string TransferDecoder::Decode(absl::string_view piece) {
  if (!state_) return std::string(piece);
  // Decoding never makes more of less, but for what a piece before left over.
  std::string decoded(piece.size() + 64, '\0');
  decoded.resize(
      g_mime_encoding_step(&state_->encoding, piece.data(), piece.size(), decoded.data()));
  return decoded;
}

DecodedBody DecodeTransferEncoding(absl::string_view body, absl::string_view encoding,
                                   size_t max_bytes) {
  constexpr size_t kStep = 32 * 1024;
  DecodedBody decoded;
  if (EncodingNamed(encoding) == GMIME_CONTENT_ENCODING_DEFAULT) {
    decoded.bytes = std::string(body.substr(0, max_bytes));
    decoded.full_size = body.size();
    return decoded;
  }
  TransferDecoder decoder(encoding);
  for (; !body.empty(); body.remove_prefix(std::min(kStep, body.size()))) {
    const std::string bytes = decoder.Decode(body.substr(0, kStep));
    const size_t room = max_bytes - std::min(max_bytes, decoded.bytes.size());
    decoded.bytes.append(bytes, 0, std::min(bytes.size(), room));
    decoded.full_size += bytes.size();
  }
  return decoded;
}

}  // namespace postern::mail
