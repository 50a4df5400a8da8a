#include "services/xmpp-edge/brought_mail.h"

#include <utility>

#include "absl/time/clock.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/mail_to_message.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxSender = 200;

}  // namespace

net::Task<absl::Status> BringMail(FeatureContext context, BroughtMail brought, const Words& words) {
  const admin::v1::Account& account = *brought.account;
  const mail::Mail mail = rpc::FromProto(brought.read.mail());
  Envelope envelope;
  envelope.domain = context.domain;
  envelope.contact = ContactJid(account, context.domain);
  envelope.user = account.owner();
  envelope.stanza_id = std::move(brought.stanza_id);
  envelope.now_unix = absl::ToUnixSeconds(absl::Now());
  MailThread thread = ThreadOf(mail, account.id(), envelope);
  thread.mail_ref = brought.read.id();
  absl::Status remembered =
      co_await context.threads.Remember(envelope.user, envelope.stanza_id, std::move(thread));
  if (!remembered.ok()) co_return remembered;
  Element message = MailToMessage(mail, envelope, words);
  const std::string sender =
      mail.from.empty() ? texts::NoSender(words)
                        : mail::CleanLine(mail::CutUtf8(mail.from.front().Readable(), kMaxSender));
  for (Element& child : message.children) {
    if (child.name == "subject") child.SetText(texts::EmailFrom(words, sender));
  }
  co_return co_await context.sink.Send(std::move(message));
}

}  // namespace postern::xmpp_edge
