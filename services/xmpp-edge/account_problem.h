#pragma once

#include <string>

#include "postern/admin/v1/account.pb.h"
#include "services/xmpp-edge/words.h"

// What is wrong with an account, in the user's language where that is known. Pure.
namespace postern::xmpp_edge {

// "" when nothing is.
std::string Problem(const admin::v1::Health& health, const Words& words);
// What was wrong last; "" when nothing ever was.
std::string LastProblem(const admin::v1::Health& health, const Words& words);

// Whether that is still so.
bool LastProblemHolds(const admin::v1::Health& health);

// How an account fares, in a sentence or half of one.
std::string AccountState(const admin::v1::Account& account, const Words& words);

}  // namespace postern::xmpp_edge
