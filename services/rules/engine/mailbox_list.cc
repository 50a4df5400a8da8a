#include "services/rules/engine/mailbox_list.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxUnread = 998;  // of what is no address

// The reader has put the domain in lower case; how it was written stands behind the entry's
// last '@' that is followed by it.
std::string DomainAsWritten(absl::string_view entry, const std::string& domain) {
  for (size_t at = entry.rfind('@'); at != entry.npos && at > 0; at = entry.rfind('@', at - 1)) {
    const absl::string_view behind = absl::StripLeadingAsciiWhitespace(entry.substr(at + 1));
    if (absl::StartsWithIgnoreCase(behind, domain))
      return std::string(behind.substr(0, domain.size()));
  }
  return domain;
}

MessageView::Mailbox Understood(const mail::Address& address, absl::string_view entry) {
  MessageView::Mailbox mailbox;
  mailbox.local_part = address.local_part;
  mailbox.domain = DomainAsWritten(entry, address.domain);
  mailbox.whole = mail::Address{"", mailbox.local_part, mailbox.domain}.Spec();
  return mailbox;
}

MessageView::Mailbox NotUnderstood(absl::string_view entry) {
  MessageView::Mailbox mailbox;
  entry = mail::CutUtf8(absl::StripAsciiWhitespace(entry), kMaxUnread);
  mailbox.whole = mail::DecodeHeaderText(entry);
  return mailbox;
}

}  // namespace

std::vector<MessageView::Mailbox> ReadMailboxes(absl::string_view field, size_t limit) {
  std::vector<MessageView::Mailbox> mailboxes;
  mail::AddressReader reader(field);
  while (mailboxes.size() < limit) {
    const std::optional<absl::StatusOr<mail::Address>> next = reader.Next();
    if (!next) break;
    mailboxes.push_back(next->ok() ? Understood(**next, reader.entry())
                                   : NotUnderstood(reader.entry()));
  }
  return mailboxes;
}

MessageView::Mailbox ReadMailbox(absl::string_view address) {
  const absl::StatusOr<mail::Address> read = mail::ParseSpec(address);
  return read.ok() ? Understood(*read, address) : NotUnderstood(address);
}

}  // namespace postern::rules
