#include "services/rules/programs/stored_programs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/rules/programs/program_scripts.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

constexpr auto kPollEvery = 500ms;
constexpr size_t kLoadedAtOnce = 16;  // of up to 256 KiB each
constexpr int kRemovals = 3;

prometheus::Gauge& ProgramsGauge() {
  static auto& gauge = metrics::Gauge("postern_rules_programs", "Stored rule programs");
  return gauge;
}

absl::Status Refusal(absl::string_view word) {
  if (word == "missing") return absl::NotFoundError("name: there is no such script");
  if (word == "there") return absl::AlreadyExistsError("name: there is a script of that name");
  if (word == "active")
    return absl::FailedPreconditionError(
        "name: it is in force; deactivate it first, or activate another one");
  if (word == "changed")
    return absl::AbortedError("the rules have changed meanwhile; read them anew");
  if (word == "programs") {
    return absl::ResourceExhaustedError(absl::StrCat("there are ", StoredPrograms::kMaxPrograms,
                                                     " rule programs already; remove some first"));
  }
  if (word == "bytes") {
    return absl::ResourceExhaustedError(
        absl::StrCat("all rule programs together would be larger than ",
                     StoredPrograms::kMaxBytes >> 20, " MiB"));
  }
  return absl::OkStatus();
}

ActiveScript ReadActive(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('\n', 1));
  return {std::string(parts.first), std::string(parts.second)};
}

ProgramKey KeyOf(const v1::RuleProgram& program) {
  return {program.scope(), program.language(), program.name()};
}

std::vector<std::string> StoreKeys() {
  return {kProgramsKey, kRevisionsKey, kRevisionKey, kBytesKey, kActiveKey};
}

}  // namespace

ProgramChange& ProgramChange::Add(std::string step, std::string field, std::string value) {
  steps_.push_back(std::move(step));
  steps_.push_back(std::move(field));
  steps_.push_back(std::move(value));
  return *this;
}
ProgramChange& ProgramChange::IfThere(const ProgramKey& key) {
  return Add("if-there", FieldOf(key), "");
}
ProgramChange& ProgramChange::IfAbsent(const ProgramKey& key) {
  return Add("if-absent", FieldOf(key), "");
}
ProgramChange& ProgramChange::IfInactive(const ProgramKey& key) {
  return Add("if-inactive", key.scope, key.name);
}
ProgramChange& ProgramChange::IfRevision(const ProgramKey& key, const std::string& revision) {
  return Add("if-revision", FieldOf(key), revision);
}
ProgramChange& ProgramChange::Put(const v1::RuleProgram& program) {
  return Add("put", FieldOf(KeyOf(program)), program.SerializeAsString());
}
ProgramChange& ProgramChange::Remove(const ProgramKey& key) {
  return Add("remove", FieldOf(key), "");
}
ProgramChange& ProgramChange::Activate(const std::string& scope, const ActiveScript& script) {
  const std::string suspended =
      script.suspended.empty() ? "" : absl::StrCat("\n", script.suspended);
  return Add("activate", scope, script.name.empty() ? "" : absl::StrCat(script.name, suspended));
}

net::Task<void> StoredPrograms::KeepFresh() {
  bool reachable = true;
  for (;;) {
    const absl::Status status = co_await Refresh();
    if (!status.ok() && reachable)
      log::Warn("rules can't be read; those in memory stay in force",
                {{"error", status.message()}});
    if (status.ok() && !reachable) log::Info("rules are read again");
    reachable = status.ok();
    co_await net::Sleep(kPollEvery);
  }
}

net::Task<absl::Status> StoredPrograms::Refresh() {
  std::vector<std::string> ask = {"GET", kRevisionKey};
  auto newest = co_await redis_.Command(std::move(ask));
  if (!newest.ok()) co_return newest.status();
  if (loaded_ && newest->text == revision_) co_return absl::OkStatus();

  std::vector<std::string> list = {"HGETALL", kRevisionsKey};
  auto listed = co_await redis_.Command(std::move(list));
  if (!listed.ok()) co_return listed.status();
  Revisions revisions;
  for (size_t i = 0; i + 1 < listed->items.size(); i += 2) {
    int64_t& revision = revisions[listed->items[i].text];
    if (!absl::SimpleAtoi(listed->items[i + 1].text, &revision)) revision = 0;
  }
  // Answers come in the order of the questions, so an older listing never undoes a
  // newer one as long as nothing is awaited between the answer and this.
  Forget(revisions);
  std::vector<Wanted> wanted = Missing(revisions);
  if (absl::Status s = co_await Load(std::move(wanted)); !s.ok()) co_return s;
  revision_ = newest->text;
  loaded_ = true;
  ProgramsGauge().Set(static_cast<double>(programs_.size()));
  co_return absl::OkStatus();
}

void StoredPrograms::Forget(const Revisions& revisions) {
  std::erase_if(programs_, [&](const auto& entry) {
    const bool gone = !revisions.contains(FieldOf(entry.first));
    if (gone) Tell(entry.first.scope);
    return gone;
  });
  std::erase_if(active_, [&](const auto& entry) {
    const bool gone = !revisions.contains(ActiveFieldOf(entry.first));
    if (gone) Tell(entry.first);
    return gone;
  });
}

std::vector<StoredPrograms::Wanted> StoredPrograms::Missing(const Revisions& revisions) const {
  std::vector<Wanted> wanted;
  for (const auto& [field, revision] : revisions) {
    int64_t known = -1;
    if (const auto scope = ReadActiveField(field)) {
      if (const auto found = active_.find(*scope); found != active_.end())
        known = found->second.revision;
    } else if (const auto key = ReadField(field)) {
      if (const auto found = programs_.find(*key); found != programs_.end())
        known = found->second.revision;
    } else {
      continue;  // of a newer version
    }
    if (known < revision) wanted.push_back({field, revision});
  }
  return wanted;
}

net::Task<absl::Status> StoredPrograms::Load(std::vector<Wanted> wanted) {
  for (size_t begin = 0; begin < wanted.size(); begin += kLoadedAtOnce) {
    const size_t end = std::min(begin + kLoadedAtOnce, wanted.size());
    std::vector<std::string> args;
    for (size_t i = begin; i < end; ++i) {
      const bool active = ReadActiveField(wanted[i].field).has_value();
      args.push_back(active ? "5" : "1");  // of StoreKeys
      args.push_back(active ? *ReadActiveField(wanted[i].field) : wanted[i].field);
    }
    std::vector<std::string> keys = StoreKeys();
    auto read = co_await redis_.Run(ReadProgramsScript(), std::move(keys), std::move(args));
    if (!read.ok()) co_return read.status();
    if (read->items.size() != end - begin)
      co_return absl::InternalError("stored programs: an answer of Redis is short");
    for (size_t i = begin; i < end; ++i) Adopt(wanted[i], read->items[i - begin]);
  }
  co_return absl::OkStatus();
}

void StoredPrograms::Adopt(const Wanted& wanted, const store::Reply& bytes) {
  // Removed since it was listed; the next round sees that.
  if (bytes.text.empty()) return;
  if (const auto scope = ReadActiveField(wanted.field)) {
    Active& active = active_[*scope];
    if (active.revision >= wanted.revision) return;
    active = {wanted.revision, ReadActive(bytes.text)};
    return Tell(*scope);
  }
  const auto key = ReadField(wanted.field);
  Record& record = programs_[*key];
  if (record.revision >= wanted.revision) return;
  record.revision = wanted.revision;
  v1::RuleProgram program;
  if (!program.ParseFromString(bytes.text)) {
    log::Error("a stored rule program is damaged; the one before stays in force",
               {{"scope", key->scope}, {"name", key->name}});
    return;
  }
  // As the key says: programs of before scripts had names say less.
  program.set_scope(key->scope);
  program.set_language(key->language);
  program.set_name(key->name);
  record.program = std::move(program);
  Tell(key->scope);
}

void StoredPrograms::Tell(const std::string& scope) {
  if (changed_) changed_(scope);
}

net::Task<absl::Status> StoredPrograms::Apply(ProgramChange change) {
  std::vector<std::string> keys = StoreKeys();
  std::vector<std::string> args{absl::StrCat(absl::ToUnixMillis(absl::Now())),
                                absl::StrCat(kMaxPrograms), absl::StrCat(kMaxBytes)};
  args.insert(args.end(), change.steps().begin(), change.steps().end());
  auto answer = co_await redis_.Run(ChangeProgramsScript(), std::move(keys), std::move(args));
  if (!answer.ok()) co_return answer.status();
  if (absl::Status refused = Refusal(answer->text); !refused.ok()) co_return refused;
  co_return co_await Refresh();
}

// What another replica stored comes to light behind Refresh, and again behind Apply.
net::Task<absl::Status> StoredPrograms::RemoveAll(std::string scope) {
  for (int i = 0; i < kRemovals; ++i) {
    if (absl::Status s = co_await Refresh(); !s.ok()) co_return s;
    ProgramChange removal = RemovalOf(scope);
    if (removal.steps().empty()) co_return absl::OkStatus();
    if (absl::Status s = co_await Apply(std::move(removal)); !s.ok()) co_return s;
  }
  co_return absl::AbortedError("the rules are being changed");
}

// Those, too, that can't be read any more.
ProgramChange StoredPrograms::RemovalOf(const std::string& scope) const {
  ProgramChange removal;
  const ProgramKey first{scope, v1::RULE_LANGUAGE_UNSPECIFIED, ""};
  for (auto at = programs_.lower_bound(first); at != programs_.end(); ++at) {
    if (at->first.scope != scope) break;
    removal.Remove(at->first);
  }
  const ActiveScript none{};
  if (active_.contains(scope)) removal.Activate(scope, none);
  return removal;
}

const v1::RuleProgram* StoredPrograms::Find(const ProgramKey& key) const {
  const auto found = programs_.find(key);
  return found == programs_.end() || found->second.program.scope().empty() ? nullptr
                                                                           : &found->second.program;
}

std::vector<const v1::RuleProgram*> StoredPrograms::Of(const std::string& scope) const {
  std::vector<const v1::RuleProgram*> found;
  const ProgramKey first{scope, v1::RULE_LANGUAGE_UNSPECIFIED, ""};
  for (auto at = programs_.lower_bound(first); at != programs_.end(); ++at) {
    if (at->first.scope != scope) break;
    if (!at->second.program.scope().empty()) found.push_back(&at->second.program);
  }
  return found;
}

std::vector<v1::RuleProgram> StoredPrograms::List(const std::string& scope) const {
  std::vector<v1::RuleProgram> listed;
  for (const auto& [key, record] : programs_) {
    if ((!scope.empty() && scope != key.scope) || record.program.scope().empty()) continue;
    v1::RuleProgram& program = listed.emplace_back(record.program);
    const bool script = key.language == v1::RULE_LANGUAGE_SIEVE;
    const ActiveScript active = ActiveOf(key.scope);
    const bool chosen = !script || active.name == key.name;
    program.set_suspended(script && chosen && !active.suspended.empty() &&
                          active.suspended == program.program_hash());
    program.set_active(chosen && !program.suspended());
  }
  std::stable_partition(listed.begin(), listed.end(), [](const v1::RuleProgram& program) {
    return program.scope() == kSiteScope;
  });
  return listed;
}

ActiveScript StoredPrograms::ActiveOf(const std::string& scope) const {
  const auto found = active_.find(scope);
  return found == active_.end() ? ActiveScript() : found->second.script;
}

std::string StoredPrograms::RevisionOf(const ProgramKey& key) const {
  const auto found = programs_.find(key);
  return found == programs_.end() ? "" : absl::StrCat(found->second.revision);
}

}  // namespace postern::rules
