#include "services/fetcher/fetcher.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.admin_addr = needs.edge_addr = needs.rules_addr = true;
  needs.default_listen = "127.0.0.1:7003";
  needs.default_metrics_listen = "127.0.0.1:9103";
  process::Program program("postern-fetcher", "Watches mailboxes and hands new mail on.", needs);
  fetcher::Config config;
  fetcher::AddOptions(program, config);
  return program.Run(argc, argv, [&](process::Runtime& runtime) {
    fetcher::CheckConfig(program, config);
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(fetcher::MakeFetcher(runtime, config));
    return services;
  });
}
