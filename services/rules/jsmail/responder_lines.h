#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {

// An entry of a responders file, checked by itself.
struct ResponderLine {
  Line line;
  std::string subject;
  std::string text_file;  // its name alone; empty: no answer
  std::string program;    // its name alone; empty: none
  std::string forward;    // a user or an address; empty: nobody
  absl::string_view text_at, program_at, forward_at;
};

struct ResponderLines {
  std::vector<ResponderLine> entries;
  std::map<std::string, std::string> texts;  // those that stand in the file itself, by name
};

// What is wrong is told to `source`, which must outlive the lines.
ResponderLines ReadResponders(Source& source);

}  // namespace postern::rules::jsmail
