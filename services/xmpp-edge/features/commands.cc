// XEP-0050: Ad-Hoc Commands. A run of a command is a session in Redis that belongs to a
// bare JID, a node and a contact; its steps are served one at a time, beside the queue of
// its user's other stanzas.
#include "services/xmpp-edge/features/commands.h"

#include <chrono>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/deadline.h"
#include "services/xmpp-edge/command_sessions.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/features/command_answer.h"
#include "services/xmpp-edge/features/command_list.h"
#include "services/xmpp-edge/slow_answers.h"
#include "services/xmpp-edge/texts/common.h"
#include "services/xmpp-edge/wipe.h"

namespace postern::xmpp_edge {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);
constexpr int kLooks = 300;  // for another step of the same session
constexpr size_t kMaxLanguageTag = 35;

bool IsLanguageTag(absl::string_view tag) {
  if (tag.size() > kMaxLanguageTag) return false;
  for (const char c : tag) {
    if (!absl::ascii_isalnum(c) && c != '-') return false;
  }
  return true;
}

bool IsAction(absl::string_view action) {
  for (const char* known : {"", "execute", "next", "prev", "complete", "cancel"}) {
    if (action == known) return true;
  }
  return false;
}

class Commands {
 public:
  Commands(FeatureContext context, std::shared_ptr<RegistrationDesk> desk)
      : context_(context),
        sessions_(context.redis),
        slow_(context.sink, context.tasks),
        desk_(std::move(desk)) {}

  net::Task<Element> Take(Incoming incoming) {
    CommandRequest request;
    std::optional<Element> wrong = Read(incoming, request);
    if (wrong) co_return *std::move(wrong);
    incoming.stanza = Envelope(incoming.stanza);
    const Words& words = *request.words;
    net::Task<Element> work = Execute(std::move(request));
    co_return slow_.Begin(incoming, words, std::move(work));
  }

 private:
  // What is wrong with it, if anything. What was in the form is gone from the stanza then.
  std::optional<Element> Read(Incoming& incoming, CommandRequest& request) const {
    request.iq = Envelope(incoming.stanza);
    Element& command = incoming.stanza.children.front();
    const std::string lang(command.Attr("xml:lang"));
    request.words =
        &context_.interpreter.Answering(incoming.from.Bare(), lang.empty() ? incoming.lang : lang);
    request.node = std::string(command.Attr("node"));
    request.action = std::string(command.Attr("action"));
    request.session = std::string(command.Attr("sessionid"));
    request.from = incoming.from;
    request.to = incoming.to;
    if (command.name != "command") return ErrorAnswer(request.iq, "modify", "bad-request");
    if (!IsAction(request.action)) {
      return Refusal(request.iq, "modify", "bad-request", "malformed-action");
    }
    if (!IsLanguageTag(lang)) return Refusal(request.iq, "modify", "bad-request", "bad-locale");
    const Element* form = command.Child("x", kDataFormNs);
    if (form != nullptr && form->Attr("type") == "cancel") request.action = "cancel";
    if (form != nullptr && form->Attr("type") == "submit") {
      auto values = ReadFieldValues(*form);
      request.wrong_form = values.status();
      request.form = values.ok() ? *std::move(values) : ReadableValues(*form);
    }
    WipeTexts(command);
    return std::nullopt;
  }

  net::Task<Element> Execute(CommandRequest request) {
    // Whatever becomes of it: there may be a password in the form.
    const absl::Cleanup wipe = [&request] { WipeValues(request.form); };
    if (!co_await AccountsAreKnown(context_.directory)) {
      co_return ErrorAnswer(request.iq, "wait", "remote-server-timeout",
                            texts::Starting(*request.words));
    }
    const Place place = PlaceOf(request.to, request.from, context_.directory);
    const Command* command = FindCommand(place, request.node);
    if (command == nullptr) co_return ErrorAnswer(request.iq, "cancel", "item-not-found");
    if (!MayRun(*command, context_, request.from)) {
      co_return ErrorAnswer(request.iq, "auth", "forbidden");
    }
    if (request.session.empty()) co_return co_await Begin(request, place, *command);
    if (!CommandSessions::IsId(request.session)) {
      co_return Refusal(request.iq, "modify", "bad-request", "bad-sessionid");
    }
    const std::string user = request.from.Bare();
    const std::string id = request.session;
    absl::Status claimed = co_await Claim(user, id);
    if (!claimed.ok()) co_return FailureOf(request, claimed);
    Element answer = co_await Continue(request, place, *command);
    co_await sessions_.Release(user, id);
    co_return answer;
  }

  net::Task<Element> Begin(CommandRequest& request, const Place& place, const Command& command) {
    if (!request.action.empty() && request.action != "execute") {
      co_return Refusal(request.iq, "modify", "bad-request", "bad-action");
    }
    if (!request.wrong_form.ok()) co_return FailureOf(request, request.wrong_form);
    CommandStep step = StepOf(request, place);
    step.session = crypto::RandomId();
    const std::string id = step.session;
    auto reply = co_await command.step(context_, std::move(step));
    if (!reply.ok()) co_return FailureOf(request, reply.status());
    CommandSession session;
    session.id = id;
    session.node = request.node;
    session.contact = request.to.Bare();
    Keep(*std::move(reply), session);
    Element answer = session.answer;
    if (!session.completed) {
      absl::Status begun = co_await sessions_.Begin(request.from.Bare(), std::move(session));
      if (!begun.ok()) co_return FailureOf(request, begun);
    }
    co_return AnswerOf(request, std::move(answer));
  }

  // Waits for a step of the same session that is at work, here or at another edge.
  net::Task<absl::Status> Claim(std::string user, std::string id) {
    absl::Status claimed = co_await sessions_.Claim(user, id);
    for (int look = 0; look < kLooks && absl::IsAborted(claimed); ++look) {
      co_await net::Sleep(kLook);
      claimed = co_await sessions_.Claim(user, id);
    }
    co_return claimed;
  }

  net::Task<Element> Continue(CommandRequest& request, const Place& place, const Command& command) {
    const std::string user = request.from.Bare();
    auto found = co_await sessions_.Get(user, request.session);
    if (!found.ok()) co_return FailureOf(request, found.status());
    if (!*found) co_return Expired(request);
    CommandSession session = **std::move(found);
    if (session.node != request.node || session.contact != request.to.Bare()) {
      co_return Refusal(request.iq, "modify", "bad-request", "bad-sessionid");
    }
    if (request.action == "cancel") {
      absl::Status removed = co_await sessions_.Remove(user, request.session);
      co_return removed.ok() ? Canceled(request) : FailureOf(request, removed);
    }
    if (session.completed || IsRepetition(request, session)) {
      co_return AnswerOf(request, std::move(session.answer));
    }
    if (!request.wrong_form.ok()) co_return AskedAgain(request, session);
    if ((request.action == "prev" && !session.back) ||
        (request.action == "next" && !session.onward)) {
      co_return Refusal(request.iq, "modify", "bad-request", "bad-action");
    }
    CommandStep step = NextStep(request, place, session);
    auto reply = co_await command.step(context_, std::move(step));
    if (!reply.ok()) co_return FailureOf(request, reply.status());
    ++session.steps;
    Keep(*std::move(reply), session);
    co_return co_await SaveAndAnswer(request, std::move(session));
  }

  net::Task<Element> SaveAndAnswer(const CommandRequest& request, CommandSession session) {
    Element answer = session.answer;
    const bool completed = session.completed;
    absl::Status saved = co_await sessions_.Save(request.from.Bare(), std::move(session));
    // What is done is done; what goes on could not.
    if (!saved.ok() && !completed) co_return FailureOf(request, saved);
    co_return AnswerOf(request, std::move(answer));
  }

  // A form that was asked for before the last one: its step has been done.
  static bool IsRepetition(const CommandRequest& request, const CommandSession& session) {
    if (!request.form) return false;
    const auto step = request.form->find(kCommandStepField);
    return step != request.form->end() && step->second.size() == 1 &&
           step->second.front() != absl::StrCat(session.steps);
  }

  CommandStep StepOf(const CommandRequest& request, const Place& place) const {
    CommandStep step;
    step.user = request.from;
    step.place = place;
    step.words = request.words;
    step.desk = desk_.get();
    return step;
  }

  CommandStep NextStep(CommandRequest& request, const Place& place,
                       const CommandSession& session) const {
    CommandStep step = StepOf(request, place);
    step.session = session.id;
    step.number = session.steps + 1;
    step.back = request.action == "prev";
    step.onward = request.action == "next";
    const Element* offered = session.answer.Child("x", kDataFormNs);
    if (request.form && offered != nullptr) TakeLabelsForValues(*offered, *request.form);
    step.form = std::move(request.form);
    request.form.reset();
    step.state = session.state;
    return step;
  }

  static void Keep(CommandReply reply, CommandSession& session) {
    session.completed = reply.completed;
    session.back = reply.back;
    session.onward = reply.onward;
    session.state = std::move(reply.state);
    session.answer = ToElement(std::move(reply), session);
  }

  FeatureContext context_;
  CommandSessions sessions_;
  SlowAnswers slow_;
  std::shared_ptr<RegistrationDesk> desk_;
};

}  // namespace

void InstallCommands(StanzaRouter& router, FeatureContext context,
                     std::shared_ptr<RegistrationDesk> desk) {
  auto commands = std::make_shared<Commands>(context, std::move(desk));
  router.OnIq("set", std::string(kCommandsNs),
              [commands](Incoming incoming) { return commands->Take(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
