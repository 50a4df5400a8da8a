#include "services/runner/runner.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.default_listen = "127.0.0.1:7006";
  needs.default_metrics_listen = "127.0.0.1:9106";
  needs.example = "postern-runner --programs-file /etc/postern/programs --listen 0.0.0.0:7006";
  needs.redis = false;
  process::Program program("postern-runner",
                           "Runs operators' programs on mails, for rules that ask for it.", needs);
  runner::Config config;
  runner::AddOptions(program, config);
  const auto check = [&] { runner::CheckConfig(program, config, runner::Company::kAlone); };
  return program.RunAlone(argc, argv, check, [&](boost::asio::io_context& io) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(runner::MakeRunner(io, config));
    return services;
  });
}
