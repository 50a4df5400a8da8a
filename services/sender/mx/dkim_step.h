#pragma once

#include <memory>

#include "services/sender/compose/intake_steps.h"
#include "services/sender/mx/dkim.h"

namespace postern::sender::mx {

// Signs the mail of accounts that have no server of their own, over the bytes that will leave
// (smtp/content_form.h), whichever way they go. The operators of users' own servers sign theirs.
ContentSigner SignSiteMail(std::shared_ptr<const DkimSigner> signer);

}  // namespace postern::sender::mx
