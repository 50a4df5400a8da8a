#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"

// JSMail's files of rules, compiled: docs/operators.md has their formats. All or nothing: with
// an error there is no program, and every wrong line is named. Linear in the size of the file.
namespace postern::rules::jsmail {

inline constexpr size_t kMaxRules = 2000;            // in one file
inline constexpr size_t kMaxReplyBytes = 64 * 1024;  // of a responder's text
// Facts::environment: "@" and the domain of the mailbox's owner. Users that a subject file names
// without a domain are of that one.
inline constexpr char kOwnersDomain[] = "vnd.postern.at-domain";

struct CompileOptions {
  std::string file_name = "file";
  bool operator_rule = false;  // may run programs
  // Of the users that a responders file forwards to by name alone; empty: they are errors.
  std::string local_domain;
  // A text that a responders file names and does not hold itself; none: it is not there.
  std::function<std::optional<std::string>(absl::string_view name)> read_text;
};

// rule = [ "!" ] key ":" [ "!" ] regex;  key = "source" | "destination" | "subject" | "received"
// with "!", in one of the two places, for accept: any accept line that matches overrides every
// reject line, wherever it stands. The expression begins right behind the colon, blanks and all,
// and ends with the line; a leading "!" of its own is written \! or [!].
Compiled CompileReject(absl::string_view source, const CompileOptions& options);

// entry = user ":" regex;  the first that matches the subject says whose mail it is.
// `user` is a bare JID, or its part before the "@".
Compiled CompileSubject(absl::string_view source, const CompileOptions& options);

// entry = subject "," text [ "," program [ "," forward ] ];  a field with commas is quoted as in
// CSV. The first entry whose subject is in the mail's, in whatever case, answers with the text,
// runs the program before ("!": none; it may make the text), and forwards the mail.
// A text may stand in the file itself, behind the entries: "#file info.txt", then its lines with
// "#|" before each. That is how texts are imported along with the entries.
Compiled CompileResponders(absl::string_view source, const CompileOptions& options);

// The texts that the entries of a responders file name and the file does not hold; each once.
std::vector<std::string> TextsWanted(absl::string_view source);
// A text as it stands in a responders file, to be put behind its entries.
std::string EmbeddedText(absl::string_view name, absl::string_view text);

}  // namespace postern::rules::jsmail
