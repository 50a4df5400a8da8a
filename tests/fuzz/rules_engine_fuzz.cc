// A script made from the first bytes over a mail made of the others: whatever both are, what comes
// out is the same whether rules are left out or all are asked, nothing is lost without a rule that
// says so, and the work stays within its limit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/engine/words.h"
#include "services/rules/sieve/compile.h"

namespace {

using namespace postern::rules;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Chooses by the bytes, and the first of all choices when there are no more.
class Writer {
 public:
  explicit Writer(absl::string_view bytes) : bytes_(bytes) {}

  std::string Script() {
    std::string script =
        "require "
        "[\"fileinto\",\"body\",\"regex\",\"envelope\",\"relational\",\"editheader\",\"copy\","
        "\"variables\",\"subaddress\",\"imap4flags\",\"date\",\"index\",\"mime\",\"foreverypart\","
        "\"extracttext\",\"duplicate\",\"reject\",\"vacation\",\"enotify\"];\n";
    while (!bytes_.empty() && script.size() < 4000) {
      const size_t kind = Below(8);
      if (kind == 0) {
        absl::StrAppend(&script, "foreverypart { ", Rule(1), " }\n");
      } else {
        absl::StrAppend(&script, Rule(kind > 5 ? 2 : 1), "\n");
      }
    }
    return script;
  }

 private:
  size_t Below(size_t end) {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value % end;
  }
  template <size_t N>
  std::string OneOf(const char* const (&choices)[N]) {
    return choices[Below(N)];
  }
  std::string Name() { return OneOf({"subject", "from", "to", "x", "content-type", "received"}); }
  std::string Key() {
    return OneOf({"a", "ab", "", "A@b.c", "b.c", "*a?b*", "?", "[a-b]+c", "a.*b", "${v}", "${1}",
                  "text", "\xC3\xA9", "\\\\*", "0", "k"});
  }
  std::string Match() {
    return OneOf({":is", ":contains", ":matches", ":regex", ":count \"ge\"", ":value \"lt\""});
  }
  std::string Test(int depth) {
    switch (Below(depth > 0 ? 14 : 10)) {
      case 0:
        return absl::StrCat("header ", Match(), " \"", Name(), "\" [\"", Key(), "\",\"", Key(),
                            "\"]");
      case 1:
        return absl::StrCat("address ", OneOf({":all ", ":domain ", ":user ", ":detail "}), Match(),
                            " \"from\" \"", Key(), "\"");
      case 2:
        return absl::StrCat("body ", OneOf({":text ", ":raw ", ":content \"text\" "}), Match(),
                            " \"", Key(), "\"");
      case 3:
        return absl::StrCat("envelope ", Match(), " \"", OneOf({"from", "to"}), "\" \"", Key(),
                            "\"");
      case 4:
        return absl::StrCat("exists \"", Name(), "\"");
      case 5:
        return absl::StrCat("size :over ", OneOf({"1", "100", "1K"}));
      case 6:
        return absl::StrCat("string ", Match(), " \"${v}${1}\" \"", Key(), "\"");
      case 7:
        return absl::StrCat("hasflag \"", OneOf({"f", "g"}), "\"");
      case 8:
        return absl::StrCat("header :mime :anychild ",
                            OneOf({":type ", ":subtype ", ":contenttype ", ""}), Match(),
                            " \"content-type\" \"", Key(), "\"");
      case 9:
        return absl::StrCat("header :index ", OneOf({"1", "2 :last"}), " ", Match(), " \"", Name(),
                            "\" \"", Key(), "\"");
      case 10:
        return absl::StrCat("not ", Test(depth - 1));
      case 11:
        return absl::StrCat("allof(", Test(depth - 1), ",", Test(depth - 1), ")");
      case 12:
        return absl::StrCat("date :originalzone \"date\" \"hour\" \"", Key(), "\"");
      default:
        return absl::StrCat("anyof(", Test(depth - 1), ",", Test(depth - 1), ")");
    }
  }
  std::string Action() {
    return OneOf({"keep;", "fileinto \"${v}a\";", "set :lower \"v\" \"${1}x\";", "stop;",
                  "discard;", "addheader \"X\" \"a ${v}\";", "deleteheader \"subject\";",
                  "addflag \"f\";", "removeflag [\"f\",\"g h\"];", "redirect \"a@b.c\";",
                  "fileinto :copy \"C\";", "reject \"no\";", "vacation \"away\";",
                  "notify \"xmpp:a@b.c\";"});
  }
  std::string Rule(int depth) {
    std::string rule = absl::StrCat("if ", Test(depth), " { ", Action(), " ", Action(), " }");
    if (Below(3) == 0) absl::StrAppend(&rule, " elsif ", Test(1), " { ", Action(), " }");
    if (Below(4) == 0) absl::StrAppend(&rule, " else { ", Action(), " }");
    return rule;
  }

  absl::string_view bytes_;
};

std::string Told(const Evaluation& evaluation) {
  std::string told;
  for (const Action& action : evaluation.actions)
    absl::StrAppend(&told, InWords(action.kind), "\n");
  absl::StrAppend(&told, evaluation.edits.size(), evaluation.error ? " error" : "");
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t middle = std::min(input.find('\n'), input.size());
  const absl::string_view mail = input.substr(std::min(middle + 1, input.size()));
  const Compiled compiled = sieve::Compile(Writer(input.substr(0, middle)).Script(), {});
  if (compiled.program == nullptr) return 0;  // ":regex" with what is no expression
  const PreparedProgram program(compiled.program);
  Facts facts;
  facts.recipients = {"ann@b.c"};
  facts.envelope_from = "a@b.c";
  facts.now = absl::FromUnixSeconds(1'767'610'800);
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  limits.steps = 1'000'000;
  MessageView view(mail);
  const Evaluation relevant = Evaluate(program, view, facts, limits);
  Require(relevant.work <= limits.steps + 1);
  Require(!relevant.actions.empty());
  Require(!relevant.error || relevant.kept);
  limits.trace = true;
  Require(Told(relevant) == Told(Evaluate(program, view, facts, limits)));
  return 0;
}
