#pragma once

#include <string>

#include "services/rules/engine/run.h"

namespace postern::rules {

// RFC 5235: "0" when nobody has looked, "1" (clean) to "10" (spam) or, of viruses, to "5"; in
// percent "0" to "100". What the site says ("vnd.postern.spamtest", "vnd.postern.spampercent",
// "vnd.postern.virustest" of its environment), else what filters before us have written into the
// header: X-Spam-Status, X-Spamd-Result, X-Virus-Status. Whoever trusts those takes care that
// they don't come from outside.
std::string VerdictValue(VerdictKind kind, const Run& run);

}  // namespace postern::rules
