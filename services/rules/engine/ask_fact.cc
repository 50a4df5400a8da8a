#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/digest.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine/ask.h"
#include "services/rules/engine/flag_list.h"
#include "services/rules/engine/macros.h"
#include "services/rules/engine/matcher.h"
#include "services/rules/engine/verdict_value.h"
#include "services/rules/ir/notify_uri.h"

// Tests of what is known beside the mail.
namespace postern::rules {
namespace {

constexpr size_t kMaxId = 256;  // of RFC 7352; longer ones, and what is no text, by their hash

std::string ShortId(absl::string_view text) {
  const bool as_it_is = text.size() <= kMaxId && mail::IsUtf8(text);
  return as_it_is ? std::string(text) : absl::StrCat("sha256:", crypto::Sha256Hex(text));
}

bool TakesOne(const Match& match, const Keys& keys, absl::string_view value, Run& run) {
  Matcher matcher(match, keys, run);
  return matcher.Takes(value) || matcher.AtEnd();
}

// The id by which duplicates are known; nothing when the mail has none.
std::optional<std::string> UniqueId(const DuplicateTest& test, const Run& run) {
  if (test.unique_id) return Expand(*test.unique_id, run);
  const std::string name = test.header ? Expand(*test.header, run) : "Message-ID";
  const auto fields = run.message.Fields(name);
  if (fields.empty()) return std::nullopt;
  return std::string(fields[0]->decoded());
}

bool IsThere(std::optional<absl::string_view> fact) { return fact && !fact->empty(); }

// RFC 8579: the uses are the keys; of a mailbox that is named, else of any.
bool HasSpecialUses(const MailboxTest& test, Run& run) {
  const std::vector<std::string> mailboxes = ExpandAll(test.mailboxes, run);
  bool all = true;
  for (const std::string& use : ExpandAll(test.keys.texts, run)) {
    const auto mailbox = run.Fact(SpecialUseFact(use));
    all = all && IsThere(mailbox) && (mailboxes.empty() || *mailbox == mailboxes[0]);
  }
  return all;
}

// Without keys: whether there is one (metadataexists).
bool HasMetadata(const MailboxTest& test, Run& run) {
  const bool of_server = test.aspect == MailboxAspect::kServerMetadata;
  const std::vector<std::string> mailboxes =
      of_server ? std::vector<std::string>{""} : ExpandAll(test.mailboxes, run);
  const std::string annotation = Expand(test.annotation, run);
  bool all = !mailboxes.empty();
  for (const std::string& mailbox : mailboxes) {
    const auto value = run.Fact(MetadataFact(mailbox, annotation));
    all = all && IsThere(value) &&
          (test.keys.texts.empty() || TakesOne(test.match, test.keys, *value, run));
  }
  return all;
}

}  // namespace

bool AskString(const StringTest& test, Run& run) {
  Matcher matcher(test.match, test.keys, run);
  for (const std::string& source : ExpandAll(test.sources, run)) {
    // RFC 5229 section 5: an empty one counts for nothing.
    if (test.match.type == MatchType::kCount && source.empty()) continue;
    if (matcher.Takes(source)) return true;
  }
  return matcher.AtEnd();
}

// RFC 5232 section 2: a string may name several flags, with spaces between them. A pattern is one.
Keys FlagKeys(const FlagTest& test, const Run& run) {
  if (test.match.type != MatchType::kIs && test.match.type != MatchType::kContains)
    return test.keys;
  Keys keys;
  for (const std::string& text : ExpandAll(test.keys.texts, run)) {
    for (const absl::string_view flag : absl::StrSplit(text, ' ', absl::SkipEmpty()))
      keys.texts.push_back(Text::Literal(flag));
  }
  return keys;
}

bool AskFlag(const FlagTest& test, Run& run) {
  std::vector<std::string> flags = run.flags;
  if (!test.variables.empty()) {
    std::vector<std::string> texts;
    for (const std::string& name : ExpandAll(test.variables, run)) {
      const auto& all = run.program.variables;
      if (!run.budget.Spend(all.size() * 8)) break;
      for (size_t slot = 0; slot < all.size(); ++slot) {
        if (absl::EqualsIgnoreCase(all[slot].name, name)) texts.push_back(run.variables[slot]);
      }
    }
    flags = ReadFlags(texts);
  }
  const Keys keys = FlagKeys(test, run);
  Matcher matcher(test.match, keys, run);
  for (const std::string& flag : flags) {
    if (matcher.Takes(flag)) return true;
  }
  return matcher.AtEnd();
}

bool AskEnvironment(const EnvironmentTest& test, Run& run) {
  const std::optional<std::string> value = EnvironmentItem(Expand(test.item, run), run);
  return value && TakesOne(test.match, test.keys, *value, run);
}

bool AskMailbox(const MailboxTest& test, Run& run) {
  bool all = true;
  switch (test.aspect) {
    case MailboxAspect::kExists:
      for (const std::string& mailbox : ExpandAll(test.mailboxes, run))
        all = run.Fact(MailboxFact(mailbox)) == "yes" && all;
      return all;
    case MailboxAspect::kId:
      for (const std::string& id : ExpandAll(test.mailboxes, run))
        all = IsThere(run.Fact(MailboxIdFact(id))) && all;
      return all;
    case MailboxAspect::kSpecialUse:
      return HasSpecialUses(test, run);
    case MailboxAspect::kMetadata:
    case MailboxAspect::kServerMetadata:
      break;
  }
  return HasMetadata(test, run);
}

bool AskDuplicate(const DuplicateTest& test, Run& run) {
  const std::optional<std::string> id = UniqueId(test, run);
  if (!id || id->empty()) return false;
  const FactKey key = DuplicateFact(ShortId(ExpandOr(test.handle, run)), ShortId(*id));
  const bool seen = run.Fact(key) == "yes";
  // Section 3.3: with ":last" each sight begins the time anew.
  if (!seen || test.last) {
    std::vector<Mark>& marks = run.out.marks;
    const bool known = std::any_of(marks.begin(), marks.end(),
                                   [&key](const Mark& mark) { return mark.key == key; });
    if (!known && marks.size() < Run::kMaxMissing) marks.push_back({key, test.seconds});
  }
  return seen;
}

// Of a mailbox nobody knows whether someone looks at it (RFC 5436 section 2.5).
std::optional<absl::string_view> Online(const std::string& method, Run& run) {
  if (!absl::StartsWithIgnoreCase(method, "xmpp:")) return "maybe";
  return run.Fact(NotifyFact(method, "online"));
}

bool AskNotify(const NotifyTest& test, Run& run) {
  bool all = true;
  for (const std::string& method : ExpandAll(test.methods, run)) {
    if (!ParseNotifyUri(method).ok()) {
      all = false;
    } else if (test.aspect == NotifyAspect::kCapability) {
      const std::string capability = absl::AsciiStrToLower(Expand(test.capability, run));
      const auto value = capability == "online" ? Online(method, run) : std::nullopt;
      all = all && value && TakesOne(test.match, test.keys, *value, run);
    }
  }
  return all;
}

bool AskList(const ListTest& test, Run& run) {
  bool all = true;
  for (const std::string& list : ExpandAll(test.lists, run))
    all = run.Fact(ListExistsFact(list)) == "yes" && all;
  return all;
}

bool AskVerdict(const VerdictTest& test, Run& run) {
  return TakesOne(test.match, test.keys, VerdictValue(test.kind, run), run);
}

bool AskExitCode(const ExitCodeTest& test, Run& run) {
  const auto result = run.Fact(RunFact(run.program.origin.hash, test.run));
  if (!result) return false;
  const std::vector<absl::string_view> lines = absl::StrSplit(*result, absl::MaxSplits('\n', 1));
  int64_t code = 0;
  return absl::SimpleAtoi(lines[0], &code) && code == test.code;
}

bool AskForeign(const ForeignCall& call, Run& run) {
  if (run.foreign == nullptr) return false;
  std::vector<Foreign::Argument> arguments;
  for (const ForeignCall::Argument& argument : call.arguments)
    arguments.push_back({argument.tag, ExpandAll(argument.texts, run), argument.number});
  const std::vector<std::string> before = run.changeable_facts->flags;
  const bool answer = run.foreign->Call(call.name, arguments, run.line, run.message,
                                        *run.changeable_facts, run.out);
  if (run.changeable_facts->flags != before) run.flags = ReadFlags(run.changeable_facts->flags);
  return answer;
}

bool Ask(const Test& test, Run& run) {
  struct Asker {
    Run& run;
    bool operator()(const HeaderTest& test) { return AskHeader(test, run); }
    bool operator()(const AddressTest& test) { return AskAddress(test, run); }
    bool operator()(const EnvelopeTest& test) { return AskEnvelope(test, run); }
    bool operator()(const CorrespondentTest& test) { return AskCorrespondent(test, run); }
    bool operator()(const ExistsTest& test) { return AskExists(test, run); }
    bool operator()(const SizeTest& test) { return AskSize(test, run); }
    bool operator()(const BodyTest& test) { return AskBody(test, run); }
    bool operator()(const StringTest& test) { return AskString(test, run); }
    bool operator()(const DateTest& test) { return AskDate(test, run); }
    bool operator()(const FlagTest& test) { return AskFlag(test, run); }
    bool operator()(const EnvironmentTest& test) { return AskEnvironment(test, run); }
    bool operator()(const MailboxTest& test) { return AskMailbox(test, run); }
    bool operator()(const DuplicateTest& test) { return AskDuplicate(test, run); }
    bool operator()(const NotifyTest& test) { return AskNotify(test, run); }
    bool operator()(const ListTest& test) { return AskList(test, run); }
    bool operator()(const VerdictTest& test) { return AskVerdict(test, run); }
    bool operator()(const AttachmentTest& test) { return AskAttachment(test, run); }
    bool operator()(const ExitCodeTest& test) { return AskExitCode(test, run); }
    bool operator()(const ForeignCall& call) { return AskForeign(call, run); }
  };
  run.matched.clear();
  return std::visit(Asker{run}, test);
}

}  // namespace postern::rules
