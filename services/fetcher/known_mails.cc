#include "services/fetcher/known_mails.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

namespace {

constexpr size_t kKeyBytes = 8;
// So many mails may come again when the server has given all of them other ids.
constexpr size_t kFewMails = 5;
constexpr size_t kMailsForDoubt = 10;
// Left free when keys are dropped, so that this is not to be done at each look.
constexpr size_t kRoom = KnownMails::kMost / 10;

// How far back mails are asked when they were received: until so many in a row are old,
// and no further than that.
constexpr int kOldInARow = 20;
constexpr size_t kMaxAsked = 1000;
// A server's clock may be behind ours, by which the first sight of a mailbox is dated, and
// two mails may be listed in another order than they were received.
constexpr int64_t kSlackSeconds = 10 * 60;
// Without a date so many count as new: rather some mails twice than one lost.
constexpr size_t kFewUndatable = 50;

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
  bool any_left = false;
  for (const ListedMail& mail : listing) {
    if (!met.insert(mail.key).second) continue;
    if (old.contains(mail.key)) {
      any_left = true;
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
  const bool none_left = !old.empty() && !any_left;
  review.sight = none_left && review.fresh.size() > kFewMails ? Sight::kReplaced : Sight::kAgain;
  return review;
}

std::vector<uint64_t> KeysToKeep(const std::vector<uint64_t>& keys,
                                 const std::vector<ListedMail>& listing) {
  absl::flat_hash_set<uint64_t> listed, met;
  for (const ListedMail& mail : listing) listed.insert(mail.key);
  const size_t most = KnownMails::kMost - kRoom;
  size_t gone = most - std::min(most, listed.size());
  std::vector<uint64_t> kept;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    if (!met.insert(*key).second) continue;
    if (!listed.contains(*key)) {
      if (gone == 0) continue;
      --gone;
    }
    kept.push_back(*key);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// --- by what they say of themselves ---------------------------------------------------

void RecentMails::Add(uint64_t print) {
  if (print == 0 || Has(print)) return;
  prints_.push_back(print);
  if (prints_.size() > kMost) prints_.pop_front();
}

bool RecentMails::Has(uint64_t print) const {
  return std::find(prints_.begin(), prints_.end(), print) != prints_.end();
}

uint64_t MailPrint(absl::string_view message_id, int64_t received_unix) {
  if (message_id.empty() || received_unix == 0) return 0;
  return std::max<uint64_t>(1, absl::HashOf(message_id, received_unix));
}

// --- by date ------------------------------------------------------------------------

SortByDate::SortByDate(int64_t newest_unix) : since_unix_(newest_unix - kSlackSeconds) {}

bool SortByDate::Enough() const { return old_in_a_row_ >= kOldInARow || asked_ >= kMaxAsked; }

void SortByDate::Add(const ListedMail& mail, int64_t received_unix) {
  ++asked_;
  const bool datable = received_unix != 0;
  if (!datable) {
    ++undatable_;
  } else if (received_unix < since_unix_) {
    ++old_in_a_row_;
    return;
  } else {
    old_in_a_row_ = 0;
  }
  candidates_.push_back(Candidate{mail, datable});
}

void SortByDate::AddOld() {
  ++asked_;
  ++old_in_a_row_;
}

std::vector<ListedMail> SortByDate::New() const {
  std::vector<ListedMail> mails;
  for (auto candidate = candidates_.rbegin(); candidate != candidates_.rend(); ++candidate) {
    if (candidate->datable || undatable_ <= kFewUndatable) mails.push_back(candidate->mail);
  }
  return mails;
}

}  // namespace postern::fetcher
