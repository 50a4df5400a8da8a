#pragma once

#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Asks for the password of an account: XEP-0004.
DataForm PasswordForm(const admin::v1::Account& account, const Words& words);

// The submitted form of this kind in a message; null when there is none.
const Element* SubmittedPasswordForm(const Element& message);

}  // namespace postern::xmpp_edge
