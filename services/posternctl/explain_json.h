#pragma once

#include <string>
#include <vector>

#include "services/posternctl/rules_offline.h"
#include "services/rules/jsmail/acl.h"

// The JSON of `rules explain` with a file: docs/operators.md, "What rules would do, as JSON".
namespace postern::posternctl {

// {"actions":[…]}, and where there is something to say "error", "reason", "recipients", "assumed".
std::string ExplainJson(const OfflineAnswer& answer);

// What an allow-deny file says of an address.
struct ServiceVerdict {
  std::string service;
  rules::jsmail::AclVerdict verdict;
};
// {"actions":[{"action":"deny"}],"line":3,"reason":"…"} of the first; of several, all under
// "services" as well.
std::string ConnectionJson(const std::vector<ServiceVerdict>& verdicts);

// Names without a domain get one while they are judged, which nobody is shown.
std::string WithoutNoDomain(const std::string& text);

}  // namespace postern::posternctl
