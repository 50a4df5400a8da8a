#include "services/fetcher/mailbox_sync.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::fetcher {

Sight Recognise(const std::optional<Cursor>& cursor, uint32_t uid_validity) {
  if (!cursor) return Sight::kFirst;
  return cursor->uid_validity == uid_validity ? Sight::kAgain : Sight::kReplaced;
}

void NewMails::Add(const MailFacts& facts) {
  if (facts.uid <= last_uid_) return;
  found_.push_back(facts);
  // Twice the limit, then cut: each mail is sorted a bounded number of times.
  if (found_.size() >= 2 * limit_) Shrink();
}

std::vector<MailFacts> NewMails::Take() {
  Shrink();
  return std::exchange(found_, {});
}

void NewMails::Shrink() {
  std::sort(found_.begin(), found_.end(),
            [](const MailFacts& a, const MailFacts& b) { return a.uid < b.uid; });
  const auto same = [](const MailFacts& a, const MailFacts& b) { return a.uid == b.uid; };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  if (found_.size() <= limit_) return;
  found_.resize(limit_);
  more_ = true;
}

std::string DeliveryId(absl::string_view account_id, absl::string_view mailbox,
                       uint32_t uid_validity, uint32_t uid) {
  const std::string identity =
      absl::StrCat(account_id, "\n", mailbox, "\n", uid_validity, "\n", uid);
  return crypto::Sha256Hex(identity).substr(0, 32);
}

}  // namespace postern::fetcher
