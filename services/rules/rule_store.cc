#include "services/rules/rule_store.h"

#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/rules/jsmail_reject.h"

namespace postern::rules {
namespace {

using namespace std::chrono_literals;

// One hash tag: a script touches them together.
constexpr char kPrograms[] = "postern:rules:{programs}";             // scope -> RuleProgram
constexpr char kRevisions[] = "postern:rules:{programs}:revisions";  // scope -> its revision
constexpr char kRevision[] = "postern:rules:{programs}:revision";    // the newest of them
constexpr char kBytes[] = "postern:rules:{programs}:bytes";          // all programs together

constexpr auto kPollEvery = 500ms;
constexpr size_t kMaxPrograms = 10'000;
constexpr size_t kMaxBytes = 64 << 20;

// Revisions are at least the time in ms: a Redis that lost its data never counts
// up to a number that a replica has seen with other programs behind it.
const store::Script& WriteScript() {
  static const store::Script script(R"lua(
    local scope, program, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
    local old = redis.call('HSTRLEN', KEYS[1], scope)
    local bytes = tonumber(redis.call('GET', KEYS[4]) or '0') + #program - old
    if #program > 0 then
      if old == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 'programs' end
      if bytes > tonumber(ARGV[5]) then return 'bytes' end
    end
    local last = tonumber(redis.call('GET', KEYS[3]) or '0')
    local revision = string.format('%.0f', math.max(last + 1, now))
    if #program > 0 then
      redis.call('HSET', KEYS[1], scope, program)
      redis.call('HSET', KEYS[2], scope, revision)
    else
      redis.call('HDEL', KEYS[1], scope)
      redis.call('HDEL', KEYS[2], scope)
    end
    redis.call('SET', KEYS[4], string.format('%.0f', bytes))
    redis.call('SET', KEYS[3], revision)
    return 'done'
  )lua");
  return script;
}

prometheus::Gauge& ProgramsGauge() {
  static auto& gauge = metrics::Gauge("postern_rules_programs", "Rule programs in force");
  return gauge;
}
prometheus::Counter& LoadFailures() {
  static auto& counter = metrics::Counter("postern_rules_load_failures_total",
                                          "Stored rule programs that could not be compiled");
  return counter;
}

absl::StatusOr<ProgramPtr> Compile(const v1::RuleProgram& stored) {
  if (stored.language() != v1::RULE_LANGUAGE_JSMAIL_REJECT)
    return absl::InvalidArgumentError("it is in a language that this version does not know");
  auto file = ParseRejectFile(stored.source(), stored.file_name());
  if (!file.ok()) return file.status();
  return std::make_shared<const Program>(std::move(file->program));
}

}  // namespace

net::Task<void> RuleStore::KeepFresh() {
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

net::Task<absl::Status> RuleStore::Refresh() {
  std::vector<std::string> ask = {"GET", kRevision};
  auto newest = co_await redis_.Command(std::move(ask));
  if (!newest.ok()) co_return newest.status();
  if (loaded_ && newest->text == revision_) co_return absl::OkStatus();

  std::vector<std::string> list = {"HGETALL", kRevisions};
  auto listed = co_await redis_.Command(std::move(list));
  if (!listed.ok()) co_return listed.status();
  std::map<std::string, int64_t> revisions;
  for (size_t i = 0; i + 1 < listed->items.size(); i += 2) {
    int64_t& revision = revisions[listed->items[i].text];
    if (!absl::SimpleAtoi(listed->items[i + 1].text, &revision)) revision = 0;
  }
  // Answers come in the order of the questions, so an older listing never undoes a
  // newer one as long as nothing is awaited between the answer and this.
  std::erase_if(entries_, [&](const auto& entry) { return !revisions.contains(entry.first); });
  for (const auto& [scope, revision] : revisions) {
    const auto known = entries_.find(scope);
    if (known != entries_.end() && known->second.revision >= revision) continue;
    if (absl::Status s = co_await Load(scope, revision); !s.ok()) co_return s;
  }
  revision_ = newest->text;
  loaded_ = true;
  ProgramsGauge().Set(static_cast<double>(entries_.size()));
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleStore::Load(std::string scope, int64_t revision) {
  std::vector<std::string> ask = {"HGET", kPrograms, scope};
  auto bytes = co_await redis_.Command(std::move(ask));
  if (!bytes.ok()) co_return bytes.status();
  // Nil: removed since it was listed; the next round sees that.
  if (!bytes->IsNil()) Adopt(scope, revision, bytes->text);
  co_return absl::OkStatus();
}

void RuleStore::Adopt(const std::string& scope, int64_t revision, const std::string& bytes) {
  Entry& entry = entries_[scope];
  if (entry.revision >= revision) return;
  entry.revision = revision;
  v1::RuleProgram stored;
  absl::StatusOr<ProgramPtr> program = absl::DataLossError("it is damaged");
  if (stored.ParseFromString(bytes)) program = Compile(stored);
  if (!program.ok()) {
    LoadFailures().Increment();
    log::Error("a stored rule program can't be used; the one before stays in force",
               {{"scope", scope}, {"error", program.status().message()}});
    return;
  }
  entry.stored = std::move(stored);
  entry.program = *std::move(program);
}

net::Task<absl::Status> RuleStore::Put(v1::RuleProgram program) {
  std::string bytes = program.SerializeAsString();
  co_return co_await Write(program.scope(), std::move(bytes));
}

net::Task<absl::Status> RuleStore::Remove(std::string scope) {
  co_return co_await Write(std::move(scope), "");
}

net::Task<absl::Status> RuleStore::Write(std::string scope, std::string bytes) {
  std::vector<std::string> keys = {kPrograms, kRevisions, kRevision, kBytes};
  std::vector<std::string> args = {std::move(scope), std::move(bytes),
                                   absl::StrCat(absl::ToUnixMillis(absl::Now())),
                                   absl::StrCat(kMaxPrograms), absl::StrCat(kMaxBytes)};
  auto answer = co_await redis_.Run(WriteScript(), std::move(keys), std::move(args));
  if (!answer.ok()) co_return answer.status();
  if (answer->text == "programs")
    co_return absl::ResourceExhaustedError(
        absl::StrCat("there are ", kMaxPrograms, " rule programs already; remove some first"));
  if (answer->text == "bytes")
    co_return absl::ResourceExhaustedError(
        absl::StrCat("all rule programs together would be larger than ", kMaxBytes >> 20, " MiB"));
  co_return co_await Refresh();
}

ProgramPtr RuleStore::Find(const std::string& scope) const {
  const auto entry = entries_.find(scope);
  return entry == entries_.end() ? nullptr : entry->second.program;
}

std::vector<v1::RuleProgram> RuleStore::List() const {
  std::vector<v1::RuleProgram> programs;
  for (const auto& [scope, entry] : entries_) {
    if (!entry.program) continue;
    programs.insert(scope == kSiteScope ? programs.begin() : programs.end(), entry.stored);
  }
  return programs;
}

}  // namespace postern::rules
