#include "services/fetcher/progress.h"

namespace postern::fetcher {

namespace {

constexpr int kTroublesBeforeLess = 3;  // failures that may be chance

// What makes no sense now, or is too much, will be so the next time.
bool IsTheMailsFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status) ||
         absl::IsDataLoss(status);
}

}  // namespace

void Progress::NoteUnread(absl::string_view mail_id, const absl::Status& status, bool sure) {
  // A server that goes away may do so because of this mail: a few times count.
  NoteTrouble(mail_id, sure && IsTheMailsFault(status) ? kTroublesBeforeLess : 1);
}

void Progress::NoteRefused(absl::string_view mail_id, const absl::Status& status, bool sure) {
  if (IsTheMailsFault(status)) NoteTrouble(mail_id, sure ? kTroublesBeforeLess : 1);
}

void Progress::NoteTrouble(absl::string_view mail_id, int weight) {
  if (mail_id != troubled) troubles = 0;
  troubled = std::string(mail_id);
  troubles += weight;
}

bool Progress::IsTroubled(absl::string_view mail_id) const {
  return mail_id == troubled && troubles >= kTroublesBeforeLess;
}

Depth Progress::DepthFor(absl::string_view mail_id) const {
  if (!IsTroubled(mail_id)) return Depth::kAll;
  return troubles < 2 * kTroublesBeforeLess ? Depth::kHeader : Depth::kNothing;
}

}  // namespace postern::fetcher
