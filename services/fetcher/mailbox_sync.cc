#include "services/fetcher/mailbox_sync.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::fetcher {

namespace {

std::string ShortHash(const std::string& words) { return crypto::Sha256Hex(words).substr(0, 32); }

}  // namespace

std::string MailboxIdentity(absl::string_view host, absl::string_view login,
                            absl::string_view mailbox) {
  // INBOX alone is the same in any case (RFC 3501 section 5.1).
  const absl::string_view name = absl::EqualsIgnoreCase(mailbox, "INBOX") ? "INBOX" : mailbox;
  return ShortHash(absl::StrCat(absl::AsciiStrToLower(host), "\n", login, "\n", name));
}

// The tab is what no IMAP mailbox has in its name.
std::string Pop3MailboxIdentity(absl::string_view host, absl::string_view login) {
  return MailboxIdentity(host, login, "\tPOP3");
}

Sight Recognise(const std::optional<Cursor>& cursor, absl::string_view mailbox,
                uint32_t uid_validity) {
  if (!cursor || cursor->mailbox != mailbox) return Sight::kFirst;
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
  // What was told of a mail first counts.
  std::stable_sort(found_.begin(), found_.end(),
                   [](const MailFacts& a, const MailFacts& b) { return a.uid < b.uid; });
  const auto same = [](const MailFacts& a, const MailFacts& b) { return a.uid == b.uid; };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  if (found_.size() <= limit_) return;
  found_.resize(limit_);
  more_ = true;
}

std::string DeliveryId(absl::string_view account_id, const Cursor& cursor, uint32_t uid) {
  return ShortHash(
      absl::StrCat(account_id, "\n", cursor.mailbox, "\n", cursor.uid_validity, "\n", uid));
}

std::string DeliveryId(absl::string_view account_id, absl::string_view mailbox, uint64_t key) {
  return ShortHash(absl::StrCat(account_id, "\n", mailbox, "\n", absl::Hex(key)));
}

}  // namespace postern::fetcher
