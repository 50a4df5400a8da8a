#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// What an operator's command does, by admin, once it is known who gives it.
struct OperatorVerb {
  absl::string_view name;
  absl::string_view object;  // what it needs: "JID/NAME"; empty: nothing
  bool changes;              // else it only looks
  // What is said; empty: it is done. Errors are admin's.
  net::Task<absl::StatusOr<std::string>> (*run)(FeatureContext context, std::string object,
                                                const Words& words);
};

// Null: there is none of that name.
const OperatorVerb* FindOperatorVerb(absl::string_view name);

}  // namespace postern::xmpp_edge
