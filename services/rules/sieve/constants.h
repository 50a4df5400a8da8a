#pragma once

#include <string>
#include <vector>

#include "services/rules/sieve/scope.h"

// What can be told of texts that are written out in a script. Each check lets texts with variables
// pass (they are looked at when they are known), tells a problem, and answers whether all is well.
namespace postern::rules::sieve {

// RFC 5322 section 2.2: printable ASCII but the colon.
bool IsHeaderName(absl::string_view name);
// RFC 9051: an atom of flag-keyword, or one of the system flags.
bool IsFlag(absl::string_view flag);

bool CheckHeaderNames(Scope& scope, const std::vector<Text>& names, Position at);
// The same, and they hold addresses (RFC 5228 section 5.1).
bool CheckAddressHeaders(Scope& scope, const std::vector<Text>& names, Position at);
// One mail address; it becomes bare when `bare`.
bool CheckAddress(Scope& scope, Text& text, Position at, bool bare);
bool CheckMailbox(Scope& scope, const Text& name, Position at);
// One that is only asked for: a warning.
void WarnOfMailbox(Scope& scope, const Text& name, Position at);
// The same for what a test looks for: a header of no possible name is never there.
void WarnOfHeaderNames(Scope& scope, const std::vector<Text>& names, Position at);
// RFC 5435 section 3.5: "name=value".
bool CheckNotifyOptions(Scope& scope, const std::vector<Text>& options, Position at);
// RFC 5232 section 2: texts of several flags become one text for each.
bool CheckFlags(Scope& scope, std::vector<Text>& flags, Position at);
bool CheckDatePart(Scope& scope, Text& part, Position at);  // becomes lower case
bool CheckZone(Scope& scope, const Text& zone, Position at);
bool CheckSpecialUse(Scope& scope, const Text& use, Position at);
// A URI of RFC 5435; no mail may say which.
bool CheckNotifyMethod(Scope& scope, const Text& method, Position at);
bool CheckTarget(Scope& scope, const Text& target, absl::string_view what, Position at);

}  // namespace postern::rules::sieve
