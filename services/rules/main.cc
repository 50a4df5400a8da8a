#include "services/rules/rules.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.default_listen = "127.0.0.1:7004";
  needs.default_metrics_listen = "127.0.0.1:9104";
  needs.example = "postern-rules --redis redis://redis:6379 --listen 0.0.0.0:7004";
  process::Program program("postern-rules",
                           "Decides which mail is delivered, and remembers why not.", needs);
  rules::Config config;
  rules::AddOptions(program, config);
  const auto check = [&] { rules::CheckConfig(program, config); };
  return program.Run(argc, argv, check, [&](process::Runtime& runtime) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(rules::MakeRules(runtime, config));
    return services;
  });
}
