#pragma once

#include "absl/status/status.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// What an attempt came to: who is done, who is tried again and when. `outcome`
// tells what ended the session, if anything did; `chance` is for Judge.
Settlement Conclude(const TakenMail& mail, const smtp::Transaction& transaction,
                    const absl::Status& outcome, double chance);

// Those who have it, in the midst of an attempt; all others are pending. Who was refused may yet be
// tried again, that is for Conclude.
Settlement SentSoFar(const smtp::Transaction& transaction);

}  // namespace postern::sender
