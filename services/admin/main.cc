#include "services/admin/admin.h"
#include "services/admin/config.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.edge_addr = needs.fetcher_addr = needs.rules_addr = needs.sender_addr = true;
  needs.default_listen = "127.0.0.1:7001";
  needs.default_metrics_listen = "127.0.0.1:9101";
  needs.example =
      "postern-admin --redis redis://redis:6379 --listen 0.0.0.0:7001 \\\n"
      "      --master-key-file /etc/postern/key";
  process::Program program(
      "postern-admin",
      "Keeps Postern's users and mail accounts, and is the one door for operators.", needs);
  admin::Config config;
  admin::AddOptions(program, config);
  const auto check = [&] { admin::CheckConfig(program, config); };
  return program.Run(argc, argv, check, [&](process::Runtime& runtime) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(admin::MakeAdmin(runtime, config));
    return services;
  });
}
