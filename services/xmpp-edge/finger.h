#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// What users of the site say about themselves: the texts of their finger files.
struct FingerQuestion {
  std::string user;  // as it was typed; empty: whom, was not said
  bool wide = false;
};

// "finger fred", "finger fred wide", "finger /W fred" (RFC 1288), in English or as the catalogue
// has the words; whatever else begins with "finger" asks for nobody. Nothing: it is no such line.
std::optional<FingerQuestion> ReadFingerLine(absl::string_view body, const Words& words);

// The text, or why there is none, for people.
net::Task<std::string> AskFinger(FeatureContext context, FingerQuestion question,
                                 const Words& words);

}  // namespace postern::xmpp_edge
