#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <utility>
#include <vector>

#include "lib/net/task_group.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/rules/decision_log.h"
#include "services/rules/finger_desk.h"
#include "services/rules/judging/mail_judge.h"
#include "services/rules/judging/program_runner.h"
#include "services/rules/memory/address_lists.h"
#include "services/rules/memory/script_passwords.h"
#include "services/rules/memory/user_memory.h"
#include "services/rules/personal/personal_desk.h"
#include "services/rules/programs/program_desk.h"

namespace postern::rules {

// The contract of proto/postern/rules/v1: checks, translates, delegates.
class RulesService : public v1::RulesService::CallbackService {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    StoredPrograms& stored;
    ProgramDesk& programs;
    MailJudge& judge;
    UserMemory& memory;
    AddressLists& lists;
    ScriptPasswords& passwords;
    DecisionLog& decisions;
    net::TaskGroup& tasks;
    const FingerDesk& fingers;
    personal::PersonalDesk& personal;
    ProgramRunner& runner;
  };
  explicit RulesService(Parts parts) : parts_(std::move(parts)) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* Evaluate(Context* context, const v1::EvaluateRequest* request,
                    v1::EvaluateResponse* response) override;
  Reactor* EvaluateMails(Context* context, const v1::EvaluateMailsRequest* request,
                         v1::EvaluateMailsResponse* response) override;
  Reactor* CommitEvaluation(Context* context, const v1::CommitEvaluationRequest* request,
                            v1::CommitEvaluationResponse* response) override;
  Reactor* ListDecisions(Context* context, const v1::ListDecisionsRequest* request,
                         v1::ListDecisionsResponse* response) override;

  // Handed on; rules_service_users.cc.
  Reactor* ImportRules(Context* context, const v1::ImportRulesRequest* request,
                       v1::ImportRulesResponse* response) override;
  Reactor* ListRules(Context* context, const v1::ListRulesRequest* request,
                     v1::ListRulesResponse* response) override;
  Reactor* ActivateRules(Context* context, const v1::ActivateRulesRequest* request,
                         v1::ActivateRulesResponse* response) override;
  Reactor* RenameRules(Context* context, const v1::RenameRulesRequest* request,
                       v1::RenameRulesResponse* response) override;
  Reactor* RemoveRules(Context* context, const v1::RemoveRulesRequest* request,
                       v1::RemoveRulesResponse* response) override;
  Reactor* GetPersonalRules(Context* context, const v1::GetPersonalRulesRequest* request,
                            v1::GetPersonalRulesResponse* response) override;
  Reactor* SetPersonalRules(Context* context, const v1::SetPersonalRulesRequest* request,
                            v1::SetPersonalRulesResponse* response) override;
  Reactor* ChangeList(Context* context, const v1::ChangeListRequest* request,
                      v1::ChangeListResponse* response) override;
  Reactor* ShowLists(Context* context, const v1::ShowListsRequest* request,
                     v1::ShowListsResponse* response) override;
  Reactor* CreateScriptPassword(Context* context, const v1::CreateScriptPasswordRequest* request,
                                v1::CreateScriptPasswordResponse* response) override;
  Reactor* RevokeScriptPassword(Context* context, const v1::RevokeScriptPasswordRequest* request,
                                v1::RevokeScriptPasswordResponse* response) override;
  Reactor* ForgetUser(Context* context, const v1::ForgetUserRequest* request,
                      v1::ForgetUserResponse* response) override;
  Reactor* Finger(Context* context, const v1::FingerRequest* request,
                  v1::FingerResponse* response) override;
  Reactor* ListRunnerPrograms(Context* context, const runner::v1::ListProgramsRequest* request,
                              runner::v1::ListProgramsResponse* response) override;

 private:
  net::Task<absl::Status> DoEvaluate(const v1::EvaluateRequest& request,
                                     v1::EvaluateResponse& response);
  net::Task<absl::Status> DoEvaluateMails(const v1::EvaluateMailsRequest& request,
                                          v1::EvaluateMailsResponse& response);
  net::Task<absl::Status> Commit(const v1::CommitEvaluationRequest& request);
  net::Task<void> RememberMishaps(const v1::CommitEvaluationRequest& request);
  net::Task<absl::Status> Record(Decisions decisions);
  net::Task<absl::Status> Remember(std::vector<v1::Decision> decisions);
  net::Task<void> RememberLater(std::vector<v1::Decision> decisions);
  net::Task<absl::Status> DoListDecisions(const v1::ListDecisionsRequest& request,
                                          v1::ListDecisionsResponse& response);
  net::Task<absl::Status> List(const v1::ListRulesRequest& request,
                               v1::ListRulesResponse& response);
  net::Task<absl::Status> Change(const v1::ChangeListRequest& request);
  net::Task<absl::Status> Show(const v1::ShowListsRequest& request,
                               v1::ShowListsResponse& response);
  net::Task<absl::Status> CreatePassword(const v1::CreateScriptPasswordRequest& request,
                                         v1::CreateScriptPasswordResponse& response);
  net::Task<absl::Status> AskFinger(const v1::FingerRequest& request, v1::FingerResponse& response);
  net::Task<absl::Status> ListPrograms(runner::v1::ListProgramsResponse& response);
  net::Task<absl::Status> RevokePassword(const v1::RevokeScriptPasswordRequest& request);
  net::Task<absl::Status> Forget(const v1::ForgetUserRequest& request);

  Parts parts_;
};

}  // namespace postern::rules
