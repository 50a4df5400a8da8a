#pragma once

#include <cstdint>
#include <deque>

#include "absl/time/time.h"

namespace postern::rules {

// Stops all automatic answers when they become too many for the mail that comes in: then
// something answers itself, whatever the other rules say. Pure: time comes from outside. Each
// replica counts what it judges.
class AnswerBreaker {
 public:
  void NoteMails(absl::Time now, uint32_t mails);
  void NoteAnswers(absl::Time now, uint32_t answers);
  // False from when there are more than 50 answers, and more than one for two mails, within ten
  // minutes, until ten minutes later.
  bool MayAnswer(absl::Time now);

  static constexpr absl::Duration kWindow = absl::Minutes(10);
  static constexpr uint32_t kNeverTooMany = 50;

 private:
  struct Minute {
    int64_t number = 0;
    uint64_t mails = 0, answers = 0;
  };
  Minute& At(absl::Time now);

  std::deque<Minute> minutes_;  // those of the window
  absl::Time shut_until_ = absl::InfinitePast();
};

}  // namespace postern::rules
