#include "services/xmpp-edge/chat_work.h"

#include <utility>

#include "lib/mail/utf8.h"
#include "services/xmpp-edge/chat_answer.h"
#include "services/xmpp-edge/mail_to_message.h"
#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxBusy = 1024;

// The next piece of a text, between lines where that is possible.
std::string TakePiece(absl::string_view& text) {
  if (text.size() <= kMaxBodyBytes) {
    const std::string all(text);
    text = "";
    return all;
  }
  const absl::string_view fits = mail::CutUtf8(text, kMaxBodyBytes);
  const size_t end = fits.rfind('\n');
  const bool between_lines = end != absl::string_view::npos && end > 0;
  const std::string piece(fits.substr(0, between_lines ? end : fits.size()));
  text.remove_prefix(piece.size() + (between_lines ? 1 : 0));
  return piece;
}

}  // namespace

Incoming ChatWork::HeadOf(const Incoming& incoming) {
  Incoming head = incoming;
  std::erase_if(head.stanza.children, [](const Element& child) { return child.name != "thread"; });
  return head;
}

net::Task<void> ChatWork::Say(Incoming head, std::string text) {
  absl::string_view rest = text;
  do {
    const std::string piece = TakePiece(rest);
    Element answer = ChatAnswer(head, piece);
    // Nothing more can be done when the link is down: the author's server says so.
    (void)co_await context_.sink.Send(std::move(answer));
  } while (!rest.empty());
}

net::Task<void> ChatWork::Begin(Incoming head, net::Task<std::string> work) {
  const std::string user = head.from.Bare();
  if (busy_.size() >= kMaxBusy || !busy_.insert(user).second) {
    const Words& words = context_.interpreter.Answering(user, head.lang);
    co_await Say(std::move(head), texts::TooMuchAtOnce(words));
    co_return;
  }
  context_.tasks.Spawn("chat command", Run(std::move(head), std::move(work)));
}

net::Task<void> ChatWork::Run(Incoming head, net::Task<std::string> work) {
  std::string text = co_await std::move(work);
  busy_.erase(head.from.Bare());
  if (!text.empty()) co_await Say(std::move(head), std::move(text));
}

}  // namespace postern::xmpp_edge
