#pragma once

#include <string>
#include <vector>

#include "lib/mail/mime_parser.h"
#include "lib/mail/mime_tree.h"

namespace postern::mail {

// What a mail says, and the parts that are left to list.
struct BodyText {
  std::string text;
  bool truncated = false;
  bool from_html = false;
  std::vector<const MimePart*> attachments;
};

// Chooses the text by the rules that ParseMail promises. `is_cut`: the message goes on past its
// input.
BodyText ReadBodyText(const MimeTree& tree, bool is_cut, const ParseLimits& limits);

}  // namespace postern::mail
