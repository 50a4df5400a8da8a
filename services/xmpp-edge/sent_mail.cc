#include "services/xmpp-edge/sent_mail.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/domain_name.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kVersion = "1";
constexpr size_t kMaxRecipients = 100;  // of one mail: sender.proto
constexpr size_t kMaxAddress = 320;     // RFC 5321 section 4.5.3.1

template <class Addresses>
void AddKeys(const Addresses& addresses, SentMail& mail) {
  for (const auto& address : addresses) {
    if (mail.recipients.size() == kMaxRecipients) return;
    mail.recipients.push_back(RecipientKey(rpc::FromProto(address).Spec()));
  }
}

}  // namespace

std::string RecipientKey(absl::string_view address) {
  address = mail::CutUtf8(address, kMaxAddress);
  const size_t at = address.rfind('@');
  if (at == address.npos) return absl::AsciiStrToLower(address);
  const auto domain = mail::AsciiDomain(address.substr(at + 1));
  if (!domain.ok()) return absl::AsciiStrToLower(address);
  return absl::StrCat(absl::AsciiStrToLower(address.substr(0, at)), "@", *domain);
}

SentMail SentMailOf(const sender::v1::SubmitRequest& request, std::string queue_id) {
  SentMail mail;
  mail.queue_id = std::move(queue_id);
  mail.context = request.context();
  AddKeys(request.draft().to(), mail);
  AddKeys(request.draft().cc(), mail);
  AddKeys(request.draft().bcc(), mail);
  return mail;
}

std::string EncodeSentMail(const SentMail& mail) {
  std::string out;
  AppendNetstring(out, kVersion);
  AppendNetstring(out, mail.queue_id);
  AppendNetstring(out, mail.context);
  AppendNetstring(out, absl::StrCat(mail.recipients.size()));
  for (const std::string& recipient : mail.recipients) AppendNetstring(out, recipient);
  return out;
}

std::optional<SentMail> DecodeSentMail(absl::string_view text) {
  NetstringReader in(text);
  if (in.Next() != kVersion) return std::nullopt;
  SentMail mail;
  mail.queue_id = in.Next();
  mail.context = in.Next();
  for (int64_t left = in.NextNumber(); left > 0 && !in.failed(); --left) {
    mail.recipients.push_back(in.Next());
  }
  if (in.failed()) return std::nullopt;
  return mail;
}

}  // namespace postern::xmpp_edge
