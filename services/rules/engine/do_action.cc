#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/actions.h"
#include "services/rules/engine/ask.h"
#include "services/rules/engine/do.h"
#include "services/rules/engine/flag_list.h"
#include "services/rules/ir/hold_time.h"
#include "services/rules/ir/notify_uri.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxMailboxName = 1000;
constexpr size_t kMaxListed = 100;  // addresses that one redirect to a list means

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Shorten(mail::CleanLine(text), 80), "\"");
}

std::vector<std::string> FlagsOr(const std::optional<std::vector<Text>>& texts, const Run& run) {
  return texts ? ReadFlags(ExpandAll(*texts, run)) : run.flags;
}

bool IsMailboxName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxMailboxName && mail::IsUtf8(name) &&
         !mail::HasControls(name);
}

// Of a list (RFC 6134), or the one that is named; none with an error, or until it is known.
std::vector<std::string> RedirectAddresses(const Redirect& statement, Run& run) {
  const std::string named = Expand(statement.address, run);
  std::vector<std::string> addresses;
  if (!statement.list) {
    const auto address = mail::ParseAddress(named);
    if (!address.ok()) {
      run.Fail(absl::StrCat("redirect: ", address.status().message()));
    } else {
      addresses.push_back(address->Spec());
    }
    return addresses;
  }
  const auto members = run.Fact(ListMembersFact(named));
  if (!members) return addresses;
  for (absl::string_view member : absl::StrSplit(*members, '\n', absl::SkipEmpty())) {
    const auto address = mail::ParseAddress(member);
    if (address.ok() && addresses.size() < kMaxListed) addresses.push_back(address->Spec());
  }
  return addresses;
}

struct RunResult {
  bool good = false;  // ended with 0
  std::string file;
};
std::optional<RunResult> ResultOf(uint32_t run_id, Run& run) {
  const auto fact = run.Fact(RunFact(run.program.origin.hash, run_id));
  if (!fact) return std::nullopt;
  const size_t line_end = fact->find('\n');
  int64_t code = -1;
  RunResult result;
  result.good = absl::SimpleAtoi(fact->substr(0, line_end), &code) && code == 0;
  if (line_end != fact->npos) result.file = std::string(fact->substr(line_end + 1));
  return result;
}

struct Doer {
  Run& run;
  void operator()(const SetVariable& statement) { DoSet(statement, run); }
  void operator()(const ChangeFlags& statement) { DoFlags(statement, run); }
  void operator()(const Keep& statement) { DoKeep(statement, run); }
  void operator()(const Discard&) { AddAction(DiscardAction{}, run); }
  void operator()(const FileInto& statement) { DoFileInto(statement, run); }
  void operator()(const Redirect& statement) { DoRedirect(statement, run); }
  void operator()(const Reject& statement) {
    AddAction(RejectAction{Expand(statement.reason, run), statement.extended}, run);
  }
  void operator()(const Vacation& statement) { DoVacation(statement, run); }
  void operator()(const Reply& statement) { DoReply(statement, run); }
  void operator()(const Notify& statement) { DoNotify(statement, run); }
  void operator()(const Deliver& statement) { DoDeliver(statement, run); }
  void operator()(const Hold& statement) { DoHold(statement, run); }
  void operator()(const Quarantine& statement) {
    AddAction(QuarantineAction{Expand(statement.reason, run)}, run);
  }
  void operator()(const RunProgram& statement) { DoRunProgram(statement, run); }
  void operator()(const AddHeader& statement) { DoAddHeader(statement, run); }
  void operator()(const DeleteHeader& statement) { DoDeleteHeader(statement, run); }
  void operator()(const ChangeBody& statement) { DoChangeBody(statement, run); }
  // No front end offers these two: nothing that carries out actions could.
  void operator()(const ExtractText& statement) { DoExtractText(statement, run); }
  void operator()(const Note& statement) {
    // Files are the operator's: what users log goes to the audit log.
    AddAction(NoteAction{Expand(statement.text, run),
                         run.operator_rule ? statement.file_name : std::string()},
              run);
  }
  void operator()(const postern::rules::Fail& statement) {
    run.Fail(Expand(statement.message, run));
  }
  void operator()(const ForeignCall& call) { AskForeign(call, run); }
};

}  // namespace

void DoKeep(const Keep& statement, Run& run) {
  KeepAction keep;
  keep.flags = FlagsOr(statement.flags, run);
  AddAction(std::move(keep), run);
}

bool IsInbox(absl::string_view mailbox) { return absl::EqualsIgnoreCase(mailbox, "INBOX"); }

void DoFileInto(const FileInto& statement, Run& run) {
  FileIntoAction file;
  file.mailbox = Expand(statement.mailbox, run);
  file.special_use = ExpandOr(statement.special_use, run);
  if (statement.mailbox_id) {  // RFC 9042 section 4.1: when it is there
    const auto mailbox = run.Fact(MailboxIdFact(Expand(*statement.mailbox_id, run)));
    if (mailbox && !mailbox->empty()) file.mailbox = std::string(*mailbox);
  }
  if (!IsMailboxName(file.mailbox)) {
    run.Fail(absl::StrCat("fileinto: ", Quoted(file.mailbox), " can't be the name of a folder"));
    return;
  }
  file.flags = FlagsOr(statement.flags, run);
  // RFC 5228 section 4.1: into where it lies already is to keep it.
  if (!statement.copy && IsInbox(file.mailbox) && IsInbox(run.facts.mailbox)) {
    AddAction(KeepAction{file.flags, false}, run);
    return;
  }
  file.copy = statement.copy;
  file.create = statement.create;
  AddAction(std::move(file), run);
}

void DoRedirect(const Redirect& statement, Run& run) {
  RedirectAction redirect;
  redirect.addresses = RedirectAddresses(statement, run);
  if (redirect.addresses.empty()) return;
  redirect.copy = statement.copy;
  redirect.headers_only = statement.headers_only;
  redirect.notify = ExpandOr(statement.notify, run);
  redirect.ret = ExpandOr(statement.ret, run);
  AddAction(std::move(redirect), run);
}

void DoVacation(const Vacation& statement, Run& run) {
  VacationAction vacation;
  vacation.reason = Expand(statement.reason, run);
  vacation.subject = ExpandOr(statement.subject, run);
  vacation.from = ExpandOr(statement.from, run);
  vacation.addresses = ExpandAll(statement.addresses, run);
  vacation.seconds = statement.seconds;
  vacation.mime = statement.mime;
  vacation.fcc = ExpandOr(statement.fcc, run);
  vacation.handle = ExpandOr(statement.handle, run);
  if (vacation.handle.empty()) {  // RFC 5230 section 4.2: what is said keeps answers apart
    vacation.handle = crypto::Sha256Hex(absl::StrCat(vacation.reason, absl::string_view("\0", 1),
                                                     vacation.subject, absl::string_view("\0", 1),
                                                     vacation.from, vacation.mime ? "\1" : ""));
  }
  AddAction(std::move(vacation), run);
}

void DoReply(const Reply& statement, Run& run) {
  ReplyAction reply;
  reply.text = Expand(statement.text, run);
  reply.file_name = statement.file_name;
  reply.handle = statement.handle.empty()
                     ? crypto::Sha256Hex(absl::StrCat(reply.file_name, "\n", reply.text))
                     : statement.handle;
  reply.seconds = statement.seconds;
  if (statement.run) {
    const std::optional<RunResult> result = ResultOf(*statement.run, run);
    if (!result || !result->good) return;
    if (!result->file.empty()) reply.text = result->file;
  }
  if (reply.text.empty() && reply.file_name.empty()) return;
  AddAction(std::move(reply), run);
}

void DoNotify(const Notify& statement, Run& run) {
  NotifyAction notify;
  notify.method = Expand(statement.method, run);
  if (const auto uri = ParseNotifyUri(notify.method); !uri.ok()) {
    run.Fail(absl::StrCat("the notification method ", uri.status().message()));
    return;
  }
  notify.message = ExpandOr(statement.message, run);
  notify.from = ExpandOr(statement.from, run);
  notify.fcc = ExpandOr(statement.fcc, run);
  notify.options = ExpandAll(statement.options, run);
  notify.importance = statement.importance;
  AddAction(std::move(notify), run);
}

void DoDeliver(const Deliver& statement, Run& run) {
  DeliverAction deliver;
  deliver.form = statement.form;
  deliver.to = ExpandAll(statement.to, run);
  for (const std::string& jid : deliver.to) {
    if (IsJid(jid)) continue;
    run.Fail(absl::StrCat("deliver: ", Quoted(jid), " is no Jabber address"));
    return;
  }
  AddAction(std::move(deliver), run);
}

void DoHold(const Hold& statement, Run& run) {
  const std::string until = Expand(statement.until, run);
  const absl::StatusOr<absl::Time> end = HoldEnd(until, run.facts.zone, run.facts.now);
  if (!end.ok()) {
    run.Fail(absl::StrCat("hold: ", Quoted(until), " is no time: ", end.status().message()));
  } else if (*end > run.facts.now) {
    AddAction(HoldAction{absl::ToUnixSeconds(*end)}, run);
  }
}

void DoRunProgram(const RunProgram& statement, Run& run) {
  if (!run.operator_rule) {
    run.Fail("only rules of the site run programs");
    return;
  }
  run.Say(absl::StrCat("run ", Quoted(statement.program)), /*action=*/true);
  run.Fact(RunFact(run.program.origin.hash, statement.id));
}

void Do(const Statement& statement, Run& run) { std::visit(Doer{run}, statement); }

}  // namespace postern::rules
