#pragma once

#include <cstdint>

#include "postern/edge/v1/edge.pb.h"
#include "postern/rules/v1/rules.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/thread_store.h"

namespace postern::xmpp_edge {

// A draft on its way to the sender, read in three ways.

// Who wrote it, where and under which id. Empty when it is not ours.
edge::v1::OutgoingContext ContextOf(const sender::v1::SubmitRequest& request);

// The mail that it becomes; only its Message-ID is not known before the sender has it.
MailThread ThreadOfDraft(const sender::v1::SubmitRequest& request, int64_t at_unix);
// Of a mail that has not left: it tells whom it is for, and nothing that answers it names it,
// for it may be taken back.
void Detach(MailThread& mail);
bool IsDetached(const MailThread& mail);

// What the rules see of it.
rules::v1::EvaluateRequest RulesQuestion(const sender::v1::SubmitRequest& submit,
                                         const AccountDirectory& directory);

}  // namespace postern::xmpp_edge
