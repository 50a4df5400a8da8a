#include "services/sender/smtp/transaction.h"

#include <algorithm>

namespace postern::sender::smtp {

Transaction::Transaction(const std::vector<std::string>& to) {
  for (const std::string& address : to) {
    Recipient recipient;
    recipient.address = address;
    recipients.push_back(std::move(recipient));
  }
}

void Transaction::Settle(Fate fate, const words::Wording& reason, bool only_accepted) {
  SettleWith(fate, reason, "", only_accepted);
}

void Transaction::SettleWith(Fate fate, const words::Wording& reason, const std::string& status,
                             bool only_accepted) {
  for (Recipient& r : recipients) {
    if (r.fate != Fate::kPending || (only_accepted && !r.accepted)) continue;
    r.fate = fate;
    r.reason = reason;
    r.status = status;
  }
}

bool Transaction::AnyLeftOver() const {
  return std::any_of(recipients.begin(), recipients.end(),
                     [](const Recipient& r) { return r.fate == Fate::kPending && r.left_over; });
}

bool Transaction::AnyPending() const {
  return std::any_of(recipients.begin(), recipients.end(),
                     [](const Recipient& r) { return r.fate == Fate::kPending; });
}

bool Transaction::IsUntouched() const {
  return !dot_began && std::all_of(recipients.begin(), recipients.end(), [](const Recipient& r) {
    return r.fate == Fate::kPending && !r.accepted && r.reason.empty();
  });
}

bool Transaction::AnyAccepted() const {
  return std::any_of(recipients.begin(), recipients.end(),
                     [](const Recipient& r) { return r.accepted; });
}

}  // namespace postern::sender::smtp
