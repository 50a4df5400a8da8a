#include "services/xmpp-edge/features/message.h"

#include <memory>
#include <utility>

#include "lib/crypto/digest.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/message_screening.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

class Messages {
 public:
  explicit Messages(FeatureContext context) : context_(context), outgoing_(context) {
    outgoing_.Start();
  }

  net::Task<void> Take(Incoming incoming) {
    const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
    const Screening screening = ScreenMessage(incoming.stanza, words);
    if (screening.fate == Fate::kIgnore) co_return;
    if (screening.fate == Fate::kRefuse) {
      co_await Answer(ErrorAnswer(incoming.stanza, "modify", "not-acceptable", screening.reason));
      co_return;
    }
    if (!co_await AccountsAreKnown(context_.directory)) {
      co_await Answer(
          ErrorAnswer(incoming.stanza, "wait", "remote-server-timeout", texts::kStarting));
      co_return;
    }
    if (IsHelpRequest(incoming.stanza.ChildText("body"))) {
      co_await Answer(HelpAnswer(incoming));
      co_return;
    }
    co_await outgoing_.Take(std::move(incoming));
  }

 private:
  // Nothing more can be done when the link is down: the author's server says so.
  net::Task<void> Answer(Element stanza) { (void)co_await context_.sink.Send(std::move(stanza)); }

  Element HelpAnswer(const Incoming& incoming) const {
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    if (place.kind == Place::Kind::kNowhere) {
      return ErrorAnswer(incoming.stanza, "cancel", "item-not-found",
                         texts::NoSuchContact(incoming.to.local));
    }
    Element help =
        MakeStanza("message", incoming.to.Bare(), incoming.from.Full(), "chat", crypto::RandomId());
    help.AddText("body", HelpText(place, context_.domain));
    const std::string thread = incoming.stanza.ChildText("thread");
    if (!thread.empty()) help.AddText("thread", thread);
    return help;
  }

  FeatureContext context_;
  OutgoingMail outgoing_;
};

}  // namespace

void InstallMessage(StanzaRouter& router, FeatureContext context) {
  auto messages = std::make_shared<Messages>(context);
  router.OnMessage([messages](Incoming incoming) { return messages->Take(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
