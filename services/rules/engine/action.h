#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/rules/ir/statement.h"

// What came out of an evaluation: statements with their texts put together. Nothing has
// happened yet; who owns the mailbox carries them out (services/fetcher/effects).
namespace postern::rules {

struct KeepAction {
  std::vector<std::string> flags;
  bool implicit = false;
};
struct DiscardAction {};
struct FileIntoAction {
  std::string mailbox;      // UTF-8
  std::string special_use;  // "\\Trash"; may be empty
  std::vector<std::string> flags;
  bool copy = false, create = false;
};
struct RedirectAction {
  std::vector<std::string> addresses;  // bare; several when it was a list
  bool copy = false, headers_only = false;
  std::string notify, ret;
};
struct RejectAction {
  std::string reason;
  bool extended = false;
};
struct VacationAction {
  std::string reason, subject, from;
  std::vector<std::string> addresses;
  std::string handle;  // never empty: the script's, or a hash of what is said
  uint64_t seconds = 0;
  bool mime = false;
  std::string fcc;
};
struct ReplyAction {
  std::string text;  // empty with `file_name`: that file
  std::string file_name;
  std::string handle;
  uint64_t seconds = 0;
};
struct NotifyAction {
  std::string method;  // a URI; checked
  std::string message, from, fcc;
  std::vector<std::string> options;
  char importance = '2';
};
struct DeliverAction {
  DeliveryForm form = DeliveryForm::kFull;
  std::vector<std::string> to;  // bare JIDs; none: the owner
};
struct HoldAction {
  int64_t until_unix = 0;
};
struct QuarantineAction {
  std::string reason;
};
struct NoteAction {
  std::string text, file_name;
};
using ActionKind = std::variant<KeepAction, DiscardAction, FileIntoAction, RedirectAction,
                                RejectAction, VacationAction, ReplyAction, NotifyAction,
                                DeliverAction, HoldAction, QuarantineAction, NoteAction>;
struct Action {
  ActionKind kind;
  std::string program;  // the hash of whose it is; with the ordinal, the key of what it does
  uint32_t line = 0;
  bool operator_rule = false;  // of the site or a domain: limits of users don't hold
  uint32_t edits = 0;          // Evaluation::edits made before it: the mail that it takes has those
};

// A change to the mail as it is delivered and sent on from here; the mailbox keeps its own.
struct HeaderEdit {
  bool add = false, last = false;
  std::string name, value;  // deleted: value is what it was, raw
  uint32_t occurrence = 0;  // of a deleted one, from 0, at the time
};
struct BodyEdit {
  BodyChange change = BodyChange::kAppend;
  std::string text, header;
  std::string pattern;  // RE2
};
using Edit = std::variant<HeaderEdit, BodyEdit>;

// A line of the reasons: what was asked, and what was found, in words for people.
struct TraceStep {
  std::string program;  // file name
  uint32_t line = 0;
  std::string text;  // "header :contains \"subject\" matched \"Invoice\"", "fileinto \"Bills\""
  bool action = false;
  std::string rule = {};  // its name, of Program::numbered_rules; `line` is its number then
};

}  // namespace postern::rules
