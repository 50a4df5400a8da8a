#include "services/rules/folder/jsmail_folder.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "lib/crypto/digest.h"
#include "lib/mail/utf8.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/rules/folder/watched_file.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/installation.h"
#include "services/rules/programs/program_key.h"

namespace postern::rules {
namespace {

using crypto::FileKind;

constexpr std::chrono::seconds kLookEvery{1};
constexpr size_t kMaxListed = 1000;           // of many finger files not all
constexpr size_t kMaxListedSource = 1 << 20;  // an answer has to fit into a gRPC message

auto& rejected = metrics::Counter("postern_rules_files_rejected_total",
                                  "Files of --jsmail-dir that could not be put in force");
auto& in_force =
    metrics::Gauge("postern_rules_files_in_force", "Files of --jsmail-dir that are in force");

v1::RuleLanguage LanguageOf(FileKind kind) {
  switch (kind) {
    case FileKind::kReject:
      return v1::RULE_LANGUAGE_JSMAIL_REJECT;
    case FileKind::kAllowDeny:
      return v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY;
    case FileKind::kResponders:
      return v1::RULE_LANGUAGE_JSMAIL_RESPONDERS;
    case FileKind::kSubject:
      return v1::RULE_LANGUAGE_JSMAIL_SUBJECT;
    case FileKind::kFinger:
      return v1::RULE_LANGUAGE_JSMAIL_FINGER;
    default:
      return v1::RULE_LANGUAGE_UNSPECIFIED;  // other services read these
  }
}

// Whose "fred.fgr" is, or "fred.fgr.jsm", the same sealed.
std::string FingerUserOf(absl::string_view name) {
  if (absl::EndsWithIgnoreCase(name, ".jsm")) name.remove_suffix(4);
  return jsmail::FingerUser(name).value_or("");
}

}  // namespace

net::Task<void> JsmailFolder::Watch() {
  if (options_.path.empty()) co_return;
  for (;;) {
    co_await net::Sleep(kLookEvery);
    co_await Look();
  }
}

net::Task<void> JsmailFolder::Look() {
  if (options_.path.empty()) co_return;
  auto names = Names();
  const std::string problem(names.status().message());
  if (problem != folder_problem_ && !problem.empty()) {
    rejected.Increment();
    log::Error("the folder of JSMail's files can't be read; what it held before is in force",
               {{"error", problem}});
  }
  folder_problem_ = problem;
  if (!names.ok()) co_return;
  std::vector<std::string> gone;
  for (const auto& [name, entry] : entries_) {
    if (!names->contains(name)) gone.push_back(name);
  }
  for (const std::string& name : gone) Forget(name);
  for (const auto& [name, kind] : *names) {
    Entry& entry = entries_[name];
    entry.kind = kind;
    if (SignatureOf(name, entry) != entry.signature) co_await Load(name);
  }
  size_t count = 0;
  for (const auto& [name, entry] : entries_) count += entry.listed.scope().empty() ? 0 : 1;
  in_force.Set(static_cast<double>(count));
}

absl::StatusOr<std::map<std::string, FileKind>> JsmailFolder::Names() {
  std::error_code failed;
  std::map<std::string, FileKind> names;
  for (std::filesystem::directory_iterator found(options_.path, failed), end;
       !failed && found != end; found.increment(failed)) {
    std::error_code none;
    if (!found->is_regular_file(none)) continue;  // a ConfigMap's symlinks are followed
    const std::string name = found->path().filename().string();
    const auto kind = jsmail::KindOfFile(name);
    if (!kind) continue;
    if (LanguageOf(*kind) == v1::RULE_LANGUAGE_UNSPECIFIED) {
      if (passed_over_.insert(name).second) {
        log::Info("a file of JSMail is none of the rules service's",
                  {{"file", name}, {"kind", jsmail::NameOfKind(*kind)}});
      }
      continue;
    }
    names.emplace(name, *kind);
    if (names.size() > kMaxFiles) {
      return absl::InvalidArgumentError(
          absl::StrCat(options_.path, ": more than ", kMaxFiles, " files of rules"));
    }
  }
  if (failed) return absl::NotFoundError(absl::StrCat(options_.path, ": ", failed.message()));
  return names;
}

// Few files are read each time, for their hash tells best; of many, finger files and texts, it is
// looked when they were written.
std::string JsmailFolder::SignatureOf(const std::string& name, const Entry& entry) const {
  const std::string path = absl::StrCat(options_.path, "/", name);
  if (entry.kind == FileKind::kFinger) return StampOf(path);
  auto bytes = BytesOf(path, name, kMaxFileBytes);
  std::string signature = bytes.ok() ? crypto::Sha256Hex(*bytes) : StampOf(path);
  if (bytes.ok()) crypto::Wipe(*bytes);
  for (const std::string& text : entry.texts) {
    absl::StrAppend(&signature, " ", StampOf(absl::StrCat(options_.path, "/", text)));
  }
  return signature;
}

net::Task<void> JsmailFolder::Load(std::string name) {
  Entry& entry = entries_[name];
  auto source = Read(name, entry);
  entry.signature = SignatureOf(name, entry);
  // Two files of one kind: the first by name is the one.
  for (const auto& [other, its] : entries_) {
    if (other >= name) break;
    if (its.kind == entry.kind && entry.kind != FileKind::kFinger && source.ok()) {
      source = absl::InvalidArgumentError(
          absl::StrCat(name, ": ", other, " is a file of the same kind, and counts"));
    }
  }
  if (!source.ok()) {
    Refuse(name, source.status().message());
    co_return;
  }
  std::vector<ProgramSource> sources;
  sources.push_back(*source);
  auto compiled = co_await compiler_.Compile(std::move(sources));
  if (!entries_.contains(name)) co_return;  // it went meanwhile
  const absl::Status error = compiled.at(0).error();
  if (error.ok()) {
    Adopt(name, *source, std::move(compiled[0]));
  } else {
    Refuse(name, error.message());
  }
}

// As UTF-8, opened, and responders along with their texts.
absl::StatusOr<ProgramSource> JsmailFolder::Read(const std::string& name, Entry& entry) const {
  auto bytes = BytesOf(absl::StrCat(options_.path, "/", name), name, kMaxFileBytes);
  if (!bytes.ok()) return bytes.status();
  std::optional<crypto::SecretBox> keys;
  if (crypto::IsSealedFile(*bytes) && !options_.key_file.empty()) {
    auto box = crypto::SecretBox::FromFile(options_.key_file);
    if (!box.ok()) return box.status();
    keys = *std::move(box);
  }
  auto opened = jsmail::OpenFile(*std::move(bytes), name, keys ? &*keys : nullptr, entry.kind);
  if (!opened.ok()) return opened.status();
  ProgramSource source;
  source.language = LanguageOf(entry.kind);
  source.file_name = Utf8Of(name);
  source.operator_rule = true;
  source.local_domain = options_.user_domain;
  source.text = Utf8Of(opened->text.Reveal());
  if (entry.kind != FileKind::kResponders) return source;
  entry.texts = jsmail::TextsWanted(source.text);
  for (const std::string& text : entry.texts) {
    auto reply = BytesOf(absl::StrCat(options_.path, "/", text), text, kMaxFileBytes);
    if (!reply.ok()) continue;
    absl::StrAppend(&source.text, "\n", jsmail::EmbeddedText(text, Utf8Of(*reply)));
  }
  return source;
}

void JsmailFolder::Adopt(const std::string& name, const ProgramSource& source,
                         CompiledSource compiled) {
  Entry& entry = entries_[name];
  if (entry.kind != FileKind::kFinger) TakeTheOthersOut(name, entry.kind);
  entry.problem.clear();
  entry.program = std::move(compiled.program);
  entry.listed.Clear();
  entry.listed.set_scope(kSiteScope);
  entry.listed.set_language(source.language);
  entry.listed.set_file_name(source.file_name);
  entry.listed.set_source(source.text);
  entry.listed.set_program_hash(compiled.hash);
  entry.listed.set_imported_unix(absl::ToUnixSeconds(absl::Now()));
  entry.listed.set_active(true);
  entry.listed.set_from_folder(true);
  if (entry.kind == FileKind::kAllowDeny)
    acl_ = jsmail::Acl::Read(source.text, source.file_name, jsmail::kOneService).acl;
  if (entry.kind == FileKind::kFinger) {
    entry.listed.set_name(FingerUserOf(source.file_name));
    fingers_.Put(entry.listed.name(), jsmail::ParseFinger(source.text, source.file_name).finger);
  }
  for (const std::string& warning : compiled.warnings()) {
    log::Warn("a rule may not be what was meant", {{"at", warning}});
  }
  log::Info("a file of rules is in force",
            {{"file", name}, {"rules", compiled.rules}, {"hash", compiled.hash}});
}

// Of a kind the first by name counts; one that was there before it is refused when it is looked at
// next, which is now.
void JsmailFolder::TakeTheOthersOut(const std::string& name, FileKind kind) {
  for (auto& [other, its] : entries_) {
    if (other == name || its.kind != kind || its.listed.scope().empty()) continue;
    its.signature.clear();
    its.program.reset();
    its.listed.Clear();
  }
}

void JsmailFolder::Refuse(const std::string& name, absl::string_view problem) {
  entries_[name].problem = Utf8Of(std::string(problem));
  rejected.Increment();
  log::Error("a file of rules can't be used; what it said before stays in force",
             {{"file", name}, {"error", problem}});
}

void JsmailFolder::Forget(const std::string& name) {
  const Entry& entry = entries_[name];
  const bool was_in_force = !entry.listed.scope().empty();
  if (was_in_force && entry.kind == FileKind::kAllowDeny) acl_.reset();
  if (was_in_force && entry.kind == FileKind::kFinger) fingers_.Remove(entry.listed.name());
  entries_.erase(name);
  log::Info("a file of rules is gone", {{"file", name}});
  // One that had to give way to it may have its turn.
  for (auto& [other, its] : entries_) {
    if (!its.problem.empty()) its.signature.clear();
  }
}

PreparedProgramPtr JsmailFolder::Find(v1::RuleLanguage language) const {
  for (const auto& [name, entry] : entries_) {
    if (entry.program && entry.listed.language() == language) return entry.program;
  }
  return nullptr;
}

std::vector<std::string> JsmailFolder::Problems() const {
  std::vector<std::string> problems;
  if (!folder_problem_.empty()) problems.push_back(folder_problem_);
  for (const auto& [name, entry] : entries_) {
    for (const absl::string_view line : absl::StrSplit(entry.problem, '\n', absl::SkipEmpty())) {
      problems.emplace_back(line);
    }
  }
  return problems;
}

void JsmailFolder::AddTo(bool with_source, v1::ListRulesResponse& response) const {
  size_t listed = 0, sources = 0;
  for (const auto& [name, entry] : entries_) {
    if (entry.listed.scope().empty()) continue;
    if (++listed > kMaxListed) break;
    for (v1::RuleProgram& other : *response.mutable_programs()) {
      const bool gives_way = other.scope() == kSiteScope && !other.from_folder() &&
                             other.language() == entry.listed.language() &&
                             other.name() == entry.listed.name() && other.active();
      if (gives_way) other.set_active(false);
    }
    v1::RuleProgram& shown = *response.add_programs();
    shown = entry.listed;
    sources += shown.source().size();
    if (!with_source || sources > kMaxListedSource) shown.clear_source();
  }
  for (const std::string& problem : Problems()) response.add_problems(problem);
}

}  // namespace postern::rules
