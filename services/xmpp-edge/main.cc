#include "services/xmpp-edge/xmpp_edge.h"

int main(int argc, char** argv) {
  using namespace postern;
  process::Needs needs;
  needs.admin_addr = needs.rules_addr = needs.sender_addr = needs.fetcher_addr = true;
  needs.default_listen = "127.0.0.1:7002";
  needs.default_metrics_listen = "127.0.0.1:9102";
  needs.example =
      "postern-xmpp-edge --redis redis://redis:6379 --admin-addr admin:7001 \\\n"
      "      --rules-addr rules:7004 --sender-addr sender:7005 --fetcher-addr fetcher:7003 \\\n"
      "      --xmpp-server xmpp:5347 --xmpp-domain mail.example.org --xmpp-secret-file /etc/secret";
  process::Program program(
      "postern-xmpp-edge",
      "The XMPP side: brings mail to its user as chat, and takes chat that is to be mail.", needs);
  xmpp_edge::Config config;
  xmpp_edge::AddOptions(program, config);
  const auto check = [&] { xmpp_edge::CheckConfig(program, config); };
  return program.Run(argc, argv, check, [&](process::Runtime& runtime) {
    std::vector<std::unique_ptr<process::Service>> services;
    services.push_back(xmpp_edge::MakeXmppEdge(runtime, config));
    return services;
  });
}
