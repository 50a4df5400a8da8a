#include "services/admin/roles.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/admin/bare_jid.h"

namespace postern::admin {
namespace {

const std::string kKey = "postern:user:{accounts}:roles";
constexpr size_t kMaxCommandBytes = 64, kMaxSubjectBytes = 512;

// KEYS roles; ARGV user, role ("": none), how many may have one. Answers 1; 0 when there are so
// many already.
const store::Script kSet(R"lua(
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) return 1 end
local new = redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0
if new and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
)lua");

std::string NameOf(v1::Role role) {
  if (role == v1::ROLE_OPERATOR) return "operator";
  return role == v1::ROLE_REDIRECTOR ? "redirector" : "";
}

v1::Role RoleNamed(absl::string_view name) {
  if (name == "operator") return v1::ROLE_OPERATOR;
  return name == "redirector" ? v1::ROLE_REDIRECTOR : v1::ROLE_USER;
}

}  // namespace

bool Roles::IsAdmin(const std::string& user) const {
  return std::find(admins_.begin(), admins_.end(), user) != admins_.end();
}

net::Task<absl::Status> Roles::Set(v1::SetRoleRequest request) {
  auto user = NormalizeBareJid("user", request.user());
  if (!user.ok()) co_return user.status();
  const v1::Role role = request.role();
  if (role == v1::ROLE_UNSPECIFIED || !v1::Role_IsValid(role)) {
    co_return absl::InvalidArgumentError("role: it is missing, or not known");
  }
  if (IsAdmin(*user) && role != v1::ROLE_OPERATOR) {
    co_return absl::FailedPreconditionError(
        absl::StrCat(*user, " is an operator by --admins of the admin service; change it there"));
  }
  std::vector<std::string> keys = {kKey};
  std::vector<std::string> args = {*user, NameOf(role), absl::StrCat(kMost)};
  auto set = co_await redis_.Run(kSet, std::move(keys), std::move(args));
  if (!set.ok()) co_return set.status();
  if (set->integer == 0) {
    co_return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMost, " users would have a role of their own"));
  }
  AuditEntry entry{"operator", "set role", *user, role == v1::ROLE_USER ? "user" : NameOf(role)};
  co_await audit_.Append(std::move(entry));
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<v1::ListRolesResponse>> Roles::List() {
  std::vector<std::string> command = {"HGETALL", kKey};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  std::map<std::string, v1::Role> roles;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    roles[reply->items[i].text] = RoleNamed(reply->items[i + 1].text);
  }
  for (const std::string& jid : admins_) roles[jid] = v1::ROLE_OPERATOR;
  v1::ListRolesResponse response;
  for (const auto& [user, role] : roles) {
    auto& one = *response.add_roles();
    one.set_user(user);
    one.set_role(role);
  }
  co_return response;
}

net::Task<absl::StatusOr<v1::Role>> Roles::Of(std::string user) {
  if (IsAdmin(user)) co_return v1::ROLE_OPERATOR;
  std::vector<std::string> command = {"HGET", kKey, std::move(user)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return RoleNamed(reply->text);
}

net::Task<absl::Status> Roles::BeginCommand(v1::BeginOperatorCommandRequest request) {
  auto user = NormalizeBareJid("user", request.user());
  if (!user.ok()) co_return user.status();
  if (request.command().empty() || request.command().size() > kMaxCommandBytes ||
      request.subject().size() > kMaxSubjectBytes) {
    co_return absl::InvalidArgumentError("command: empty or too long");
  }
  auto role = co_await Of(*user);
  if (!role.ok()) co_return role.status();
  if (*role != v1::ROLE_OPERATOR) {
    co_return absl::PermissionDeniedError(absl::StrCat(*user, " is no operator"));
  }
  if (request.changes()) {
    AuditEntry entry{*user, absl::StrCat("by chat: ", request.command()), request.subject(), ""};
    co_await audit_.Append(std::move(entry));
  }
  co_return absl::OkStatus();
}

}  // namespace postern::admin
