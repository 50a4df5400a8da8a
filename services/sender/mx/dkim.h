#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/signing_key.h"

namespace postern::sender::mx {

// A key, and where its public half stands in DNS: SELECTOR._domainkey.DOMAIN.
struct DkimKey {
  std::string domain, selector;  // lower case
  crypto::SigningKey key;
};

// --- RFC 6376 section 3.4, "relaxed" -------------------------------------------------

// "SUBject :  a\r\n b \r\n" -> "subject:a b\r\n".
std::string RelaxedField(absl::string_view field);
// Of a body with CRLF line ends.
std::string RelaxedBody(absl::string_view body);

// The DKIM-Signature field of `content` (RFC 5322, CRLF line ends) with its CRLF, to stand
// before it. a=rsa-sha256 or ed25519-sha256 (RFC 8463), c=relaxed/relaxed. Signed are the
// fields that a reader sees or that threads hang on; of most one more than there are, so that
// nobody adds another (RFC 6376 section 8.15).
absl::StatusOr<std::string> DkimSignature(const DkimKey& key, absl::string_view content,
                                          int64_t now_unix);

// The keys of a site.
class DkimSigner {
 public:
  explicit DkimSigner(std::vector<DkimKey> keys) : keys_(std::move(keys)) {}

  // Puts signatures before `content`: one with each key of the domain of its From, or of the
  // nearest domain above it that has any (d= is then that one, which DMARC takes for aligned).
  // Without a key `content` stays as it is.
  absl::Status Sign(std::string& content, int64_t now_unix) const;

 private:
  std::vector<const DkimKey*> KeysFor(absl::string_view domain) const;

  std::vector<DkimKey> keys_;
};

}  // namespace postern::sender::mx
