#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/rules/sieve/constants.h"
#include "services/rules/sieve/matching.h"
#include "services/rules/sieve/reading.h"
#include "services/rules/sieve/tests.h"

// Tests of what is known beside the mail.
namespace postern::rules::sieve {
namespace {

using Made = std::optional<std::vector<Test>>;

constexpr uint64_t kMaxDuplicateSeconds = 7 * 24 * 3600;  // section 5.1 of the rules reference
constexpr size_t kMaxAnnotations = 20;                    // each becomes a test, with the mailbox
constexpr Place kKeys = {Shape::kStrings, "key list"};

// string [MATCH-TYPE] [COMPARATOR] <sources> <keys>
Made MakeString(Scope& scope, const Arguments& arguments) {
  auto sources = scope.MakeTexts(arguments.At(0));
  auto matching = ReadMatching(scope, arguments, 1);
  if (!sources || !matching) return std::nullopt;
  return One(StringTest{*std::move(sources), matching->match, std::move(matching->keys)});
}

// environment [COMPARATOR] [MATCH-TYPE] <name> <keys>
Made MakeEnvironment(Scope& scope, const Arguments& arguments) {
  auto item = TextAt(scope, arguments, 0);
  auto matching = ReadMatching(scope, arguments, 1);
  if (!item || !matching) return std::nullopt;
  return One(EnvironmentTest{*std::move(item), matching->match, std::move(matching->keys)});
}

// hasflag [MATCH-TYPE] [COMPARATOR] [<variables>] <flags>
Made MakeHasFlag(Scope& scope, const Arguments& arguments) {
  FlagTest test;
  auto matching = ReadMatching(scope, arguments, 1);
  if (!matching) return std::nullopt;
  if (arguments.HasPlace(0)) {
    const Argument& names = arguments.At(0);
    if (!scope.Needs("variables", "a list of variables", names.at)) return std::nullopt;
    for (const String& name : names.strings) {
      const auto slot = scope.Slot(name.text, name.at);
      if (!slot) return std::nullopt;
      test.variables.push_back(Text::Literal(scope.program().variables[*slot].name));
    }
  }
  test.match = matching->match;
  test.keys = std::move(matching->keys);
  return One(std::move(test));
}

// mailboxexists <names>; mailboxidexists <ids>
Made MakeMailboxes(Scope& scope, const Arguments& arguments, MailboxAspect aspect) {
  auto names = scope.MakeTexts(arguments.At(0));
  if (!names) return std::nullopt;
  for (const Text& name : *names) WarnOfMailbox(scope, name, arguments.At(0).at);
  MailboxTest test;
  test.aspect = aspect;
  test.mailboxes = *std::move(names);
  return One(std::move(test));
}
Made MakeMailboxExists(Scope& scope, const Arguments& arguments) {
  return MakeMailboxes(scope, arguments, MailboxAspect::kExists);
}
Made MakeMailboxIdExists(Scope& scope, const Arguments& arguments) {
  return MakeMailboxes(scope, arguments, MailboxAspect::kId);
}

// metadata [MATCH-TYPE] [COMPARATOR] <mailbox> <annotation> <keys>; servermetadata without a
// mailbox
Made MakeMetadataOf(Scope& scope, const Arguments& arguments, bool server) {
  const size_t first = server ? 0 : 1;
  auto annotation = TextAt(scope, arguments, first);
  auto matching = ReadMatching(scope, arguments, first + 1);
  if (!annotation || !matching) return std::nullopt;
  MailboxTest test;
  test.aspect = server ? MailboxAspect::kServerMetadata : MailboxAspect::kMetadata;
  if (!server) {
    auto mailbox = TextAt(scope, arguments, 0);
    if (!mailbox) return std::nullopt;
    WarnOfMailbox(scope, *mailbox, arguments.At(0).at);
    test.mailboxes.push_back(*std::move(mailbox));
  }
  test.annotation = *std::move(annotation);
  test.match = matching->match;
  test.keys = std::move(matching->keys);
  return One(std::move(test));
}
Made MakeMetadata(Scope& scope, const Arguments& arguments) {
  return MakeMetadataOf(scope, arguments, false);
}
Made MakeServerMetadata(Scope& scope, const Arguments& arguments) {
  return MakeMetadataOf(scope, arguments, true);
}

// metadataexists <mailbox> <annotations>; servermetadataexists <annotations>: no keys
Made MakeMetadataExistsOf(Scope& scope, const Arguments& arguments, bool server) {
  MailboxTest test;
  test.aspect = server ? MailboxAspect::kServerMetadata : MailboxAspect::kMetadata;
  if (!server) {
    auto mailbox = TextAt(scope, arguments, 0);
    if (!mailbox) return std::nullopt;
    WarnOfMailbox(scope, *mailbox, arguments.At(0).at);
    test.mailboxes.push_back(*std::move(mailbox));
  }
  const Argument& said = arguments.At(server ? 0 : 1);
  if (said.strings.size() > kMaxAnnotations)
    return scope.Error(said.at, absl::StrCat("the ", arguments.name, " takes ", kMaxAnnotations,
                                             " annotation names at most"));
  auto annotations = scope.MakeTexts(said);
  if (!annotations) return std::nullopt;
  std::vector<Test> all;
  for (Text& annotation : *annotations) {
    test.annotation = std::move(annotation);
    all.push_back(test);
  }
  return all;
}
Made MakeMetadataExists(Scope& scope, const Arguments& arguments) {
  return MakeMetadataExistsOf(scope, arguments, false);
}
Made MakeServerMetadataExists(Scope& scope, const Arguments& arguments) {
  return MakeMetadataExistsOf(scope, arguments, true);
}

// specialuse_exists [<mailbox>] <attributes>: all of them
Made MakeSpecialUseExists(Scope& scope, const Arguments& arguments) {
  MailboxTest test;
  test.aspect = MailboxAspect::kSpecialUse;
  if (arguments.HasPlace(0)) {
    auto mailbox = TextAt(scope, arguments, 0);
    if (!mailbox) return std::nullopt;
    WarnOfMailbox(scope, *mailbox, arguments.At(0).at);
    test.mailboxes.push_back(*std::move(mailbox));
  }
  auto uses = scope.MakeTexts(arguments.At(1));
  if (!uses) return std::nullopt;
  for (const Text& use : *uses)
    if (!CheckSpecialUse(scope, use, arguments.At(1).at)) return std::nullopt;
  test.keys.texts = *std::move(uses);
  return One(std::move(test));
}

// duplicate [:handle <text>] [:header <name> / :uniqueid <text>] [:seconds <number>] [:last]
Made MakeDuplicate(Scope& scope, const Arguments& arguments) {
  DuplicateTest test;
  if (!ReadText(scope, arguments, "handle", test.handle) ||
      !ReadText(scope, arguments, "header", test.header) ||
      !ReadText(scope, arguments, "uniqueid", test.unique_id))
    return std::nullopt;
  if (test.header && !CheckHeaderNames(scope, {*test.header}, arguments.Value("header")->at))
    return std::nullopt;
  if (const Argument* seconds = arguments.Value("seconds")) {
    test.seconds = std::min(seconds->number, kMaxDuplicateSeconds);
    if (test.seconds != seconds->number)
      scope.Warn(seconds->at, absl::StrCat("mails are remembered for ", kMaxDuplicateSeconds,
                                           " seconds at most, and so are these"));
  }
  test.last = arguments.Has("last");
  return One(std::move(test));
}

// valid_notify_method <uris>
Made MakeValidMethod(Scope& scope, const Arguments& arguments) {
  auto methods = scope.MakeTexts(arguments.At(0));
  if (!methods) return std::nullopt;
  NotifyTest test;
  test.methods = *std::move(methods);
  return One(std::move(test));
}

// notify_method_capability [COMPARATOR] [MATCH-TYPE] <uri> <capability> <keys>
Made MakeMethodCapability(Scope& scope, const Arguments& arguments) {
  auto method = TextAt(scope, arguments, 0);
  auto capability = TextAt(scope, arguments, 1);
  auto matching = ReadMatching(scope, arguments, 2);
  if (!method || !capability || !matching) return std::nullopt;
  NotifyTest test;
  test.aspect = NotifyAspect::kCapability;
  test.methods.push_back(*std::move(method));
  test.capability = *std::move(capability);
  test.match = matching->match;
  test.keys = std::move(matching->keys);
  return One(std::move(test));
}

// valid_ext_list <names>
Made MakeValidList(Scope& scope, const Arguments& arguments) {
  auto lists = scope.MakeTexts(arguments.At(0));
  if (!lists) return std::nullopt;
  return One(ListTest{*std::move(lists)});
}

// exitcode <program> <code>: ours; of the last run of that program before this place
Made MakeExitCode(Scope& scope, const Arguments& arguments) {
  const auto program = scope.MakeConstant(arguments.At(0), "the program of exitcode");
  if (!program) return std::nullopt;
  const RunProgram* last = nullptr;
  for (const Statement& statement : scope.program().statements) {
    const auto* run = std::get_if<RunProgram>(&statement);
    if (run != nullptr && run->program == *program) last = run;
  }
  if (last == nullptr)
    return scope.Error(arguments.at,
                       absl::StrCat("no exec \"", *program, "\"; stands before this test"));
  return One(ExitCodeTest{last->id, static_cast<int64_t>(arguments.At(1).number)});
}

}  // namespace

std::vector<TestRow> StateTests() {
  const Place mailbox = {Shape::kString, "mailbox"};
  const Place annotation = {Shape::kString, "annotation name"};
  const Place annotations = {Shape::kStrings, "annotation names"};
  const auto kFirst = Signature::Optional::kFirst;
  return {
      {{"string", "variables", kMatching, {}, {{Shape::kStrings, "source"}, kKeys}}, MakeString},
      {{"environment", "environment", kMatching, {}, {{Shape::kString, "name"}, kKeys}},
       MakeEnvironment},
      {{"hasflag",
        "imap4flags",
        kMatching,
        {},
        {{Shape::kStrings, "variable list"}, {Shape::kStrings, "list of flags"}},
        kFirst},
       MakeHasFlag},
      {{"mailboxexists", "mailbox", 0, {}, {{Shape::kStrings, "mailbox names"}}},
       MakeMailboxExists},
      {{"mailboxidexists", "mailboxid", 0, {}, {{Shape::kStrings, "mailbox IDs"}}},
       MakeMailboxIdExists},
      {{"metadata", "mboxmetadata", kMatching, {}, {mailbox, annotation, kKeys}}, MakeMetadata},
      {{"metadataexists", "mboxmetadata", 0, {}, {mailbox, annotations}}, MakeMetadataExists},
      {{"servermetadata", "servermetadata", kMatching, {}, {annotation, kKeys}},
       MakeServerMetadata},
      {{"servermetadataexists", "servermetadata", 0, {}, {annotations}}, MakeServerMetadataExists},
      {{"specialuse_exists",
        "special-use",
        0,
        {},
        {mailbox, {Shape::kStrings, "special-use attributes"}},
        kFirst},
       MakeSpecialUseExists},
      {{"duplicate",
        "duplicate",
        0,
        {{"handle", Shape::kString},
         {"header", Shape::kString, "", "kind of ID"},
         {"uniqueid", Shape::kString, "", "kind of ID"},
         {"seconds", Shape::kNumber},
         {"last"}},
        {}},
       MakeDuplicate},
      {{"valid_notify_method", "enotify", 0, {}, {{Shape::kStrings, "notification URIs"}}},
       MakeValidMethod},
      {{"notify_method_capability",
        "enotify",
        kMatching,
        {},
        {{Shape::kString, "notification URI"}, {Shape::kString, "notification capability"}, kKeys}},
       MakeMethodCapability},
      {{"valid_ext_list", "extlists", 0, {}, {{Shape::kStrings, "list names"}}}, MakeValidList},
      {{"exitcode",
        "vnd.postern.exec",
        0,
        {},
        {{Shape::kString, "program"}, {Shape::kNumber, "exit code"}},
        Signature::Optional::kNone,
        true},
       MakeExitCode},
  };
}

const TestRow* FindTestRow(absl::string_view name) {
  static const auto& rows = *[] {
    auto* all = new std::vector<TestRow>(MessageTests());
    for (TestRow& row : StateTests()) all->push_back(std::move(row));
    return all;
  }();
  for (const TestRow& row : rows)
    if (row.signature.name == name) return &row;
  return nullptr;
}

}  // namespace postern::rules::sieve
