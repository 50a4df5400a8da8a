#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "lib/net/task_group.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/rules/decision_log.h"
#include "services/rules/evaluation.h"
#include "services/rules/rule_store.h"

namespace postern::rules {

// The contract of proto/postern/rules/v1.
class RulesService : public v1::RulesService::CallbackService {
 public:
  RulesService(boost::asio::any_io_executor executor, RuleStore& store, DecisionLog& decisions,
               net::TaskGroup& tasks)
      : executor_(std::move(executor)), store_(store), decisions_(decisions), tasks_(tasks) {}

  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context,
                                     const v1::EvaluateRequest* request,
                                     v1::EvaluateResponse* response) override;
  grpc::ServerUnaryReactor* EvaluateMails(grpc::CallbackServerContext* context,
                                          const v1::EvaluateMailsRequest* request,
                                          v1::EvaluateMailsResponse* response) override;
  grpc::ServerUnaryReactor* ImportRules(grpc::CallbackServerContext* context,
                                        const v1::ImportRulesRequest* request,
                                        v1::ImportRulesResponse* response) override;
  grpc::ServerUnaryReactor* ListRules(grpc::CallbackServerContext* context,
                                      const v1::ListRulesRequest* request,
                                      v1::ListRulesResponse* response) override;
  grpc::ServerUnaryReactor* ListDecisions(grpc::CallbackServerContext* context,
                                          const v1::ListDecisionsRequest* request,
                                          v1::ListDecisionsResponse* response) override;

 private:
  net::Task<absl::Status> DoEvaluate(const v1::EvaluateRequest& request,
                                     v1::EvaluateResponse& response);
  net::Task<absl::Status> DoEvaluateMails(const v1::EvaluateMailsRequest& request,
                                          v1::EvaluateMailsResponse& response);
  Stages StagesFor(const v1::EvaluateRequest& request) const;
  net::Task<absl::Status> Record(Decisions decisions);
  net::Task<absl::Status> Remember(std::vector<v1::Decision> decisions);
  net::Task<void> RememberLater(std::vector<v1::Decision> decisions);
  net::Task<absl::Status> DoImport(const v1::ImportRulesRequest& request,
                                   v1::ImportRulesResponse& response);
  net::Task<absl::Status> DoListRules(v1::ListRulesResponse& response);
  net::Task<absl::Status> DoListDecisions(const v1::ListDecisionsRequest& request,
                                          v1::ListDecisionsResponse& response);

  boost::asio::any_io_executor executor_;
  RuleStore& store_;
  DecisionLog& decisions_;
  net::TaskGroup& tasks_;
};

}  // namespace postern::rules
