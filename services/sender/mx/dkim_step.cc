#include "services/sender/mx/dkim_step.h"

#include <ctime>
#include <string>
#include <utility>

#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/sender/smtp/content_form.h"

namespace postern::sender::mx {
namespace {

// What has this form keeps it on its way, and so its signature.
std::string AsItLeaves(const std::string& content) {
  std::string leaves;
  leaves.reserve(content.size() + 1024);
  smtp::ContentForm form(smtp::ContentForm::Dots::kAsTheyAre);
  form.Add(content, leaves);
  form.End(leaves);
  return leaves;
}

absl::Status SignMail(const DkimSigner& signer, const Account& account, ComposedMail& mail) {
  if (!account.by_site_relay) return absl::OkStatus();
  mail.content = AsItLeaves(mail.content);
  absl::Status s = signer.Sign(mail.content, std::time(nullptr));
  if (s.ok()) return s;
  log::Error("a mail could not be signed",
             {{"message_id", mail.message_id}, {"error", s.message()}});
  return words::Error(
      absl::StatusCode::kInternal,
      words::Word("the mail could not be signed; tell the operator of this gateway"));
}

}  // namespace

ContentSigner SignSiteMail(std::shared_ptr<const DkimSigner> signer) {
  return [signer = std::move(signer)](const Account& account, ComposedMail& mail) {
    return SignMail(*signer, account, mail);
  };
}

}  // namespace postern::sender::mx
