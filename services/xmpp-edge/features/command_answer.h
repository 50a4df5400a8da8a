#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "services/xmpp-edge/command_sessions.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/jid.h"

namespace postern::xmpp_edge {

// What is said to a step of an ad-hoc command: XEP-0050 sections 3 and 4. Pure.

// Goes with each form and comes back with it: tells a step that comes twice.
inline constexpr char kCommandStepField[] = "postern#step";

// A step as it came.
struct CommandRequest {
  Element iq;  // without what is in it
  Jid from, to;
  std::string node, action, session;
  const Words* words = nullptr;
  std::optional<FieldValues> form;
  absl::Status wrong_form;  // why `form` has not all that was submitted
};

// An error with XEP-0050's own condition beside that of RFC 6120: section 4.4.
Element Refusal(const Element& iq, absl::string_view type, absl::string_view condition,
                absl::string_view own, absl::string_view text = "");
Element Expired(const CommandRequest& request);
// A step that failed, in the user's words where there are any.
Element FailureOf(const CommandRequest& request, const absl::Status& why);

// <command/> as the user gets it after the steps of the session.
Element ToElement(CommandReply reply, const CommandSession& session);
// The form of a step once more, with what could be read of the answer to it, and what is wrong
// with that in place of the instructions.
Element AskedAgain(const CommandRequest& request, const CommandSession& session);
// The result that carries it.
Element AnswerOf(const CommandRequest& request, Element command);
Element Canceled(const CommandRequest& request);

}  // namespace postern::xmpp_edge
