#include "services/sender/mx/consignment.h"

#include <algorithm>
#include <utility>

namespace postern::sender::mx {
namespace {

// In any order: equal preferences are shuffled for each domain anew.
bool SameServers(const MailHosts& a, const MailHosts& b) {
  return a.secure == b.secure && a.literal == b.literal && a.hosts.size() == b.hosts.size() &&
         std::is_permutation(a.hosts.begin(), a.hosts.end(), b.hosts.begin());
}

}  // namespace

void Gather(Consignment one, std::vector<Consignment>& all) {
  for (Consignment& other : all) {
    if (!SameServers(one.to, other.to) || one.demands.policy != other.demands.policy) continue;
    for (size_t recipient : one.recipients) other.recipients.push_back(recipient);
    for (std::string& domain : one.demands.domains) {
      other.demands.domains.push_back(std::move(domain));
    }
    return;
  }
  all.push_back(std::move(one));
}

Part::Part(smtp::Transaction& whole, std::vector<size_t> recipients)
    : whole_(whole), recipients_(std::move(recipients)), in_doubt_before_(whole.dot_sent) {
  for (size_t recipient : recipients_) {
    smtp::Recipient copy = whole.recipients[recipient];
    copy.accepted = copy.left_over = false;
    part_.recipients.push_back(std::move(copy));
  }
}

void Part::BeginDot() { whole_.dot_sent = whole_.dot_began = true; }

std::vector<size_t> Part::LeftOver() const {
  std::vector<size_t> left;
  for (size_t i = 0; i < recipients_.size(); ++i) {
    const smtp::Recipient& one = part_.recipients[i];
    if (one.fate == smtp::Fate::kPending && one.left_over) left.push_back(recipients_[i]);
  }
  return left;
}

void Part::TellWhole() {
  for (size_t i = 0; i < recipients_.size(); ++i) {
    whole_.recipients[recipients_[i]] = std::move(part_.recipients[i]);
  }
  whole_.dot_sent = in_doubt_before_ || part_.dot_sent;
  whole_.dot_began = whole_.dot_began || part_.dot_began;
}

}  // namespace postern::sender::mx
