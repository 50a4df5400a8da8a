#include "services/posternctl/import_roles.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::posternctl {

using rules::jsmail::Role;

absl::StatusOr<std::vector<std::string>> ImportRoles(Session& session, const FolderImport& wanted,
                                                     Role role,
                                                     const std::vector<std::string>& names) {
  const bool operators = role == Role::kOperator;
  if (wanted.user_domain.empty()) {
    const char* what = operators
                           ? ": operator there; --user-domain makes them operators here"
                           : ": may redirect own mail; here every user may, by a rule of their own";
    return std::vector<std::string>{absl::StrCat(absl::StrJoin(names, ", "), what)};
  }
  std::vector<std::string> told;
  for (const std::string& name : names) {
    admin::v1::SetRoleRequest request;
    request.set_user(absl::StrCat(name, "@", wanted.user_domain));
    request.set_role(operators ? admin::v1::ROLE_OPERATOR : admin::v1::ROLE_REDIRECTOR);
    absl::Status set;
    if (!wanted.dry_run) set = session.Call(&Session::Stub::SetRole, request).status();
    if (!set.ok() && !absl::IsInvalidArgument(set)) return set;
    const char* what = !set.ok()   ? ": is no Jabber address, and has no role"
                       : operators ? ": operator, from chat ('operator help') as well"
                                   : ": redirector, which here every user is";
    told.push_back(absl::StrCat(request.user(), what));
  }
  return told;
}

}  // namespace postern::posternctl
