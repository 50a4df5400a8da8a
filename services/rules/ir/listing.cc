#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/rules/ir/program.h"

// Longer than our files are: some lines for each kind of test and statement.
namespace postern::rules {
namespace {

std::string Show(const Text& text) {
  if (text.constant()) return absl::StrCat("\"", absl::Utf8SafeCEscape(text.literal()), "\"");
  std::string out = "\"";
  for (const TextPiece& piece : text.pieces) {
    switch (piece.kind) {
      case Piece::kLiteral:
        out += absl::Utf8SafeCEscape(piece.text);
        break;
      case Piece::kVariable:
        absl::StrAppend(&out, "${v", piece.slot, "}");
        break;
      case Piece::kMatch:
        absl::StrAppend(&out, "${", piece.slot, "}");
        break;
      case Piece::kFact:
        absl::StrAppend(&out, "${env.", piece.text, "}");
        break;
      case Piece::kMacro:
        absl::StrAppend(&out, "$", piece.text, "$");
        break;
    }
  }
  return out + "\"";
}

std::string Show(const std::vector<Text>& texts) {
  if (texts.size() == 1) return Show(texts[0]);
  std::string out = "[";
  for (const Text& text : texts) absl::StrAppend(&out, out.size() > 1 ? ", " : "", Show(text));
  return out + "]";
}

std::string Show(const std::vector<Modifier>& modifiers) {
  constexpr const char* kNames[] = {" :lower",      " :upper",         " :lowerfirst",
                                    " :upperfirst", " :quotewildcard", " :quoteregex",
                                    " :encodeurl",  " :length"};
  std::string out;
  for (const Modifier modifier : modifiers) out += kNames[static_cast<size_t>(modifier)];
  return out;
}

std::string Show(const Match& match) {
  constexpr const char* kTypes[] = {" :is",     " :contains", " :matches", " :regex", " :prefix",
                                    " :suffix", " :value",    " :count",   " :list"};
  constexpr const char* kRelations[] = {" gt", " ge", " lt", " le", " eq", " ne"};
  constexpr const char* kCollations[] = {"", " i;octet", " i;ascii-numeric", " i;unicode-casemap"};
  const bool related = match.type == MatchType::kValue || match.type == MatchType::kCount;
  return absl::StrCat(kTypes[static_cast<size_t>(match.type)],
                      related ? kRelations[static_cast<size_t>(match.relation)] : "",
                      kCollations[static_cast<size_t>(match.collation)],
                      match.captures ? " captures" : "");
}

std::string Show(const Keys& keys) {
  std::string out = absl::StrCat(" ", Show(keys.texts));
  for (const auto& pattern : keys.patterns)
    if (pattern != nullptr) absl::StrAppend(&out, " /", pattern->pattern(), "/");
  return out;
}

std::string Show(const Index& index) {
  if (index.number == 0) return "";
  return absl::StrCat(" :index ", index.number, index.from_last ? " :last" : "");
}

std::string Show(const MimeScope& mime) {
  constexpr const char* kAspects[] = {"", "", " :type", " :subtype", " :contenttype", " :param "};
  if (mime.aspect == MimeAspect::kNone) return "";
  return absl::StrCat(" :mime", mime.any_child ? " :anychild" : "",
                      kAspects[static_cast<size_t>(mime.aspect)],
                      mime.parameters.empty() ? "" : Show(mime.parameters));
}

std::string Show(AddressPart part) {
  constexpr const char* kParts[] = {"", " :localpart", " :domain", " :user", " :detail"};
  return kParts[static_cast<size_t>(part)];
}

std::string Show(absl::string_view tag, const std::optional<Text>& text) {
  return text ? absl::StrCat(" :", tag, " ", Show(*text)) : "";
}
std::string Show(absl::string_view tag, bool there) { return there ? absl::StrCat(" :", tag) : ""; }
std::string Flags(const std::optional<std::vector<Text>>& flags) {
  return flags ? absl::StrCat(" :flags ", Show(*flags)) : "";
}

std::string Show(const ForeignCall& call) {
  std::string out = call.name;
  for (const ForeignCall::Argument& argument : call.arguments) {
    out += " ";
    if (!argument.tag.empty())
      absl::StrAppend(&out, ":", argument.tag);
    else
      out += argument.number ? argument.texts[0].literal() : Show(argument.texts);
  }
  return out;
}

struct ShowTest {
  std::string Keyed(absl::string_view what, const std::string& subject, const Match& match,
                    const Keys& keys) {
    return absl::StrCat(what, Show(match), subject.empty() ? "" : " ", subject, Show(keys));
  }
  std::string operator()(const HeaderTest& t) {
    return Keyed(absl::StrCat("header", Show(t.mime), Show(t.index)), Show(t.names), t.match,
                 t.keys);
  }
  std::string operator()(const AddressTest& t) {
    return Keyed(absl::StrCat("address", Show(t.mime), Show(t.index), Show(t.part)), Show(t.names),
                 t.match, t.keys);
  }
  std::string operator()(const EnvelopeTest& t) {
    return Keyed(absl::StrCat("envelope", Show(t.part)), Show(t.fields), t.match, t.keys);
  }
  std::string operator()(const CorrespondentTest& t) {
    return Keyed(t.sender ? "sender" : "recipient", "", t.match, t.keys);
  }
  std::string operator()(const ExistsTest& t) {
    return absl::StrCat("exists", Show(t.mime), " ", Show(t.names));
  }
  std::string operator()(const SizeTest& t) {
    return absl::StrCat("size ", t.over ? ":over " : ":under ", t.bytes);
  }
  std::string operator()(const BodyTest& t) {
    constexpr const char* kTransforms[] = {"body :raw", "body :content", "body :text"};
    return Keyed(kTransforms[static_cast<size_t>(t.transform)],
                 t.content_types.empty() ? "" : Show(t.content_types), t.match, t.keys);
  }
  std::string operator()(const StringTest& t) {
    return Keyed("string", Show(t.sources), t.match, t.keys);
  }
  std::string operator()(const DateTest& t) {
    return Keyed(absl::StrCat(t.header ? "date" : "currentdate", Show(t.index),
                              Show("zone", t.zone), Show("originalzone", t.original_zone)),
                 absl::StrCat(t.header ? Show(*t.header) : "", t.header ? " " : "", Show(t.part)),
                 t.match, t.keys);
  }
  std::string operator()(const FlagTest& t) {
    return Keyed("hasflag", t.variables.empty() ? "" : Show(t.variables), t.match, t.keys);
  }
  std::string operator()(const EnvironmentTest& t) {
    return Keyed("environment", Show(t.item), t.match, t.keys);
  }
  std::string operator()(const MailboxTest& t) {
    constexpr const char* kAspects[] = {"mailboxexists", "metadata", "servermetadata",
                                        "specialuse_exists", "mailboxidexists"};
    return absl::StrCat(kAspects[static_cast<size_t>(t.aspect)],
                        t.mailboxes.empty() ? "" : absl::StrCat(" ", Show(t.mailboxes)),
                        t.annotation.pieces.empty() ? "" : absl::StrCat(" ", Show(t.annotation)),
                        t.keys.texts.empty() ? "" : absl::StrCat(Show(t.match), Show(t.keys)));
  }
  std::string operator()(const DuplicateTest& t) {
    return absl::StrCat("duplicate", Show("handle", t.handle), Show("header", t.header),
                        Show("uniqueid", t.unique_id), " :seconds ", t.seconds,
                        Show("last", t.last));
  }
  std::string operator()(const NotifyTest& t) {
    if (t.aspect == NotifyAspect::kValid)
      return absl::StrCat("valid_notify_method ", Show(t.methods));
    return Keyed("notify_method_capability", absl::StrCat(Show(t.methods), " ", Show(t.capability)),
                 t.match, t.keys);
  }
  std::string operator()(const ListTest& t) {
    return absl::StrCat("valid_ext_list ", Show(t.lists));
  }
  std::string operator()(const VerdictTest& t) {
    constexpr const char* kKinds[] = {"spamtest", "spamtest :percent", "virustest"};
    return Keyed(kKinds[static_cast<size_t>(t.kind)], "", t.match, t.keys);
  }
  std::string operator()(const AttachmentTest& t) {
    return absl::StrCat("attachment", Show("name", t.name));
  }
  std::string operator()(const ExitCodeTest& t) {
    return absl::StrCat("exitcode ", t.run, " ", t.code);
  }
  std::string operator()(const ForeignCall& t) { return Show(t); }
};

struct ShowStatement {
  std::string operator()(const SetVariable& s) {
    return absl::StrCat("set v", s.slot, Show(s.modifiers), " ", Show(s.value));
  }
  std::string operator()(const ChangeFlags& s) {
    constexpr const char* kChanges[] = {"setflag", "addflag", "removeflag"};
    return absl::StrCat(kChanges[static_cast<size_t>(s.change)],
                        s.variable ? absl::StrCat(" v", *s.variable) : "", " ", Show(s.flags));
  }
  std::string operator()(const Keep& s) { return absl::StrCat("keep", Flags(s.flags)); }
  std::string operator()(const Discard&) { return "discard"; }
  std::string operator()(const FileInto& s) {
    return absl::StrCat("fileinto", Show("copy", s.copy), Show("create", s.create),
                        Show("specialuse", s.special_use), Show("mailboxid", s.mailbox_id),
                        Flags(s.flags), " ", Show(s.mailbox));
  }
  std::string operator()(const Redirect& s) {
    return absl::StrCat("redirect", Show("copy", s.copy), Show("list", s.list),
                        Show("headers-only", s.headers_only), Show("notify", s.notify),
                        Show("ret", s.ret), " ", Show(s.address));
  }
  std::string operator()(const Reject& s) {
    return absl::StrCat(s.extended ? "ereject " : "reject ", Show(s.reason));
  }
  std::string operator()(const Vacation& s) {
    return absl::StrCat(
        "vacation :seconds ", s.seconds, Show("subject", s.subject), Show("from", s.from),
        s.addresses.empty() ? "" : absl::StrCat(" :addresses ", Show(s.addresses)),
        Show("mime", s.mime), Show("handle", s.handle), Show("fcc", s.fcc), " ", Show(s.reason));
  }
  std::string operator()(const Reply& s) {
    return absl::StrCat(
        "reply :seconds ", s.seconds, " :handle \"", absl::Utf8SafeCEscape(s.handle), "\"",
        s.file_name.empty() ? ""
                            : absl::StrCat(" :file \"", absl::Utf8SafeCEscape(s.file_name), "\""),
        s.run ? absl::StrCat(" :run ", *s.run) : "", " ", Show(s.text));
  }
  std::string operator()(const Notify& s) {
    return absl::StrCat("notify :importance ", std::string(1, s.importance), Show("from", s.from),
                        Show("message", s.message), Show("fcc", s.fcc),
                        s.options.empty() ? "" : absl::StrCat(" :options ", Show(s.options)), " ",
                        Show(s.method));
  }
  std::string operator()(const Deliver& s) {
    constexpr const char* kForms[] = {"full", "headers", "digest", "none"};
    return absl::StrCat("deliver ", kForms[static_cast<size_t>(s.form)],
                        s.to.empty() ? "" : absl::StrCat(" :to ", Show(s.to)));
  }
  std::string operator()(const Hold& s) { return absl::StrCat("hold ", Show(s.until)); }
  std::string operator()(const Quarantine& s) {
    return absl::StrCat("quarantine ", Show(s.reason));
  }
  std::string operator()(const RunProgram& s) {
    return absl::StrCat("exec ", s.id, " \"", absl::Utf8SafeCEscape(s.program), "\"",
                        s.seconds == 0 ? "" : absl::StrCat(" :seconds ", s.seconds));
  }
  std::string operator()(const AddHeader& s) {
    return absl::StrCat("addheader", Show("last", s.last), " ", Show(s.name), " ", Show(s.value));
  }
  std::string operator()(const DeleteHeader& s) {
    return absl::StrCat("deleteheader", Show(s.index), s.keys.texts.empty() ? "" : Show(s.match),
                        " ", Show(s.name), s.keys.texts.empty() ? "" : Show(s.keys));
  }
  std::string operator()(const ChangeBody& s) {
    constexpr const char* kChanges[] = {"append_text", "replace_text", "replace_header",
                                        "strip_attachments", "strip_signature"};
    return absl::StrCat(kChanges[static_cast<size_t>(s.change)],
                        s.header.empty() ? "" : absl::StrCat(" :header ", s.header),
                        s.pattern == nullptr ? "" : absl::StrCat(" /", s.pattern->pattern(), "/"),
                        " ", Show(s.text));
  }
  std::string operator()(const ExtractText& s) {
    return absl::StrCat("extracttext", Show(s.modifiers), " :first ", s.first, " v", s.slot);
  }
  std::string operator()(const Note& s) {
    return absl::StrCat("log",
                        s.file_name.empty()
                            ? ""
                            : absl::StrCat(" :file \"", absl::Utf8SafeCEscape(s.file_name), "\""),
                        " ", Show(s.text));
  }
  std::string operator()(const Fail& s) { return absl::StrCat("error ", Show(s.message)); }
  std::string operator()(const ForeignCall& s) { return Show(s); }
};

std::string Show(const Instruction& step, const Program& program) {
  constexpr const char* kNames[] = {
      "test ", "true",  "false",  "not",  "jump ",      "jump-if-true ", "jump-if-false ",
      "do ",   "call ", "return", "stop", "each-part ", "next-part ",    "break "};
  const std::string name = kNames[static_cast<size_t>(step.op)];
  switch (step.op) {
    case Op::kTest:
      return absl::StrCat(name, std::visit(ShowTest(), program.tests[step.operand]));
    case Op::kDo:
      return absl::StrCat(name, std::visit(ShowStatement(), program.statements[step.operand]));
    case Op::kCall:
      return absl::StrCat(name, step.depth > 0 ? ":once " : "", program.units[step.operand].name,
                          " ", program.units[step.operand].begin);
    case Op::kBreak:
      return absl::StrCat(name, int{step.depth}, " ", step.operand);
    case Op::kJump:
    case Op::kJumpIfTrue:
    case Op::kJumpIfFalse:
    case Op::kEachPart:
    case Op::kNextPart:
      return absl::StrCat(name, step.operand);
    default:
      return name;
  }
}

}  // namespace

std::string Listing(const Program& program) {
  std::string out;
  for (size_t i = 0; i < program.variables.size(); ++i)
    absl::StrAppend(&out, "v", i, ": ", program.variables[i].global ? "global " : "",
                    program.variables[i].name, "\n");
  for (const RuleSpan& rule : program.rules)
    absl::StrAppend(&out, "rule ", rule.begin, "-", rule.end, " line ", rule.line,
                    rule.name.empty() ? "" : " ", rule.name, "\n");
  for (size_t i = 0; i < program.code.size(); ++i)
    absl::StrAppend(&out, i, ": ", Show(program.code[i], program), "\n");
  return out;
}

}  // namespace postern::rules
