#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The names of conditions, operators and actions are sentences of a dialog, which each version
// words a little differently: "delete message", "Delete the message".
namespace postern::rules::filter {

// Letters and digits in lower case, what is between them left out, and so are these words and
// those that say nothing ("the", "a", "message", …): "Move to the Bad Queue" is "movetobadqueue".
std::string Joined(absl::string_view name);

// How a condition compares.
enum class Comparing : uint8_t {
  kIs,
  kContains,
  kBegins,
  kEnds,
  kMatches,  // a regular expression
  kExists,
  kMore,
  kLess,
  kMember,  // of a group
  kUnknown,
};
struct Operator {
  Comparing how = Comparing::kUnknown;
  bool negated = false;
};
// "does not contain", "is equal to", "starts with", "matches regular expression", …
Operator ReadOperator(absl::string_view text);

// What an action does.
enum class Deed : uint8_t {
  kDelete,
  kStripAttachments,
  kBadQueue,
  kSkip,
  kStop,
  kJump,
  kCopyTo,
  kRedirect,
  kAppend,
  kAddHeader,
  kDeleteHeader,
  kSendNote,
  kRemoveSignature,
  kRunProcess,
  kCopyToFolder,
  kMoveToFolder,
  kMoveToQueue,
  kAddLine,
  kReplaceInHeader,
  kReplaceInBody,
  kInstantMessage,
  kShortMessage,  // SMS
  kSign,          // DomainKeys, DKIM
  kUnknown,
};
Deed ReadDeed(absl::string_view name);

// "yes", "true", "1", "on", "checked".
bool IsYes(absl::string_view text);
bool IsNo(absl::string_view text);

}  // namespace postern::rules::filter
