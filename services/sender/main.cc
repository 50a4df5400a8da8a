#include "services/sender/config.h"
#include "services/sender/sender.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.admin_addr = needs.edge_addr = needs.fetcher_addr = true;
  needs.default_listen = "127.0.0.1:7005";
  needs.default_metrics_listen = "127.0.0.1:9105";
  needs.example =
      "postern-sender --redis redis://redis:6379 --admin-addr admin:7001 \\\n"
      "      --edge-addr edge:7002 --master-key-file /etc/postern/key";
  process::Program program(
      "postern-sender", "Sends Postern's outgoing mail through its users' SMTP accounts.", needs);
  sender::Config config;
  sender::AddOptions(program, config);
  const auto check = [&] { sender::CheckConfig(program, config); };
  return program.Run(argc, argv, check, [&](process::Runtime& runtime) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(sender::MakeSender(runtime, config));
    return services;
  });
}
