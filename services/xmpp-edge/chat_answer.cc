#include "services/xmpp-edge/chat_answer.h"

#include "lib/crypto/digest.h"

namespace postern::xmpp_edge {

Element ChatAnswer(const Incoming& incoming, absl::string_view text) {
  Element answer =
      MakeStanza("message", incoming.to.Bare(), incoming.from.Full(), "chat", crypto::RandomId());
  answer.AddText("body", text);
  const std::string thread = incoming.stanza.ChildText("thread");
  if (!thread.empty()) answer.AddText("thread", thread);
  return answer;
}

}  // namespace postern::xmpp_edge
