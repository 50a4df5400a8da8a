#include "services/fetcher/known_mails.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

namespace {

constexpr size_t kKeyBytes = 8;
// So many mails may come again when the server has given all of them other ids.
constexpr size_t kFewMails = 5;
// Mails that are gone are kept until they outnumber the others by this: a server that
// shows half a mailbox for a moment makes us forget nothing.
constexpr size_t kGoneSlack = 256;
constexpr size_t kMailsForDoubt = 10;

}  // namespace

uint64_t UidlKey(absl::string_view mailbox_identity, absl::string_view unique_id) {
  const std::string hash = crypto::Sha256Hex(absl::StrCat(mailbox_identity, "\n", unique_id));
  uint64_t key = 0;
  if (!absl::SimpleHexAtoi(hash.substr(0, 2 * kKeyBytes), &key)) return 0;  // it is always hex
  return key;
}

std::string PackKeys(const std::vector<uint64_t>& keys) {
  std::string packed;
  packed.reserve(keys.size() * kKeyBytes);
  for (uint64_t key : keys) {
    for (size_t i = 0; i < kKeyBytes; ++i) {
      packed.push_back(static_cast<char>(key >> (8 * (kKeyBytes - 1 - i)) & 0xFF));
    }
  }
  return packed;
}

std::vector<uint64_t> UnpackKeys(absl::string_view packed) {
  std::vector<uint64_t> keys;
  keys.reserve(packed.size() / kKeyBytes);
  for (; packed.size() >= kKeyBytes; packed.remove_prefix(kKeyBytes)) {
    uint64_t key = 0;
    for (size_t i = 0; i < kKeyBytes; ++i) key = key << 8 | static_cast<unsigned char>(packed[i]);
    keys.push_back(key);
  }
  return keys;
}

absl::StatusOr<Review> ReviewListing(const std::optional<KnownMails>& known,
                                     absl::string_view mailbox,
                                     const std::vector<ListedMail>& listing) {
  Review review;
  const bool seen = known && known->mailbox == mailbox;
  absl::flat_hash_set<uint64_t> old;
  if (seen) old.insert(known->keys.begin(), known->keys.end());
  absl::flat_hash_set<uint64_t> met;
  for (const ListedMail& mail : listing) {
    if (!met.insert(mail.key).second) continue;
    if (old.contains(mail.key)) {
      review.left.push_back(mail.key);
    } else {
      review.fresh.push_back(mail);
    }
  }
  if (listing.size() >= kMailsForDoubt && met.size() * 2 < listing.size()) {
    return words::Error(
        absl::StatusCode::kFailedPrecondition,
        words::Word("the mail server gives many mails the same id, so that new ones can't be "
                    "told from old ones; use IMAP if it is offered"));
  }
  if (!seen) return review;
  const bool none_left = !old.empty() && review.left.empty();
  review.sight = none_left && review.fresh.size() > kFewMails ? Sight::kReplaced : Sight::kAgain;
  // An empty mailbox may be a server's bad day: what was in it is remembered.
  const size_t gone = old.size() - review.left.size();
  review.prune = !review.left.empty() && gone > review.left.size() + kGoneSlack;
  return review;
}

}  // namespace postern::fetcher
