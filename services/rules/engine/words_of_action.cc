#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/words.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxShown = 120;  // code points of one text

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Shorten(text, kMaxShown), "\"");
}

std::string WithFlags(const std::vector<std::string>& flags) {
  return flags.empty() ? "" : absl::StrCat(" with the flags ", absl::StrJoin(flags, " "));
}

struct Teller {
  std::string operator()(const KeepAction& keep) {
    return absl::StrCat("keep", WithFlags(keep.flags));
  }
  std::string operator()(const DiscardAction&) { return "discard"; }
  std::string operator()(const FileIntoAction& file) {
    return absl::StrCat("fileinto ", file.copy ? ":copy " : "",
                        Quoted(file.special_use.empty() ? file.mailbox : file.special_use),
                        WithFlags(file.flags));
  }
  std::string operator()(const RedirectAction& redirect) {
    return absl::StrCat("redirect ", redirect.copy ? ":copy " : "",
                        Quoted(absl::StrJoin(redirect.addresses, ", ")),
                        redirect.headers_only ? ", the header only" : "");
  }
  std::string operator()(const RejectAction& reject) {
    return absl::StrCat(reject.extended ? "ereject " : "reject ", Quoted(reject.reason));
  }
  std::string operator()(const VacationAction& vacation) {
    return absl::StrCat("vacation ", Quoted(vacation.reason));
  }
  std::string operator()(const ReplyAction& reply) {
    return absl::StrCat("reply ", Quoted(reply.file_name.empty() ? reply.text : reply.file_name));
  }
  std::string operator()(const NotifyAction& notify) {
    // Not all of a web address, for it may have a token in it, nor the text of a mail.
    const bool jid = absl::StartsWithIgnoreCase(notify.method, "xmpp:");
    const size_t end = jid ? notify.method.npos : notify.method.find_first_of("?#");
    return absl::StrCat("notify ", Quoted(notify.method.substr(0, end)));
  }
  std::string operator()(const DeliverAction& deliver) {
    constexpr const char* kForms[] = {"full", "headers", "digest", "none"};
    return absl::StrCat("deliver ", Quoted(kForms[static_cast<size_t>(deliver.form)]),
                        deliver.to.empty() ? "" : " to ", absl::StrJoin(deliver.to, ", "));
  }
  std::string operator()(const HoldAction& hold) {
    return absl::StrCat("hold until ", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                                                        absl::FromUnixSeconds(hold.until_unix),
                                                        absl::UTCTimeZone()));
  }
  std::string operator()(const QuarantineAction& quarantine) {
    return absl::StrCat("quarantine ", Quoted(quarantine.reason));
  }
  std::string operator()(const NoteAction& note) { return absl::StrCat("log ", Quoted(note.text)); }
};

}  // namespace

std::string InWords(const ActionKind& kind) { return std::visit(Teller{}, kind); }

}  // namespace postern::rules
