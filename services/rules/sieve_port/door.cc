#include "services/rules/sieve_port/door.h"

#include <utility>

namespace postern::rules {

jsmail::AclVerdict Door::Judge(const std::string& address) {
  if (!stored_.loaded()) return {false, 0, "the rules are not yet read"};
  const jsmail::Acl* acl = folder_.acl();
  if (acl == nullptr) acl = Imported();
  if (acl == nullptr) return {true, 0, "there is no file"};
  return acl->Judge(jsmail::AclService::kRemote, address);
}

const jsmail::Acl* Door::Imported() {
  const ProgramKey key{kSiteScope, v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY, ""};
  const v1::RuleProgram* const program = stored_.Find(key);
  const std::string revision = program == nullptr ? "" : stored_.RevisionOf(key);
  if (revision != std::exchange(revision_, revision)) {
    imported_.reset();
    // What has errors is not stored.
    if (program != nullptr)
      imported_ =
          jsmail::Acl::Read(program->source(), program->file_name(), jsmail::kOneService).acl;
  }
  return imported_ ? &*imported_ : nullptr;
}

}  // namespace postern::rules
