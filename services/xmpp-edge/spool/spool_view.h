#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Which files of a spool folder are ready, from one look at it to the next. Pure.
namespace postern::xmpp_edge {

// A file of the folder by its name: "IM-12.SEM", its lock "IM-12.LCK", and "IM-12.SEM.work.W",
// which the worker W has taken. In whatever case.
struct SpoolName {
  enum class Kind { kMessage, kLock, kWork };
  Kind kind = Kind::kMessage;
  std::string stem;    // "im-12"
  std::string file;    // "IM-12.SEM", as it stands; of work: as it stood
  std::string worker;  // of work
};
// Nothing of other names: "IM-.SEM", "XM-1.SEM", "IM-1.SEM~".
std::optional<SpoolName> ReadSpoolName(absl::string_view file_name);
// "IM-12.SEM" -> "IM-12.SEM.work.W".
std::string WorkName(absl::string_view file, absl::string_view worker);

struct SpoolFile {
  std::string name;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t written_ns = 0;  // when its content was (mtime)
  int64_t touched_ns = 0;  // when anything of it was (ctime): who holds work touches it
};

class SpoolView {
 public:
  // Without a lock that was seen, a file is left to its writer for so long after its last change.
  static constexpr std::chrono::seconds kSettled{2};
  // Whoever holds work and has not touched it for so long is gone.
  static constexpr std::chrono::seconds kAbandoned{15};
  static constexpr std::chrono::minutes kStaleLock{10};

  // `worker`: who we are. `pass_stale_locks`: a lock older than kStaleLock holds nothing.
  SpoolView(std::string worker, bool pass_stale_locks)
      : worker_(std::move(worker)), pass_stale_locks_(pass_stale_locks) {}

  struct Sight {
    std::vector<SpoolFile> ready;          // messages to be taken, as they were written
    std::vector<SpoolFile> abandoned;      // work of others who are gone
    std::vector<std::string> stale_locks;  // each told once
  };
  // `now`: by the clock that files are stamped with; `ticks`: by one that never jumps.
  Sight Look(const std::vector<SpoolFile>& files, std::chrono::nanoseconds now,
             std::chrono::nanoseconds ticks);

 private:
  struct Seen {
    uint64_t inode = 0;
    int64_t size = 0, stamp = 0;
    std::chrono::nanoseconds since{0};  // ticks; unchanged from then on
    bool unlocked = false;              // its lock was seen, and is gone
  };
  using Memory = std::map<std::string, Seen>;

  std::set<std::string> LockedStems(const std::vector<SpoolFile>& files,
                                    std::chrono::nanoseconds now, Sight& sight);
  // As it was in the look before, or new.
  Seen Remembered(const SpoolFile& file, int64_t stamp, std::chrono::nanoseconds ticks) const;
  static bool IsReady(const SpoolFile& file, const Seen& seen, std::chrono::nanoseconds now,
                      std::chrono::nanoseconds ticks);

  const std::string worker_;
  const bool pass_stale_locks_;
  Memory seen_;                   // by file name
  std::set<std::string> locked_;  // stems that had a lock in the look before
  std::set<std::string> told_;    // stale locks
};

}  // namespace postern::xmpp_edge
