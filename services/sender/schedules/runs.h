#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/schedule/queue_trigger.h"
#include "lib/schedule/schedule.h"

namespace postern::sender {

// The runs of one schedule: mail goes while one is under way, and waits between two. A run
// begins at a time of the schedule, when enough mails wait, by an operator's word, or when a
// connection to the same host is there anyhow ("[#name]"); it ends when nothing waits any more, or
// after kLongest. Pure: the caller has the clock, which may jump.
class Runs {
 public:
  static constexpr absl::Duration kLongest = absl::Minutes(15);
  // Connections made for something else begin runs so far apart at the least.
  static constexpr absl::Duration kByOthersApart = absl::Minutes(1);

  // `dealt_with`: the schedule's last time whose run is over, as dealt_with() told it before a
  // restart; a run that was missed since is made up for, once, when it is not too old
  // (schedule::RunOwed). Nothing: the schedule is new, and owes nothing.
  Runs(schedule::Schedule schedule, std::optional<absl::Time> dealt_with, absl::Time now);

  // To be called at NextAsk, and when the number of mails has changed. `waiting`: nothing when
  // it is not known; then a run that is under way goes on. `flows`: false while something else
  // keeps the mail back (its route): the run lasts until it had its time.
  void Advance(absl::Time now, std::optional<uint64_t> waiting, bool flows = true);
  // Begins a run now.
  void Open(absl::Time now);
  // The same because of a connection to the host; false: the schedule does not say so, or
  // there was one just now.
  bool OpenByOthers(absl::Time now);

  bool open() const { return open_; }
  bool takes_any_connection() const;
  // Whether Advance should know how many mails wait.
  bool NeedsCount(absl::Time now) const;
  absl::Time NextAsk(absl::Time now) const;
  // When the next run begins by the clock; nothing when the schedule names no time.
  std::optional<absl::Time> NextRun(absl::Time now) const;
  absl::Time dealt_with() const { return dealt_with_; }

 private:
  std::optional<absl::Time> Owed(absl::Time now) const;
  void BeginWhatIsDue(absl::Time now, std::optional<uint64_t> waiting);
  void EndWhatIsOver(absl::Time now, std::optional<uint64_t> waiting);

  schedule::Schedule schedule_;
  std::vector<schedule::QueueWatch> watches_;  // of each section
  bool has_triggers_ = false;
  bool open_ = false;
  absl::Time begun_ = absl::InfinitePast();
  absl::Time dealt_with_;
  absl::Time by_others_ = absl::InfinitePast();
};

// The sections that send of an account's schedule; a schedule that can't be read, which admin
// lets nobody set, is one that never runs.
schedule::Schedule SendingSchedule(absl::string_view text, absl::string_view time_zone);

}  // namespace postern::sender
