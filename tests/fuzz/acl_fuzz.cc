// Any text must be read as an allow/deny file, or be refused; whatever connects gets an answer.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "services/rules/jsmail/acl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::rules::jsmail;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = Acl::Read(text, "acl", {.strict = size % 2 == 0, .per_service = size % 3 == 0});
  if (!read.acl && read.problems.empty()) std::abort();
  if (!read.acl) return 0;
  for (const char* address : {"10.1.2.3", "255.255.255.255", "::1", "2001:db8::1", "x", ""}) {
    const AclVerdict verdict = read.acl->Judge(AclService::kPop3, address);
    if (verdict.reason.empty()) std::abort();
    if (verdict.allowed != read.acl->Allows(AclService::kPop3, address)) std::abort();
  }
  // No address at all never gets in.
  if (read.acl->Allows(AclService::kSmtp, " " + text.substr(0, 50))) std::abort();
  return 0;
}
