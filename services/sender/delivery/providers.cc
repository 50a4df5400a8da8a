#include "services/sender/delivery/providers.h"

#include <string>
#include <vector>

#include "lib/net/host_pattern.h"

namespace postern::sender {
namespace {

struct Row {
  std::vector<absl::string_view> hosts;  // net::MatchesHost
  Budget budget;
};

Budget Microsoft() {
  Budget budget;
  // "SMTP client submission": 3 connections at once and 30 mails a minute of one mailbox; what
  // is beyond gets 432 4.3.2 or 421 4.4.2.
  budget.sessions = 3;
  budget.mails_a_minute = 30;
  budget.recipients = 500;
  return budget;
}

Budget Gmail() {
  Budget budget;
  // 100 recipients of a mail by a mail client; with more the whole mail is refused.
  budget.recipients = 100;
  return budget;
}

Budget Yahoo() {
  Budget budget;
  // Few connections of one login before 421 [TSS04], and 20 mails in each.
  budget.mails_a_session = 20;
  return budget;
}

Budget UnitedInternet() {
  Budget budget;
  // GMX and WEB.DE: 20 mails of one connection; more are cut off.
  budget.mails_a_session = 20;
  return budget;
}

Budget AmazonSes() {
  Budget budget;
  // 50 recipients of a mail; a mail with more is refused whole (454, 554).
  budget.recipients = 50;
  return budget;
}

const std::vector<Row>& Table() {
  static const auto* const table = new std::vector<Row>{
      {{"smtp.office365.com", "*.office365.com", "outlook.com", "*.outlook.com", "*.hotmail.com",
        "*.live.com"},
       Microsoft()},
      {{"*.gmail.com", "*.googlemail.com", "smtp-relay.google.com"}, Gmail()},
      {{"*.yahoo.com", "*.yahoo.co.jp", "*.aol.com", "*.ymail.com", "*.att.net"}, Yahoo()},
      {{"*.gmx.net", "*.gmx.com", "*.gmx.de", "*.web.de"}, UnitedInternet()},
      {{"*.amazonaws.com"}, AmazonSes()},
  };
  return *table;
}

}  // namespace

const Budget& BudgetOf(absl::string_view host) {
  static const Budget anybody;
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  for (const Row& row : Table()) {
    if (net::MatchesAnyHost(row.hosts, host)) return row.budget;
  }
  return anybody;
}

}  // namespace postern::sender
