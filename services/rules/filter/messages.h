#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/statement.h"

// The actions of the content filter that send something to somebody. A mail never says to whom:
// a macro that stands for what a mail says is taken where we know who is meant without asking it.
namespace postern::rules::filter {

struct Sending {
  const std::vector<std::string>& arguments;
  std::vector<Statement> statements;
  std::string lost;     // why nothing is sent; nothing in `statements` then
  std::string changed;  // how it differs from what MDaemon does; may be empty
};
using TextOf = std::function<Text(absl::string_view written, uint32_t most)>;

// To addresses: copy to users, redirect, forward.
void SendCopies(Sending& sending, bool copy);
// To, from, subject, text, whether the mail comes along. A note to the mail's sender is an
// automatic answer (RFC 3834): one a day, and none to lists and robots.
void SendNote(absl::string_view rule_name, const TextOf& text_of, Sending& sending);
// To, from, text. $RECIPIENT$ is the owner of the mailbox that the mail is in.
void SendInstantMessage(const TextOf& text_of, Sending& sending);

}  // namespace postern::rules::filter
