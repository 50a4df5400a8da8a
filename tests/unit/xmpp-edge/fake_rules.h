#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "postern/rules/v1/rules.grpc.pb.h"

namespace postern::xmpp_edge {

// The rules service, as far as users' own rules go: kept by user, with ids and a revision, checked
// by nobody. A lock guards it against gRPC's threads.
class FakePersonalRules : public rules::v1::RulesService::Service {
 public:
  grpc::Status GetPersonalRules(grpc::ServerContext*,
                                const rules::v1::GetPersonalRulesRequest* request,
                                rules::v1::GetPersonalRulesResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    if (!failure.ok()) return failure;
    const std::vector<rules::v1::PersonalRule>& own = personal[request->user()];
    response->mutable_rules()->Assign(own.begin(), own.end());
    response->set_revision(absl::StrCat(revision));
    response->set_sieve(absl::StrCat("# ", own.size(), " rules of ", request->user(), "\n"));
    return grpc::Status::OK;
  }
  grpc::Status SetPersonalRules(grpc::ServerContext*,
                                const rules::v1::SetPersonalRulesRequest* request,
                                rules::v1::SetPersonalRulesResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    if (!refusal.ok()) return refusal;
    if (conflicts > 0) {
      --conflicts;
      ++revision;
      return {grpc::StatusCode::ABORTED, "changed meanwhile"};
    }
    if (!request->dry_run() && request->revision() != absl::StrCat(revision)) {
      return {grpc::StatusCode::ABORTED, "changed meanwhile"};
    }
    if (request->dry_run()) {
      response->set_sieve(absl::StrCat("# ", request->rules_size(), " rules on trial\n"));
      return grpc::Status::OK;
    }
    std::vector<rules::v1::PersonalRule>& own = personal[request->user()];
    own.assign(request->rules().begin(), request->rules().end());
    for (rules::v1::PersonalRule& rule : own) {
      if (rule.id().empty()) rule.set_id(absl::StrCat("r", ++last_id));
    }
    response->mutable_rules()->Assign(own.begin(), own.end());
    response->set_revision(absl::StrCat(++revision));
    return grpc::Status::OK;
  }
  grpc::Status ListDecisions(grpc::ServerContext*, const rules::v1::ListDecisionsRequest* request,
                             rules::v1::ListDecisionsResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    for (const rules::v1::Decision& decision : decisions) {
      const bool meant =
          decision.user() == request->user() &&
          (request->mail_id().empty() || decision.message_id() == request->mail_id());
      if (meant) *response->add_decisions() = decision;
    }
    return failure;
  }
  grpc::Status ListRules(grpc::ServerContext*, const rules::v1::ListRulesRequest* request,
                         rules::v1::ListRulesResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    for (const rules::v1::RuleProgram& program : programs) {
      if (program.scope() == request->scope()) *response->add_programs() = program;
    }
    return failure;
  }
  grpc::Status ShowLists(grpc::ServerContext*, const rules::v1::ShowListsRequest* request,
                         rules::v1::ShowListsResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    const std::vector<std::string>& own = contacts[request->user()];
    if (own.empty()) return failure;
    auto& list = *response->add_lists();
    list.set_name("contacts");
    for (const std::string& address : own) list.add_addresses(address);
    return failure;
  }
  grpc::Status ChangeList(grpc::ServerContext*, const rules::v1::ChangeListRequest* request,
                          rules::v1::ChangeListResponse*) override {
    const std::lock_guard lock(personal_mutex);
    ++list_calls;
    if (!failure.ok()) return failure;
    list_changes.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status CreateScriptPassword(grpc::ServerContext*,
                                    const rules::v1::CreateScriptPasswordRequest* request,
                                    rules::v1::CreateScriptPasswordResponse* response) override {
    const std::lock_guard lock(personal_mutex);
    response->set_password(absl::StrCat("secret-of-", request->user()));
    ++passwords;
    return failure;
  }
  grpc::Status RevokeScriptPassword(grpc::ServerContext*,
                                    const rules::v1::RevokeScriptPasswordRequest*,
                                    rules::v1::RevokeScriptPasswordResponse*) override {
    const std::lock_guard lock(personal_mutex);
    --passwords;
    return failure;
  }

  std::vector<rules::v1::PersonalRule> RulesOf(const std::string& user) {
    const std::lock_guard lock(personal_mutex);
    return personal[user];
  }

  std::mutex personal_mutex;
  grpc::Status failure;  // of every call
  grpc::Status refusal;  // of a change
  int conflicts = 0;     // so many changes come too late
  std::map<std::string, std::vector<rules::v1::PersonalRule>> personal;
  std::vector<rules::v1::Decision> decisions;
  std::vector<rules::v1::RuleProgram> programs;
  std::map<std::string, std::vector<std::string>> contacts;
  std::vector<rules::v1::ChangeListRequest> list_changes;
  int list_calls = 0, passwords = 0;

 private:
  int revision = 0, last_id = 0;
};

}  // namespace postern::xmpp_edge
