#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/words.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxShown = 80;  // code points of one text
constexpr size_t kMaxTexts = 4;   // of a list

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Shorten(text, kMaxShown), "\"");
}

// "a", or ["a", "b"].
std::string List(const std::vector<std::string>& texts) {
  std::vector<std::string> shown;
  for (const std::string& text : texts) {
    if (shown.size() == kMaxTexts) {
      shown.push_back("…");
      break;
    }
    shown.push_back(Quoted(text));
  }
  if (texts.size() == 1) return shown[0];
  return absl::StrCat("[", absl::StrJoin(shown, ", "), "]");
}

std::string List(const std::vector<Text>& texts, const Run& run) {
  std::vector<std::string> expanded;
  for (size_t i = 0; i < texts.size() && i <= kMaxTexts; ++i)
    expanded.push_back(Expand(texts[i], run));
  return List(expanded);
}

std::string Comparison(const Match& match) {
  constexpr const char* kTypes[] = {":is",     ":contains", ":matches", ":regex", ":prefix",
                                    ":suffix", ":value",    ":count",   ":list"};
  constexpr const char* kRelations[] = {"gt", "ge", "lt", "le", "eq", "ne"};
  std::string text = kTypes[static_cast<size_t>(match.type)];
  if (match.type == MatchType::kValue || match.type == MatchType::kCount)
    absl::StrAppend(&text, " \"", kRelations[static_cast<size_t>(match.relation)], "\"");
  return text;
}

std::string Part(AddressPart part) {
  constexpr const char* kParts[] = {"", " :localpart", " :domain", " :user", " :detail"};
  return kParts[static_cast<size_t>(part)];
}

struct Teller {
  const Run& run;

  std::string Keyed(absl::string_view what, const Match& match, const std::vector<Text>& subjects,
                    const Keys& keys) {
    return absl::StrCat(what, " ", Comparison(match), " ",
                        subjects.empty() ? "" : absl::StrCat(List(subjects, run), " "),
                        List(keys.texts, run));
  }

  std::string operator()(const HeaderTest& test) {
    return Keyed(test.mime.aspect == MimeAspect::kNone ? "header" : "header :mime", test.match,
                 test.names, test.keys);
  }
  std::string operator()(const AddressTest& test) {
    return Keyed(absl::StrCat("address", Part(test.part)), test.match, test.names, test.keys);
  }
  std::string operator()(const EnvelopeTest& test) {
    return Keyed(absl::StrCat("envelope", Part(test.part)), test.match, test.fields, test.keys);
  }
  std::string operator()(const CorrespondentTest& test) {
    return Keyed(test.sender ? "sender" : "recipient", test.match, {}, test.keys);
  }
  std::string operator()(const ExistsTest& test) {
    return absl::StrCat("exists ", List(test.names, run));
  }
  std::string operator()(const SizeTest& test) {
    return absl::StrCat("size ", test.over ? ":over " : ":under ", test.bytes);
  }
  std::string operator()(const BodyTest& test) {
    constexpr const char* kTransforms[] = {"body :raw", "body :content", "body :text"};
    return Keyed(kTransforms[static_cast<size_t>(test.transform)], test.match, test.content_types,
                 test.keys);
  }
  std::string operator()(const StringTest& test) {
    return Keyed("string", test.match, test.sources, test.keys);
  }
  std::string operator()(const DateTest& test) {
    const std::string what =
        test.header ? absl::StrCat("date ", Quoted(Expand(*test.header, run))) : "currentdate";
    return Keyed(what, test.match, {test.part}, test.keys);
  }
  std::string operator()(const FlagTest& test) {
    return Keyed("hasflag", test.match, test.variables, test.keys);
  }
  std::string operator()(const EnvironmentTest& test) {
    return Keyed("environment", test.match, {test.item}, test.keys);
  }
  std::string operator()(const MailboxTest& test) {
    constexpr const char* kAspects[] = {"mailboxexists", "metadata", "servermetadata",
                                        "specialuse_exists", "mailboxidexists"};
    return absl::StrCat(kAspects[static_cast<size_t>(test.aspect)], " ", List(test.mailboxes, run));
  }
  std::string operator()(const DuplicateTest&) { return "duplicate"; }
  std::string operator()(const NotifyTest& test) {
    return test.aspect == NotifyAspect::kValid ? "valid_notify_method" : "notify_method_capability";
  }
  std::string operator()(const ListTest& test) {
    return absl::StrCat("valid_ext_list ", List(test.lists, run));
  }
  std::string operator()(const VerdictTest& test) {
    return Keyed(test.kind == VerdictKind::kVirus ? "virustest" : "spamtest", test.match, {},
                 test.keys);
  }
  std::string operator()(const AttachmentTest& test) {
    return test.name ? absl::StrCat("attachment ", Quoted(Expand(*test.name, run))) : "attachment";
  }
  std::string operator()(const ExitCodeTest& test) { return absl::StrCat("exit code ", test.code); }
  std::string operator()(const ForeignCall& call) { return call.name; }
};

}  // namespace

std::string InWords(const Test& test, const Run& run) { return std::visit(Teller{run}, test); }

}  // namespace postern::rules
