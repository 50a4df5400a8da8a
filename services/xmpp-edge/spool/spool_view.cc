#include "services/xmpp-edge/spool/spool_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kWork = ".work.";
constexpr size_t kMaxNameBytes = 128, kMaxDigits = 32;  // a worker's name fits behind them

bool IsStem(absl::string_view stem) {
  return absl::ConsumePrefix(&stem, "im-") && !stem.empty() && stem.size() <= kMaxDigits &&
         std::all_of(stem.begin(), stem.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

}  // namespace

std::optional<SpoolName> ReadSpoolName(absl::string_view file_name) {
  if (file_name.size() > kMaxNameBytes) return std::nullopt;
  SpoolName name;
  const std::string lower = absl::AsciiStrToLower(file_name);
  const size_t dot = lower.find('.');
  if (dot == lower.npos || !IsStem(absl::string_view(lower).substr(0, dot))) return std::nullopt;
  name.stem = lower.substr(0, dot);
  const absl::string_view ending = absl::string_view(lower).substr(dot);
  name.file = std::string(file_name.substr(0, dot + 4));
  if (ending == ".lck") {
    name.kind = SpoolName::Kind::kLock;
  } else if (absl::StartsWith(ending, absl::StrCat(".sem", kWork))) {
    name.kind = SpoolName::Kind::kWork;
    name.worker = std::string(file_name.substr(dot + 4 + kWork.size()));
    if (name.worker.empty()) return std::nullopt;
  } else if (ending != ".sem") {
    return std::nullopt;
  }
  return name;
}

std::string WorkName(absl::string_view file, absl::string_view worker) {
  return absl::StrCat(file, kWork, worker);
}

std::set<std::string> SpoolView::LockedStems(const std::vector<SpoolFile>& files,
                                             std::chrono::nanoseconds now, Sight& sight) {
  std::set<std::string> locked, stale;
  for (const SpoolFile& file : files) {
    const auto name = ReadSpoolName(file.name);
    if (!name || name->kind != SpoolName::Kind::kLock) continue;
    if (now - std::chrono::nanoseconds(file.written_ns) > kStaleLock) {
      stale.insert(file.name);
      if (!told_.contains(file.name)) sight.stale_locks.push_back(file.name);
      if (pass_stale_locks_) continue;
    }
    locked.insert(name->stem);
  }
  told_ = std::move(stale);
  return locked;
}

SpoolView::Seen SpoolView::Remembered(const SpoolFile& file, int64_t stamp,
                                      std::chrono::nanoseconds ticks) const {
  Seen seen{file.inode, file.size, stamp, ticks};
  const auto found = seen_.find(file.name);
  if (found == seen_.end() || found->second.inode != seen.inode) return seen;
  const Seen& before = found->second;
  seen.unlocked = before.unlocked;
  if (before.size == seen.size && before.stamp == seen.stamp) seen.since = before.since;
  return seen;
}

bool SpoolView::IsReady(const SpoolFile& file, const Seen& seen, std::chrono::nanoseconds now,
                        std::chrono::nanoseconds ticks) {
  if (seen.unlocked) return true;
  // Clocks of file servers go differently: a file of the future is as old as we know it.
  const auto age = now - std::chrono::nanoseconds(file.written_ns);
  const bool old = age >= kSettled || age < std::chrono::nanoseconds(0);
  return old && ticks - seen.since >= kSettled;
}

SpoolView::Sight SpoolView::Look(const std::vector<SpoolFile>& files, std::chrono::nanoseconds now,
                                 std::chrono::nanoseconds ticks) {
  Sight sight;
  std::set<std::string> locked = LockedStems(files, now, sight);
  Memory after;
  for (const SpoolFile& file : files) {
    const auto name = ReadSpoolName(file.name);
    if (!name || name->kind == SpoolName::Kind::kLock) continue;
    if (name->kind == SpoolName::Kind::kWork) {
      if (name->worker == worker_) continue;
      const Seen seen = after[file.name] = Remembered(file, file.touched_ns, ticks);
      if (ticks - seen.since >= kAbandoned) sight.abandoned.push_back(file);
      continue;
    }
    Seen& seen = after[file.name] = Remembered(file, file.written_ns, ticks);
    const bool holds = locked.contains(name->stem);
    seen.unlocked = !holds && (seen.unlocked || locked_.contains(name->stem));
    if (!holds && IsReady(file, seen, now, ticks)) sight.ready.push_back(file);
  }
  locked_ = std::move(locked);
  seen_ = std::move(after);
  const auto as_written = [](const SpoolFile& a, const SpoolFile& b) {
    return std::tie(a.written_ns, a.name) < std::tie(b.written_ns, b.name);
  };
  std::sort(sight.ready.begin(), sight.ready.end(), as_written);
  std::sort(sight.abandoned.begin(), sight.abandoned.end(), as_written);
  return sight;
}

}  // namespace postern::xmpp_edge
