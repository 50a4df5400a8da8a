#include "services/fetcher/mail_id.h"

#include "absl/container/btree_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

std::string WriteMailId(const MailId& id) {
  std::string written = absl::StrCat(id.uid_validity, ":", id.uid);
  if (!id.mailbox.empty()) {
    absl::StrAppend(&written, ":", absl::WebSafeBase64Escape(id.mailbox));
  }
  return written;
}

std::optional<MailId> ParseMailId(absl::string_view id) {
  constexpr size_t kMost = 2000;
  if (id.size() > kMost) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(id, ':');
  MailId parsed;
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const bool numbers =
      absl::SimpleAtoi(parts[0], &parsed.uid_validity) && absl::SimpleAtoi(parts[1], &parsed.uid);
  if (!numbers || parsed.uid == 0) return std::nullopt;
  if (parts.size() == 2) return parsed;
  const bool text = absl::WebSafeBase64Unescape(parts[2], &parsed.mailbox) &&
                    mail::IsUtf8(parsed.mailbox) && !parsed.mailbox.empty();
  if (!text) return std::nullopt;
  return parsed;
}

std::string Pop3MailRef(uint64_t uidl_key) {
  return absl::StrCat(absl::Hex(uidl_key, absl::kZeroPad16));
}

absl::StatusOr<MailSet> ParseMailIds(const std::vector<std::string>& ids) {
  if (ids.empty()) return absl::InvalidArgumentError("ids is empty");
  MailSet set;
  absl::btree_set<uint32_t> uids;
  for (const std::string& id : ids) {
    std::optional<MailId> parsed = ParseMailId(id);
    if (!parsed) return absl::InvalidArgumentError("ids holds one that names no mail");
    if (uids.empty()) {
      set.mailbox = parsed->mailbox;
      set.uid_validity = parsed->uid_validity;
    }
    if (set.mailbox != parsed->mailbox) {
      return absl::InvalidArgumentError("ids holds mails of different folders");
    }
    if (set.uid_validity != parsed->uid_validity) return ChangedMeanwhile();
    uids.insert(parsed->uid);
  }
  set.uids.assign(uids.begin(), uids.end());
  return set;
}

}  // namespace postern::fetcher
