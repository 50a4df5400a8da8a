#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/rules/ir/test.h"
#include "services/rules/ir/text.h"

// What a rule can do. A statement changes the state of the evaluation (variables, flags, the
// mail's header) or adds to the list of actions (engine/action.h).
namespace postern::rules {

// RFC 5229 section 4.1, in the order of their precedence; draft-ietf-sieve-regex for the last.
enum class Modifier : uint8_t {
  kLower,
  kUpper,
  kLowerFirst,
  kUpperFirst,
  kQuoteWildcard,
  kQuoteRegex,
  kEncodeUrl,
  kLength
};

struct SetVariable {
  uint32_t slot = 0;
  Text value;
  std::vector<Modifier> modifiers;  // as they are applied
};
enum class FlagChange : uint8_t { kSet, kAdd, kRemove };
struct ChangeFlags {  // RFC 5232
  FlagChange change = FlagChange::kSet;
  std::optional<uint32_t> variable;  // its slot; unset: the internal one
  std::vector<Text> flags;
};
struct Keep {
  std::optional<std::vector<Text>> flags;
};
struct Discard {};
struct FileInto {
  Text mailbox;  // with the server's separators; "\\Trash" by special use is `special_use`
  bool copy = false;
  bool create = false;
  std::optional<Text> special_use;  // RFC 8579
  std::optional<Text> mailbox_id;   // RFC 9042
  std::optional<std::vector<Text>> flags;
};
struct Redirect {
  Text address;  // or, by `list`, the name of one (RFC 6134)
  bool copy = false;
  bool list = false;
  bool headers_only = false;        // JSMail's '!'
  std::optional<Text> notify, ret;  // RFC 6009
};
struct Reject {  // RFC 5429
  Text reason;
  bool extended = false;
};
struct Vacation {  // RFC 5230, RFC 6131
  Text reason;
  std::optional<Text> subject, from, handle, fcc;
  std::vector<Text> addresses;
  uint64_t seconds = 7 * 24 * 3600;
  bool mime = false;
};
// A fixed text goes back to the sender, once in `seconds` for each (JSMail's responders).
struct Reply {
  Text text;
  std::optional<uint32_t> run;  // the text is the file that this program made
  std::string file_name;        // of the text, as the rule names it
  std::string handle;           // keeps rules apart when it is counted
  uint64_t seconds = 24 * 3600;
};
struct Notify {  // RFC 5435; xmpp (RFC 5437), mailto (RFC 5436), https (a webhook)
  Text method;
  std::optional<Text> from, message, fcc;
  std::vector<Text> options;
  char importance = '2';
};
enum class DeliveryForm : uint8_t { kFull, kHeaders, kDigest, kNone };
struct Deliver {  // vnd.postern.deliver
  DeliveryForm form = DeliveryForm::kFull;
  std::vector<Text> to;  // JIDs; none: the account's owner
};
// Delivered later. vnd.postern.hold. (Quiet hours are the account's, and hold mail by themselves.)
struct Hold {
  Text until;  // "07:00", "2026-12-24T08:00", "MO 08:00", as lib/schedule reads it
};
struct Quarantine {
  Text reason;
};
struct RunProgram {      // by the exec runner; of operators' rules only
  uint32_t id = 0;       // of this place in the program: ExitCodeTest::run
  std::string program;   // its id in the operator's list of programs
  uint32_t seconds = 0;  // at most; 0: as long as the list lets it
};
struct AddHeader {  // RFC 5293
  Text name, value;
  bool last = false;
};
struct DeleteHeader {
  Text name;
  Index index;
  Match match;
  Keys keys;  // none: all
};
// Changes to the body (vnd.postern.*, content filters). Signed parts are left alone.
enum class BodyChange : uint8_t {
  kAppend,
  kReplaceText,
  kReplaceHeader,
  kStripAttachments,
  kStripSignature
};
struct ChangeBody {
  BodyChange change = BodyChange::kAppend;
  Text text;           // kAppend; the replacement, with \1 and & as in the content filter
  std::string header;  // kReplaceHeader
  std::shared_ptr<const RE2> pattern;  // kReplaceText, kReplaceHeader
};
struct ExtractText {  // RFC 5703 section 5
  uint32_t slot = 0;
  std::vector<Modifier> modifiers;
  uint64_t first = 0;  // 0: all
};
struct Note {  // for the trace and the audit log: "add line to file", vnd.postern.log
  Text text;
  std::string file_name;
};
struct Fail {  // "error" of RFC 5463
  Text message;
};

using Statement =
    std::variant<SetVariable, ChangeFlags, Keep, Discard, FileInto, Redirect, Reject, Vacation,
                 Reply, Notify, Deliver, Hold, Quarantine, RunProgram, AddHeader, DeleteHeader,
                 ChangeBody, ExtractText, Note, Fail, ForeignCall>;

}  // namespace postern::rules
