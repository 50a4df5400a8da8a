#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "services/sender/mx/mail_hosts.h"
#include "services/sender/mx/protection.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender::mx {

// Recipients of a mail who have the same mail servers, and so get it in one transaction.
struct Consignment {
  MailHosts to;
  Demands demands;
  std::vector<size_t> recipients;  // of the mail's transaction
};

// Puts recipients with those who have the same servers and demands, or by themselves.
void Gather(Consignment one, std::vector<Consignment>& all);

// A part of a mail's transaction, for one server. However the dialogue ends, or is cut off, the
// mail's own transaction knows then what is known here.
class Part {
 public:
  Part(smtp::Transaction& whole, std::vector<size_t> recipients);
  ~Part() { TellWhole(); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  smtp::Transaction& transaction() { return part_; }
  // The final dot is about to be sent.
  void BeginDot();
  // Those that are worth another transaction in this session, at once.
  std::vector<size_t> LeftOver() const;

 private:
  void TellWhole();

  smtp::Transaction& whole_;
  const std::vector<size_t> recipients_;
  const bool in_doubt_before_;
  smtp::Transaction part_;
};

}  // namespace postern::sender::mx
