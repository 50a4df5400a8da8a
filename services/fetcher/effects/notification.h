#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::fetcher {

// A notification of a rule (RFC 5435) before it goes its way. Pure.
struct NotifiedMail {
  std::string account;  // the name
  std::string user;     // bare JID of the owner
  std::string mail_id;
  std::string from;  // for people to read
  std::string subject;
  int64_t received_unix = 0;
};

// "xmpp:ann@example.org?message;subject=Hi" (RFC 5122, RFC 5437): a headline from the gateway, or
// a normal message where the options or the URI ask for it ("type=normal"), or an instant message
// (the option "type=chat"). Its text is the
// rule's, else the URI's, else who wrote and what of. kInvalidArgument: no such URI.
absl::StatusOr<edge::v1::NotifyRequest> XmppNotification(const rules::v1::Action& action,
                                                         const NotifiedMail& mail);

// "mailto:a@b.c,d@e.f?cc=g@h.i&subject=Hi" (RFC 6068, RFC 5436), at most eight addresses. The text
// is the URI's, else that of the option "body=…".
struct MailNotification {
  std::vector<mail::Address> to, cc;  // each once
  std::string subject, text;
};
absl::StatusOr<MailNotification> MailtoNotification(const rules::v1::Action& action,
                                                    const NotifiedMail& mail);

// What a web server is told: JSON, at most 16 KiB.
std::string WebhookJson(const rules::v1::Action& action, const NotifiedMail& mail);

}  // namespace postern::fetcher
