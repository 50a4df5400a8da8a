#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "services/rules/ir/hold_time.h"
#include "services/rules/ir/notify_uri.h"
#include "services/rules/sieve/commands.h"
#include "services/rules/sieve/constants.h"
#include "services/rules/sieve/reading.h"

// What becomes of a mail.
namespace postern::rules::sieve {
namespace {

// :flags; unset when it isn't there. False after a problem.
bool ReadFlags(Scope& scope, const Arguments& arguments, std::optional<std::vector<Text>>& flags) {
  if (!arguments.Has("flags")) return true;
  flags.emplace();
  return ReadTexts(scope, arguments, "flags", *flags) &&
         CheckFlags(scope, *flags, arguments.Value("flags")->at);
}

// keep [:flags <flags>]
void MakeKeep(Scope& scope, const Arguments& arguments) {
  Keep keep;
  if (ReadFlags(scope, arguments, keep.flags)) scope.Do(std::move(keep), arguments.at);
}

void MakeDiscard(Scope& scope, const Arguments& arguments) { scope.Do(Discard{}, arguments.at); }

// fileinto [:copy] [:create] [:flags <flags>] [:specialuse <use>] [:mailboxid <id>] <mailbox>
void MakeFileInto(Scope& scope, const Arguments& arguments) {
  FileInto file;
  auto mailbox = TextAt(scope, arguments, 0);
  if (!mailbox || !CheckMailbox(scope, *mailbox, arguments.At(0).at)) return;
  if (!ReadText(scope, arguments, "specialuse", file.special_use) ||
      !ReadText(scope, arguments, "mailboxid", file.mailbox_id) ||
      !ReadFlags(scope, arguments, file.flags))
    return;
  if (file.special_use &&
      !CheckSpecialUse(scope, *file.special_use, arguments.Value("specialuse")->at))
    return;
  file.mailbox = *std::move(mailbox);
  file.copy = arguments.Has("copy");
  file.create = arguments.Has("create");
  scope.Do(std::move(file), arguments.at);
}

// RFC 6009 section 4: what is asked of the servers on the way.
bool CheckDsn(Scope& scope, const Arguments& arguments, const Redirect& redirect) {
  const auto bad = [&](const char* tag, const char* known) {
    scope.Error(arguments.Value(tag)->at,
                absl::StrCat("':", tag, "' of the redirect command is ", known));
    return false;
  };
  if (redirect.ret && redirect.ret->constant()) {
    const std::string ret = absl::AsciiStrToUpper(redirect.ret->literal());
    if (ret != "FULL" && ret != "HDRS") return bad("ret", "\"FULL\" or \"HDRS\"");
  }
  if (!redirect.notify || !redirect.notify->constant()) return true;
  const std::string notify = absl::AsciiStrToUpper(redirect.notify->literal());
  if (notify == "NEVER") return true;
  for (const absl::string_view event : absl::StrSplit(notify, ',')) {
    if (event != "SUCCESS" && event != "FAILURE" && event != "DELAY")
      return bad("notify", "\"NEVER\", or some of SUCCESS, FAILURE and DELAY, joined by commas");
  }
  return true;
}

// redirect [:copy] [:list] [:notify <value>] [:ret <value>] <address>
void MakeRedirect(Scope& scope, const Arguments& arguments) {
  Redirect redirect;
  auto address = TextAt(scope, arguments, 0);
  if (!address) return;
  const Position at = arguments.At(0).at;
  redirect.list = arguments.Has("list");
  if (!CheckTarget(scope, *address, "where it is redirected to", at)) return;
  if (!redirect.list && !CheckAddress(scope, *address, at, true)) return;
  if (!ReadText(scope, arguments, "notify", redirect.notify) ||
      !ReadText(scope, arguments, "ret", redirect.ret) || !CheckDsn(scope, arguments, redirect))
    return;
  redirect.address = *std::move(address);
  redirect.copy = arguments.Has("copy");
  scope.Do(std::move(redirect), arguments.at);
}

// reject <reason>; ereject <reason>
void MakeRejectOf(Scope& scope, const Arguments& arguments, bool extended) {
  auto reason = TextAt(scope, arguments, 0);
  if (reason) scope.Do(Reject{*std::move(reason), extended}, arguments.at);
}
void MakeReject(Scope& scope, const Arguments& arguments) { MakeRejectOf(scope, arguments, false); }
void MakeExtendedReject(Scope& scope, const Arguments& arguments) {
  MakeRejectOf(scope, arguments, true);
}

// deliver [:mode "full" / "headers" / "digest" / "none"] [:to <JIDs>]: ours
void MakeDeliver(Scope& scope, const Arguments& arguments) {
  struct Named {
    absl::string_view name;
    DeliveryForm form;
  };
  constexpr Named kForms[] = {{"full", DeliveryForm::kFull},
                              {"headers", DeliveryForm::kHeaders},
                              {"digest", DeliveryForm::kDigest},
                              {"none", DeliveryForm::kNone}};
  Deliver deliver;
  if (const Argument* mode = arguments.Value("mode")) {
    const auto name = scope.MakeConstant(*mode, "the mode of deliver");
    if (!name) return;
    bool known = false;
    for (const Named& form : kForms) {
      if (form.name != absl::AsciiStrToLower(*name)) continue;
      deliver.form = form.form;
      known = true;
    }
    if (!known) {
      scope.Error(mode->at,
                  "a mail is delivered in the mode \"full\", \"headers\", \"digest\" or \"none\"");
      return;
    }
  }
  if (!ReadTexts(scope, arguments, "to", deliver.to)) return;
  for (const Text& jid : deliver.to) {
    const Position at = arguments.Value("to")->at;
    if (!CheckTarget(scope, jid, "whom it is delivered to", at)) return;
    if (!jid.constant() || IsJid(jid.literal())) continue;
    scope.Error(at,
                "':to' of the deliver command needs Jabber addresses, as in \"ann@example.org\"");
    return;
  }
  scope.Do(std::move(deliver), arguments.at);
}

bool IsHoldTime(absl::string_view text) {
  return HoldEnd(text, absl::UTCTimeZone(), absl::UnixEpoch()).ok();
}

// hold :until <time>: ours
void MakeHold(Scope& scope, const Arguments& arguments) {
  std::optional<Text> until;
  if (!ReadText(scope, arguments, "until", until)) return;
  if (!until || (until->constant() && !IsHoldTime(until->literal()))) {
    scope.Error(until ? arguments.Value("until")->at : arguments.at,
                "the hold command needs ':until' and a time, as in \"07:00\", \"MO 08:00\" or "
                "\"2026-12-24T08:00\"");
    return;
  }
  scope.Do(Hold{*std::move(until)}, arguments.at);
}

// quarantine <reason>: ours
void MakeQuarantine(Scope& scope, const Arguments& arguments) {
  auto reason = TextAt(scope, arguments, 0);
  if (reason) scope.Do(Quarantine{*std::move(reason)}, arguments.at);
}

}  // namespace

std::vector<CommandRow> DeliveryCommands() {
  const Place reason = {Shape::kString, "reason"};
  constexpr absl::string_view kWhere = "way to find the mailbox";
  return {
      {{"keep", "", kFlags, {}, {}}, MakeKeep},
      {{"discard", "", 0, {}, {}}, MakeDiscard},
      {{"fileinto",
        "fileinto",
        kFlags,
        {{"copy", Shape::kNothing, "copy"},
         {"create", Shape::kNothing, "mailbox"},
         {"specialuse", Shape::kString, "special-use", kWhere},
         {"mailboxid", Shape::kString, "mailboxid", kWhere}},
        {{Shape::kString, "mailbox"}}},
       MakeFileInto},
      {{"redirect",
        "",
        0,
        {{"copy", Shape::kNothing, "copy"},
         {"list", Shape::kNothing, "extlists"},
         {"notify", Shape::kString, "redirect-dsn"},
         {"ret", Shape::kString, "redirect-dsn"}},
        {{Shape::kString, "address"}}},
       MakeRedirect},
      {{"reject", "reject", 0, {}, {reason}}, MakeReject},
      {{"ereject", "ereject", 0, {}, {reason}}, MakeExtendedReject},
      {{"deliver",
        "vnd.postern.deliver",
        0,
        {{"mode", Shape::kString}, {"to", Shape::kStrings}},
        {}},
       MakeDeliver},
      {{"hold", "vnd.postern.hold", 0, {{"until", Shape::kString}}, {}}, MakeHold},
      {{"quarantine", "vnd.postern.quarantine", 0, {}, {reason}}, MakeQuarantine},
  };
}

}  // namespace postern::rules::sieve
