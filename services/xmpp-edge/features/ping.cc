// XEP-0199: XMPP Ping.
#include "services/xmpp-edge/features/ping.h"

namespace postern::xmpp_edge {
namespace {

net::Task<Element> AnswerPing(Incoming incoming) { co_return IqResult(incoming.stanza); }

}  // namespace

void InstallPing(StanzaRouter& router) { router.OnIq("get", "urn:xmpp:ping", AnswerPing); }

}  // namespace postern::xmpp_edge
