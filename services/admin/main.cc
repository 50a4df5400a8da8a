#include "services/admin/admin.h"
#include "services/admin/config.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.edge_addr = needs.fetcher_addr = needs.rules_addr = needs.sender_addr = true;
  needs.default_listen = "127.0.0.1:7001";
  needs.default_metrics_listen = "127.0.0.1:9101";
  process::Program program(
      "postern-admin",
      "Keeps Postern's users and mail accounts, and is the one door for operators.", needs);
  admin::Config config;
  admin::AddOptions(program, config);
  return program.Run(argc, argv, [&](process::Runtime& runtime) {
    admin::CheckConfig(program, config);
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(admin::MakeAdmin(runtime, config));
    return services;
  });
}
