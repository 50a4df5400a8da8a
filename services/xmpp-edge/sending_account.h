#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Which of a user's SMTP accounts carries a mail, and as whom.
struct SendingAccount {
  AccountDirectory::Account account;
  mail::Address from;
  bool from_named = false;  // the author said so; else `from` is the account's own
};

// The one that the From: line names (by the account's name or its address, or by the address
// or the name of one of its identities; no other address is accepted: a From is always the
// user's own), else the SMTP
// contact written to, else the partner of the mailbox that is answered (the same
// login), else the default. kFailedPrecondition, with a sentence for the author, when
// there is none.
absl::StatusOr<SendingAccount> ChooseSendingAccount(const AccountDirectory& directory,
                                                    absl::string_view owner, const Place& place,
                                                    absl::string_view from_line,
                                                    absl::string_view answered_account_id,
                                                    const Words& words);

}  // namespace postern::xmpp_edge
