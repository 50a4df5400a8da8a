// XEP-0092: Software Version.
#include "services/xmpp-edge/features/version.h"

#include "services/xmpp-edge/texts/discovery.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNs[] = "jabber:iq:version";

// The operating system is left out: it helps attackers more than users.
net::Task<Element> AnswerVersion(Incoming incoming) {
  Element query = MakeElement("query", kNs);
  query.AddText("name", texts::kGatewayName).AddText("version", POSTERN_VERSION);
  Element answer = IqResult(incoming.stanza);
  answer.Add(std::move(query));
  co_return answer;
}

}  // namespace

void InstallVersion(StanzaRouter& router) { router.OnIq("get", kNs, AnswerVersion); }

}  // namespace postern::xmpp_edge
