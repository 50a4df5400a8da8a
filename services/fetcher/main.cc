#include "services/fetcher/fetcher.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.admin_addr = needs.edge_addr = needs.rules_addr = needs.sender_addr = true;
  needs.default_listen = "127.0.0.1:7003";
  needs.default_metrics_listen = "127.0.0.1:9103";
  needs.example =
      "postern-fetcher --redis redis://redis:6379 --admin-addr admin:7001 \\\n"
      "      --edge-addr edge:7002 --rules-addr rules:7004 --sender-addr sender:7005 \\\n"
      "      --master-key-file /etc/postern/key";
  process::Program program("postern-fetcher", "Watches mailboxes and hands new mail on.", needs);
  fetcher::Config config;
  fetcher::AddOptions(program, config);
  const auto check = [&] { fetcher::CheckConfig(program, config); };
  return program.Run(argc, argv, check, [&](process::Runtime& runtime) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(fetcher::MakeFetcher(runtime, config));
    return services;
  });
}
