#pragma once

#include <optional>

#include "lib/mail/delivery_report.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/sent_mail.h"

namespace postern::xmpp_edge {

// What a delivery report (RFC 3464) that came to a user's mailbox says of a mail of theirs, as if
// the sender had reported it. Failures and delays count; of mail that arrived nobody asked to be
// told. Nothing when the report tells none of these, or names but one recipient that the mail never
// had: then it is a mail like any other, for whoever wrote it knows less than they pretend. Pure.
std::optional<edge::v1::ReportOutcomeRequest> OutcomesIn(const mail::DeliveryReport& report,
                                                         const SentMail& sent);

}  // namespace postern::xmpp_edge
