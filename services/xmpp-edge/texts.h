#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Every word that a Jabber user reads, in one place. English only, for now.
namespace postern::xmpp_edge::texts {

// --- mail as a message (mail_to_message) -------------------------------------
constexpr absl::string_view kFrom = "From: ";
constexpr absl::string_view kSubject = "Subject: ";
constexpr absl::string_view kTo = "To: ";
constexpr absl::string_view kCc = "Cc: ";
constexpr absl::string_view kDate = "Date: ";
constexpr absl::string_view kNoSender = "(no sender)";
constexpr absl::string_view kNoSubject = "(no subject)";
constexpr absl::string_view kNoText = "(no text)";
constexpr absl::string_view kAttachments = "Attachments:";
constexpr absl::string_view kUnnamedAttachment = "without a name";
constexpr absl::string_view kCutByReader = "… cut; the rest is in your mailbox";
inline std::string Cut(uint64_t more_bytes) {
  return absl::StrCat("… cut; ", (more_bytes + 1023) / 1024, " KB more in your mailbox");
}
inline std::string AndMore(size_t count) { return absl::StrCat("… and ", count, " more"); }
inline std::string Note(absl::string_view defect) { return absl::StrCat("Note: ", defect); }
inline std::string NewMails(size_t count) {
  return count == 1 ? "1 new mail" : absl::StrCat(count, " new mails");
}

// --- presence and health (features/account_status) ---------------------------
inline std::string AccountsRegistered(size_t count) {
  return count == 1 ? "1 account registered" : absl::StrCat(count, " accounts registered");
}
inline std::string Watching(absl::string_view url, absl::string_view mailbox) {
  return absl::StrCat(url, " — watching ", mailbox);
}
inline std::string ReadyToSend(absl::string_view url) {
  return absl::StrCat(url, " — ready to send");
}
inline std::string Connecting(absl::string_view url) { return absl::StrCat(url, " — connecting…"); }
constexpr absl::string_view kDisabled = "This account is disabled";
constexpr absl::string_view kUnknownError = "This account has an error";
inline std::string AccountError(absl::string_view name, absl::string_view reason) {
  return absl::StrCat("Account '", name, "' has a problem: ", reason);
}
constexpr absl::string_view kGatewayNick = "Mail gateway";

}  // namespace postern::xmpp_edge::texts
