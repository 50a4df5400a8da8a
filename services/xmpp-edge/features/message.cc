#include "services/xmpp-edge/features/message.h"

#include <memory>
#include <utility>

#include "services/xmpp-edge/chat_answer.h"
#include "services/xmpp-edge/chat_commands.h"
#include "services/xmpp-edge/chat_work.h"
#include "services/xmpp-edge/client_clocks.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/message_screening.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/password_answers.h"
#include "services/xmpp-edge/rule_commands.h"
#include "services/xmpp-edge/taking_back.h"
#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {
namespace {

class Messages {
 public:
  explicit Messages(FeatureContext context)
      : context_(context),
        clocks_(context.domain, context.sink, context.executor),
        outgoing_(context, clocks_),
        taking_back_(context, outgoing_),
        passwords_(context),
        work_(context),
        commands_(context, work_),
        rules_(context, work_) {
    outgoing_.Start();
  }

  void HearReply(const Element& reply) { clocks_.Hear(reply); }

  net::Task<void> Take(Incoming incoming) {
    if (co_await passwords_.TakeForm(incoming)) co_return;
    const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
    const Screening screening = ScreenMessage(incoming.stanza, words);
    if (screening.fate == Fate::kIgnore) co_return;
    if (screening.fate == Fate::kRefuse) {
      co_await Answer(ErrorAnswer(incoming.stanza, "modify", "not-acceptable", screening.reason));
      co_return;
    }
    if (!co_await AccountsAreKnown(context_.directory)) {
      co_await Answer(
          ErrorAnswer(incoming.stanza, "wait", "remote-server-timeout", texts::Starting(words)));
      co_return;
    }
    if (screening.fate == Fate::kRetraction) {
      co_await taking_back_.Retract(std::move(incoming), screening.about);
      co_return;
    }
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    const bool corrects = screening.fate == Fate::kCorrection;
    if (!corrects && IsHelpRequest(incoming.stanza.ChildText("body"), words)) {
      co_await Answer(HelpAnswer(incoming, place, words));
      co_return;
    }
    if (co_await passwords_.TakeText(incoming, place)) co_return;
    // A word to the gateway that was mistyped was none: its correction is.
    if (co_await commands_.Take(incoming, place)) co_return;
    if (co_await rules_.Take(incoming, place)) co_return;
    if (corrects) {
      co_await taking_back_.Correct(std::move(incoming), screening.about);
      co_return;
    }
    if (co_await taking_back_.TakeWord(incoming)) co_return;
    co_await outgoing_.Take(std::move(incoming));
  }

 private:
  // Nothing more can be done when the link is down: the author's server says so.
  net::Task<void> Answer(Element stanza) { (void)co_await context_.sink.Send(std::move(stanza)); }

  Element HelpAnswer(const Incoming& incoming, const Place& place, const Words& words) const {
    if (place.kind == Place::Kind::kNowhere) {
      return ErrorAnswer(incoming.stanza, "cancel", "item-not-found",
                         texts::NoSuchContact(words, incoming.to.local));
    }
    return ChatAnswer(incoming, HelpText(place, context_.domain, words, context_.files != nullptr));
  }

  FeatureContext context_;
  ClientClocks clocks_;
  OutgoingMail outgoing_;
  TakingBack taking_back_;
  PasswordAnswers passwords_;
  ChatWork work_;
  ChatCommands commands_;
  RuleCommands rules_;
};

}  // namespace

void InstallMessage(StanzaRouter& router, FeatureContext context) {
  auto messages = std::make_shared<Messages>(context);
  router.OnReply([messages](const Element& reply) { messages->HearReply(reply); });
  router.OnMessage([messages](Incoming incoming) { return messages->Take(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
