// `posternctl seal`: files with passwords in them, unreadable for whoever has no key.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/sealed_file.h"
#include "services/posternctl/new_file.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rule_check.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/rules/jsmail/installation.h"
#include "services/sender/operator_file.h"
#include "services/sender/routes/route_table.h"

namespace postern::posternctl {
namespace {

namespace jsmail = rules::jsmail;

constexpr size_t kMaxSealedBytes = (4 << 20) + 1024;
constexpr char kStandardOutput[] = "-";
constexpr char kRoutes[] = "routes";  // --kind: the sender's, which say more than JSMail's

struct Question {
  RuleFileOptions file;
  std::string kind, out;
  bool open = false;
};

absl::StatusOr<crypto::SecretBox> KeyOf(const Question& question) {
  if (question.file.key_file.empty()) {
    return absl::InvalidArgumentError(
        "--key-file: missing; 'posternctl key new' makes a key, or take the services' own");
  }
  return crypto::SecretBox::FromFile(question.file.key_file);
}

// A sealed file may be sealed anew; nothing else that is there is written over.
bool IsOurs(const std::string& path) {
  const auto there = ReadBeginning(path, 16);
  return there.ok() && crypto::IsSealedFile(there->bytes);
}

// The sender's options may allow more or less; it looks itself.
absl::Status CheckRoutes(const RuleFile& file) {
  const auto parsed = sender::ParseRoutes(file.text.Reveal(), {.allow_plaintext_auth = true});
  return sender::InFile(file.name, parsed.status());
}

absl::Status Seal(Session& session, const Question& question) {
  const auto box = KeyOf(question);
  if (!box.ok()) return box.status();
  auto there = ReadBeginning(question.file.path, 16);
  if (!there.ok()) return there.status();
  if (crypto::IsSealedFile(there->bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat(question.file.path, ": is sealed already; -d opens it"));
  }
  RuleFileOptions options = question.file;
  const bool routes = question.kind == kRoutes;
  options.language = routes ? crypto::NameOfKind(crypto::FileKind::kScheduler) : question.kind;
  auto file = ReadRuleFile(options);
  if (!file.ok()) return file.status();
  if (!file->kind.IsJsmail()) {
    return absl::InvalidArgumentError(absl::StrCat(file->name, ": is no file of JSMail, but ",
                                                   Words(file->kind), "; only those are sealed"));
  }
  const absl::Status checked = routes ? CheckRoutes(*file) : CheckRuleFile(*file, {}).status();
  if (!checked.ok()) return checked;
  const std::string out = question.out.empty() ? question.file.path + ".jsm" : question.out;
  const std::string sealed = crypto::SealFile(*box, file->kind.jsmail, file->text.Reveal());
  if (out == kStandardOutput) {
    session.out() << sealed;
    return absl::OkStatus();
  }
  if (absl::Status s = WriteNewFile(out, sealed, IsOurs(out)); !s.ok()) return s;
  PrintLine(session.out(), absl::StrCat(out, ": ", routes ? kRoutes : Words(file->kind),
                                        ", sealed. The text is still there; remove it when you "
                                        "have it elsewhere."));
  return absl::OkStatus();
}

absl::Status Open(Session& session, const Question& question) {
  const auto box = KeyOf(question);
  if (!box.ok()) return box.status();
  auto file = ReadBeginning(question.file.path, kMaxSealedBytes);
  if (!file.ok()) return file.status();
  if (!crypto::IsSealedFile(file->bytes) && !crypto::IsBinaryFile(file->bytes)) {
    return absl::InvalidArgumentError(absl::StrCat(question.file.path, ": is not sealed"));
  }
  auto opened =
      jsmail::OpenFile(std::move(file->bytes), FileNameOf(question.file.path), &*box, std::nullopt);
  if (!opened.ok()) return opened.status();
  if (!question.out.empty() && question.out != kStandardOutput) {
    return WriteNewFile(question.out, opened->text.Reveal(), /*replace=*/false);
  }
  session.out() << opened->text.Reveal();
  return absl::OkStatus();
}

}  // namespace

void AddSeal(Nouns& nouns) {
  auto question = std::make_shared<Question>();
  CLI::App& seal = nouns.AddLoneVerb(
      "seal", "Make a file with passwords unreadable without a key, or readable again",
      "What JSMC did for JSMail: scheduler, POP3 and password files, and others. The file is\n"
      "checked first. 'posternctl rules' reads sealed files with the same key, and so do the\n"
      "folder of --jsmail-dir and the sender's --routes-file (sealed with --kind routes) and\n"
      "--aliases-file (--kind passwords), with their --jsmail-key-file. The first key of the key\n"
      "file seals, all open. Files that JSMC itself made can't be read.\n\n"
      "Examples:\n  posternctl seal scheduler.txt --key-file /etc/postern/master.key\n"
      "  posternctl seal /etc/postern/routes --kind routes --key-file /etc/postern/master.key\n"
      "  posternctl seal -d scheduler.txt.jsm --key-file /etc/postern/master.key\n",
      [question](Session& session) {
        return question->open ? Open(session, *question) : Seal(session, *question);
      });
  seal.add_option("FILE", question->file.path, "the file")->required();
  seal.add_option("-o,--out", question->out,
                  "where it goes, - for standard output; with -d, else it is printed")
      ->option_text("FILE [FILE.jsm]");
  seal.add_flag("-d,--open", question->open, "open it again");
  seal.add_option("--kind", question->kind, "what the file is, where its name does not tell")
      ->option_text("KIND");
  AddKeyFileOption(seal, question->file.key_file);
  seal.parse_complete_callback([question] {
    const std::string& kind = question->kind;
    if (!kind.empty() && kind != kRoutes && !jsmail::KindNamed(kind)) {
      throw CLI::ValidationError(
          absl::StrCat("--kind: must be ", kRoutes, " or one of ", jsmail::AllKinds()));
    }
  });
}

}  // namespace postern::posternctl
