#include "services/rules/judging/answer_breaker.h"

namespace postern::rules {

AnswerBreaker::Minute& AnswerBreaker::At(absl::Time now) {
  const int64_t number = absl::ToUnixSeconds(now) / 60;
  const int64_t oldest = number - kWindow / absl::Minutes(1);
  while (!minutes_.empty() && minutes_.front().number <= oldest) minutes_.pop_front();
  if (minutes_.empty() || minutes_.back().number < number) minutes_.push_back({number, 0, 0});
  return minutes_.back();
}

void AnswerBreaker::NoteMails(absl::Time now, uint32_t mails) { At(now).mails += mails; }

void AnswerBreaker::NoteAnswers(absl::Time now, uint32_t answers) {
  At(now).answers += answers;
  uint64_t all_mails = 0, all_answers = 0;
  for (const Minute& minute : minutes_) {
    all_mails += minute.mails;
    all_answers += minute.answers;
  }
  if (all_answers > kNeverTooMany && 2 * all_answers > all_mails) shut_until_ = now + kWindow;
}

bool AnswerBreaker::MayAnswer(absl::Time now) { return now >= shut_until_; }

}  // namespace postern::rules
