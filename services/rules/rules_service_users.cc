// The calls of RulesService about what is stored: programs, lists, passwords.
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/serve.h"
#include "services/rules/forget_user.h"
#include "services/rules/rules_service.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxShownBytes = 7 << 20;       // an answer has to fit into a gRPC message
constexpr size_t kOverhead = 4;                  // of an address in it
constexpr std::chrono::seconds kForgetLimit{3};  // admin counts on it

}  // namespace

grpc::ServerUnaryReactor* RulesService::ImportRules(Context* context,
                                                    const v1::ImportRulesRequest* request,
                                                    v1::ImportRulesResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.programs.Import(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ListRules(Context* context,
                                                  const v1::ListRulesRequest* request,
                                                  v1::ListRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return List(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ActivateRules(Context* context,
                                                      const v1::ActivateRulesRequest* request,
                                                      v1::ActivateRulesResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.programs.Activate(*request); });
}

grpc::ServerUnaryReactor* RulesService::RenameRules(Context* context,
                                                    const v1::RenameRulesRequest* request,
                                                    v1::RenameRulesResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.programs.Rename(*request); });
}

grpc::ServerUnaryReactor* RulesService::RemoveRules(Context* context,
                                                    const v1::RemoveRulesRequest* request,
                                                    v1::RemoveRulesResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.programs.Remove(*request); });
}

grpc::ServerUnaryReactor* RulesService::GetPersonalRules(Context* context,
                                                         const v1::GetPersonalRulesRequest* request,
                                                         v1::GetPersonalRulesResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.personal.Get(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::SetPersonalRules(Context* context,
                                                         const v1::SetPersonalRulesRequest* request,
                                                         v1::SetPersonalRulesResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.personal.Set(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ChangeList(Context* context,
                                                   const v1::ChangeListRequest* request,
                                                   v1::ChangeListResponse*) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Change(*request); });
}

grpc::ServerUnaryReactor* RulesService::ShowLists(Context* context,
                                                  const v1::ShowListsRequest* request,
                                                  v1::ShowListsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Show(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::CreateScriptPassword(
    Context* context, const v1::CreateScriptPasswordRequest* request,
    v1::CreateScriptPasswordResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return CreatePassword(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::RevokeScriptPassword(
    Context* context, const v1::RevokeScriptPasswordRequest* request,
    v1::RevokeScriptPasswordResponse*) {
  return rpc::Serve(parts_.executor, context, [=, this] { return RevokePassword(*request); });
}

grpc::ServerUnaryReactor* RulesService::ForgetUser(Context* context,
                                                   const v1::ForgetUserRequest* request,
                                                   v1::ForgetUserResponse*) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Forget(*request); });
}

grpc::ServerUnaryReactor* RulesService::Finger(Context* context, const v1::FingerRequest* request,
                                               v1::FingerResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return AskFinger(*request, *response); });
}

grpc::ServerUnaryReactor* RulesService::ListRunnerPrograms(
    Context* context, const runner::v1::ListProgramsRequest*,
    runner::v1::ListProgramsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return ListPrograms(*response); });
}

net::Task<absl::Status> RulesService::ListPrograms(runner::v1::ListProgramsResponse& response) {
  auto programs = co_await parts_.runner.List();
  if (!programs.ok()) co_return programs.status();
  response = *std::move(programs);
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::AskFinger(const v1::FingerRequest& request,
                                                v1::FingerResponse& response) {
  auto text = parts_.fingers.Ask(request.user(), request.wide());
  if (!text.ok()) co_return text.status();
  response.set_text(*std::move(text));
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::List(const v1::ListRulesRequest& request,
                                           v1::ListRulesResponse& response) {
  co_return parts_.programs.List(request, response);
}

net::Task<absl::Status> RulesService::Change(const v1::ChangeListRequest& request) {
  AddressLists::Change change;
  if (!request.user().empty()) {
    auto user = ReadUser(request.user());
    if (!user.ok()) co_return user.status();
    change.user = *std::move(user);
  }
  change.list = request.list();
  change.add.assign(request.add().begin(), request.add().end());
  change.remove.assign(request.remove().begin(), request.remove().end());
  change.replace = request.replace();
  co_return co_await parts_.lists.Apply(std::move(change));
}

net::Task<absl::Status> RulesService::Show(const v1::ShowListsRequest& request,
                                           v1::ShowListsResponse& response) {
  std::string user;
  if (!request.user().empty()) {
    auto read = ReadUser(request.user());
    if (!read.ok()) co_return read.status();
    user = *std::move(read);
  }
  auto lists = co_await parts_.lists.Show(std::move(user));
  if (!lists.ok()) co_return lists.status();
  size_t bytes = 0;
  for (AddressLists::List& list : *lists) {
    for (const std::string& address : list.addresses) bytes += address.size() + kOverhead;
    if (bytes > kMaxShownBytes)
      co_return absl::ResourceExhaustedError("the lists are too long for one answer");
    v1::ShowListsResponse::AddressList& shown = *response.add_lists();
    shown.set_name(std::move(list.name));
    for (std::string& address : list.addresses) shown.add_addresses(std::move(address));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::CreatePassword(const v1::CreateScriptPasswordRequest& request,
                                                     v1::CreateScriptPasswordResponse& response) {
  auto user = ReadUser(request.user());
  if (!user.ok()) co_return user.status();
  auto password = co_await parts_.passwords.Create(*std::move(user));
  if (!password.ok()) co_return password.status();
  response.set_password(password->Reveal());
  co_return absl::OkStatus();
}

net::Task<absl::Status> RulesService::RevokePassword(
    const v1::RevokeScriptPasswordRequest& request) {
  auto user = ReadUser(request.user());
  if (!user.ok()) co_return user.status();
  co_return co_await parts_.passwords.Revoke(*std::move(user));
}

net::Task<absl::Status> RulesService::Forget(const v1::ForgetUserRequest& request) {
  auto user = ReadUser(request.user());
  if (!user.ok()) co_return user.status();
  const KeptOfUsers kept{parts_.stored, parts_.lists, parts_.memory, parts_.passwords,
                         parts_.decisions};
  const absl::Status forgotten =
      co_await net::WithDeadline(kForgetLimit, rules::ForgetUser(kept, *user));
  if (forgotten.ok()) {
    log::Info("what there was of a user who has gone is removed", {{"user", *user}});
  } else {
    log::Warn("what there is of a user who has gone could not be removed",
              {{"user", *user}, {"error", forgotten.message()}});
  }
  co_return forgotten;
}

}  // namespace postern::rules
