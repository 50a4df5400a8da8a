#include "services/rules/engine/facts.h"

#include "absl/strings/str_cat.h"

namespace postern::rules {

FactKey MailboxFact(const std::string& mailbox) { return absl::StrCat("mailbox:", mailbox); }

FactKey SpecialUseFact(const std::string& use) { return absl::StrCat("special-use:", use); }

FactKey MailboxIdFact(const std::string& id) { return absl::StrCat("mailbox-id:", id); }

FactKey DuplicateFact(const std::string& handle, const std::string& id) {
  return absl::StrCat("duplicate:", handle, "\n", id);
}

FactKey ListMemberFact(const std::string& list, const std::string& address) {
  return absl::StrCat("list:", list, "\n", address);
}

FactKey ListExistsFact(const std::string& list) { return absl::StrCat("lists:", list); }

FactKey ListMembersFact(const std::string& list) { return absl::StrCat("members:", list); }

FactKey MetadataFact(const std::string& mailbox, const std::string& annotation) {
  return absl::StrCat("metadata:", mailbox, "\n", annotation);
}

FactKey RunFact(const std::string& program_hash, uint32_t run) {
  return absl::StrCat("run:", program_hash, " ", run);
}

FactKey NotifyFact(const std::string& method, const std::string& capability) {
  return absl::StrCat("notify:", method, "\n", capability);
}

}  // namespace postern::rules
