#include "services/xmpp-edge/xmpp_edge.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.admin_addr = needs.rules_addr = needs.sender_addr = needs.fetcher_addr = true;
  needs.default_listen = "127.0.0.1:7002";
  needs.default_metrics_listen = "127.0.0.1:9102";
  process::Program program("postern-xmpp-edge",
                           "Speaks XMPP: mail leaves as chat, chat comes in as mail.", needs);
  xmpp_edge::Config config;
  xmpp_edge::AddOptions(program, config);
  return program.Run(argc, argv, [&](process::Runtime& runtime) {
    xmpp_edge::CheckConfig(program, config);
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(xmpp_edge::MakeXmppEdge(runtime, config));
    return services;
  });
}
