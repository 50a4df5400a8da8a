#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Why a registration, a change or a removal is not done, as its user is told: an error's
// type and condition (RFC 6120 section 8.3), and a text.
struct RegistrationProblem {
  std::string type, condition;
  std::string text;  // empty: the condition says it all
};

// What admin, or the form itself, says to it; `name` is that of the account. A field that is
// to blame is named, with its label.
RegistrationProblem ProblemOf(const Words& words, const absl::Status& why,
                              absl::string_view name = "");
// What became of the trial, when it did not end well.
RegistrationProblem TrialProblem(const Words& words, const absl::Status& why);

// Who asked for one by an iq, and how they are answered.
struct Asked {
  Element iq;        // the envelope
  std::string user;  // bare JID
  Words words;
};

Element Refusal(const Asked& asked, const RegistrationProblem& problem);
Element Refusal(const Asked& asked, const absl::Status& why);

// XEP-0100 section 4.1 wants the result first, then presence and messages: what waits for
// this runs after the answer was sent.
net::Task<void> AfterAnswer(FeatureContext context);
// A chat message from the gateway.
net::Task<void> Tell(FeatureContext context, std::string user, std::string text);

}  // namespace postern::xmpp_edge
