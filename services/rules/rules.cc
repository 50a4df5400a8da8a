#include "services/rules/rules.h"

#include <utility>

#include "lib/net/task_group.h"
#include "lib/rpc/channel.h"
#include "services/rules/decision_log.h"
#include "services/rules/finger_desk.h"
#include "services/rules/folder/jsmail_folder.h"
#include "services/rules/personal/personal_desk.h"
#include "services/rules/rules_service.h"
#include "services/rules/sieve_port/sieve_port.h"
#include "services/rules/sieve_port/user_scripts.h"

namespace postern::rules {
namespace {

// The parts of the service, in the order in which they depend on each other.
class Rules : public process::Service {
 public:
  Rules(process::Runtime& runtime, Config config)
      : config_(std::move(config)),
        executor_(runtime.io.get_executor()),
        folder_({config_.jsmail_dir, config_.jsmail_domain, config_.jsmail_key_file}, compiler_),
        stored_(runtime.redis),
        programs_(executor_, stored_, compiler_),
        desk_(stored_, programs_, compiler_),
        memory_(runtime.redis),
        lists_(runtime.redis),
        passwords_(runtime.redis),
        decisions_(runtime.redis),
        port_(executor_, config_.managesieve, scripts_, Door(folder_, stored_)),
        tasks_(executor_) {}

  std::string Name() const override { return "rules"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers& peers) override {
    if (config_.runner_inside) {
      runner_ = ProgramRunner(runner::v1::RunnerService::NewStub(peers.runner));
    } else if (!config_.runner_addr.empty()) {
      auto channel = rpc::MakeChannel(config_.runner_addr, config_.tls);
      if (!channel.ok()) return channel.status();
      runner_ = ProgramRunner(runner::v1::RunnerService::NewStub(*channel));
    }
    desk_.WarnBy(runner_);
    programs_.TakeFrom([this](v1::RuleLanguage language) { return folder_.Find(language); });
    desk_.ListAlso([this](bool with_source, v1::ListRulesResponse& response) {
      folder_.AddTo(with_source, response);
    });
    if (absl::Status s = port_.Start(); !s.ok()) return s;
    tasks_.Spawn("stored programs", KeepFresh());
    tasks_.Spawn("folder of JSMail's files", folder_.Watch());
    return absl::OkStatus();
  }

  net::Task<void> Stop() override {
    co_await port_.Stop();
    co_await tasks_.Stop();
  }

  std::string NotReadyBecause() const override {
    return stored_.loaded() ? "" : "the rule programs are not yet read from Redis";
  }

 private:
  // No mail is judged before the folder was looked at: its files are rules, too.
  net::Task<void> KeepFresh() {
    co_await folder_.Look();
    co_await stored_.KeepFresh();
  }

  const Config config_;
  const boost::asio::any_io_executor executor_;
  Compiler compiler_;
  JsmailFolder folder_;
  StoredPrograms stored_;
  ProgramsInForce programs_;
  ProgramDesk desk_;
  UserMemory memory_;
  AddressLists lists_;
  ScriptPasswords passwords_;
  DecisionLog decisions_;
  UserScripts scripts_{stored_, desk_, passwords_};
  SievePort port_;
  ProgramRunner runner_;
  FactFinder facts_{memory_, lists_, runner_};
  MailJudge judge_{MailJudge::Parts{stored_, programs_, compiler_, memory_, facts_}};
  net::TaskGroup tasks_;
  FingerDesk fingers_{folder_, stored_};
  personal::PersonalDesk personal_{stored_, programs_, compiler_, desk_};
  RulesService service_{RulesService::Parts{executor_, stored_, desk_, judge_, memory_, lists_,
                                            passwords_, decisions_, tasks_, fingers_, personal_,
                                            runner_}};
};

}  // namespace

std::unique_ptr<process::Service> MakeRules(process::Runtime& runtime, Config config) {
  return std::make_unique<Rules>(runtime, std::move(config));
}

}  // namespace postern::rules
