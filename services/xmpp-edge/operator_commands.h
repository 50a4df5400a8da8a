#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/words.h"

// What operators may say to the gateway by chat: "operator status", "operator disable
// ann@example.org/work". admin says who is one, at each command, and writes down what they change.
namespace postern::xmpp_edge {

struct OperatorLine {
  std::string verb;    // lower case; empty: none was said
  std::string object;  // as it was typed
};

// One line of at most three words, of which the first is "operator". Nothing: it is no such line.
std::optional<OperatorLine> ReadOperatorLine(absl::string_view body);

// What came of it, for its author: a bare JID.
net::Task<std::string> CarryOut(FeatureContext context, std::string user, OperatorLine line,
                                const Words& words);

}  // namespace postern::xmpp_edge
