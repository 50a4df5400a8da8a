#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/sender/operator_file.h"
#include "services/sender/routes/route_table.h"

namespace postern::sender {

// What a route says beside JSMail's words: "relay: HOST:PORT".
struct RouteValue {
  FileLine line;
  absl::string_view text;  // of the line, without blanks around it; not empty
};
using RouteValues = std::map<absl::string_view, RouteValue>;  // by key, in lower case

// Takes the values over into `route`, whose schedule is read already.
void ReadAttributes(const RouteValues& values, const RouteRules& rules, RouteSettings& route,
                    FileProblems& problems);

}  // namespace postern::sender
