#include "services/rules/rules.h"

#include "lib/net/task_group.h"
#include "services/rules/decision_log.h"
#include "services/rules/rule_store.h"
#include "services/rules/rules_service.h"

namespace postern::rules {
namespace {

// The parts of the service, in the order in which they depend on each other.
class Rules : public process::Service {
 public:
  explicit Rules(process::Runtime& runtime)
      : store_(runtime.redis),
        decisions_(runtime.redis),
        tasks_(runtime.io.get_executor()),
        service_(runtime.io.get_executor(), store_, decisions_, tasks_) {}

  std::string Name() const override { return "rules"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers&) override {
    tasks_.Spawn("rule store", store_.KeepFresh());
    return absl::OkStatus();
  }

  net::Task<void> Stop() override { co_await tasks_.Stop(); }

  std::string NotReadyBecause() const override {
    return store_.loaded() ? "" : "the rule programs are not yet read from Redis";
  }

 private:
  RuleStore store_;
  DecisionLog decisions_;
  net::TaskGroup tasks_;
  RulesService service_;
};

}  // namespace

std::unique_ptr<process::Service> MakeRules(process::Runtime& runtime, Config) {
  return std::make_unique<Rules>(runtime);
}

}  // namespace postern::rules
