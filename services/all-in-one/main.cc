#include "services/admin/admin.h"
#include "services/all-in-one/key_file.h"
#include "services/fetcher/fetcher.h"
#include "services/rules/rules.h"
#include "services/runner/runner.h"
#include "services/sender/sender.h"
#include "services/xmpp-edge/xmpp_edge.h"

namespace {

using namespace postern;

struct Configs {
  admin::Config admin;
  fetcher::Config fetcher;
  rules::Config rules;
  sender::Config sender;
  xmpp_edge::Config edge;
  runner::Config runner;
};

void AddOptions(process::Program& program, Configs& configs) {
  xmpp_edge::AddOptions(program, configs.edge);
  admin::AddOptions(program, configs.admin);
  fetcher::AddOptions(program, configs.fetcher);
  sender::AddOptions(program, configs.sender);
  rules::AddOptions(program, configs.rules);
  runner::AddOptions(program, configs.runner);
}

// A private key is as good as a private Redis when neither was named.
void ChooseKeyFile(process::Program& program, Configs& configs) {
  if (!configs.admin.master_key_file.empty()) return;
  auto path = all_in_one::KeyFileIn(program.data_dir());
  if (!path.ok()) {
    program.Reject("--data-dir", std::string(path.status().message()));
    return;
  }
  configs.admin.master_key_file = configs.fetcher.master_key_file = configs.sender.master_key_file =
      *path;
}

// Here the relay is offered to users when there is one.
void ChooseRelay(process::Program& program, Configs& configs) {
  sender::CheckRelay(program, configs.sender);
  const bool there = !configs.sender.relay.relay.empty();
  if (configs.admin.relay_offered && !there) {
    program.Reject("--relay-offered", "there is no --relay");
  }
  configs.admin.relay_offered = there;
}

// Programs run here when their list is named, and by nobody else then.
void ChooseRunner(process::Program& program, Configs& configs) {
  runner::CheckConfig(program, configs.runner, runner::Company::kWithSecrets);
  configs.rules.runner_inside = !configs.runner.programs_file.empty();
  if (configs.rules.runner_inside && !configs.rules.runner_addr.empty())
    program.Reject("--runner-addr", "means nothing beside --programs-file: name one of them");
}

void CheckConfigs(process::Program& program, Configs& configs) {
  xmpp_edge::CheckConfig(program, configs.edge);
  rules::CheckConfig(program, configs.rules);
  ChooseRunner(program, configs);
  fetcher::CheckReach(program, configs.fetcher);
  ChooseRelay(program, configs);
  admin::CheckSite(program, configs.admin);
  // A command line that won't do leaves no key behind.
  if (!program.HasProblems()) ChooseKeyFile(program, configs);
  if (configs.admin.master_key_file.empty()) return;
  admin::CheckConfig(program, configs.admin);
  fetcher::CheckConfig(program, configs.fetcher);
  sender::CheckConfig(program, configs.sender);
}

std::vector<std::unique_ptr<process::Service>> MakeServices(process::Runtime& runtime,
                                                            const Configs& configs) {
  std::vector<std::unique_ptr<process::Service>> services;
  services.push_back(admin::MakeAdmin(runtime, configs.admin));
  services.push_back(rules::MakeRules(runtime, configs.rules));
  if (configs.rules.runner_inside)
    services.push_back(runner::MakeRunner(runtime.io, configs.runner));
  services.push_back(xmpp_edge::MakeXmppEdge(runtime, configs.edge));
  services.push_back(sender::MakeSender(runtime, configs.sender));
  services.push_back(fetcher::MakeFetcher(runtime, configs.fetcher));
  return services;
}

}  // namespace

int main(int argc, char** argv) {
  process::Needs needs;
  needs.default_listen = "127.0.0.1:7001";
  needs.default_metrics_listen = "127.0.0.1:9100";
  needs.private_redis = true;
  needs.example =
      "postern --data-dir /var/lib/postern --xmpp-server 127.0.0.1:5347 \\\n"
      "      --xmpp-domain mail.example.org --xmpp-secret-file /etc/postern/component.secret";
  process::Program program(
      "postern", "An e-mail gateway for XMPP: all services in one process, for a small host.",
      needs);
  Configs configs;
  AddOptions(program, configs);
  const auto check = [&] { CheckConfigs(program, configs); };
  return program.Run(argc, argv, check,
                     [&](process::Runtime& runtime) { return MakeServices(runtime, configs); });
}
