#include "services/fetcher/imap/quirks.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace postern::fetcher::imap {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A row fits when any of what it names does.
struct Row {
  std::vector<absl::string_view> domains;  // of the host: itself, or one below
  absl::string_view name;  // in the answer to ID or the greeting, lower case; or empty
  std::optional<Capability> capability;
  Quirks quirks;
};

Quirks Gmail() {
  Quirks quirks;
  // 15 connections an account, the user's phone among them (developers.google.com/gmail/imap).
  // A session of OAuth2 ends with its token, and so does Exchange's; after one that lived for
  // long the watcher connects again at once, which is all that takes.
  quirks.most_connections = 15;
  return quirks;
}

Quirks Exchange() {
  Quirks quirks;
  // Offers IMAP4rev2 to single tenants since September 2026, and gets it wrong (MailKit
  // #2016). 16 connections is what servers of one's own begin with.
  quirks.no_rev2 = true;
  quirks.most_connections = 16;
  return quirks;
}

Quirks Yahoo() {
  Quirks quirks;
  quirks.idle_limit = minutes(3);  // goes silent in a longer one
  quirks.most_connections = 5;
  return quirks;
}

Quirks Rambler() {
  Quirks quirks;
  quirks.idle_limit = seconds(55);  // cuts the connection after a minute
  return quirks;
}

Quirks NetEase() {
  Quirks quirks;
  // 163.com and its sisters: no news in IDLE, and none by NOOP. They serve nobody who has not
  // said ID, which every login of ours does.
  quirks.no_idle = true;
  quirks.poll_by_reopening = true;
  quirks.poll_limit = seconds(55);
  return quirks;
}

Quirks Naver() {
  Quirks quirks;
  quirks.needs_select = true;  // a mailbox that was EXAMINEd never changes
  return quirks;
}

Quirks Courier() {
  Quirks quirks;
  // What EXAMINE shows is written down nowhere (5.0): until a client SELECTs it, a mailbox has
  // another UIDVALIDITY at each look, and after that what came since other UIDs.
  quirks.needs_select = true;
  return quirks;
}

const std::vector<Row>& Table() {
  static const auto* const table = new std::vector<Row>{
      {{"gmail.com", "googlemail.com"}, "", Capability::kGmail, Gmail()},
      {{"office365.com", "outlook.com", "hotmail.com"}, "microsoft.exchange", {}, Exchange()},
      {{"yahoo.com", "yahoo.co.jp", "aol.com", "ymail.com", "att.net"}, "", {}, Yahoo()},
      {{"rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru"}, "", {}, Rambler()},
      {{"163.com", "126.com", "yeah.net", "188.com"}, "coremail", {}, NetEase()},
      {{"naver.com"}, "", {}, Naver()},
      {{}, "courier-imap", {}, Courier()},
  };
  return *table;
}

bool IsBelow(absl::string_view host, absl::string_view domain) {
  if (!absl::ConsumeSuffix(&host, domain)) return false;
  return host.empty() || host.back() == '.';
}

bool Fits(const Row& row, absl::string_view host, const Capabilities& offered,
          absl::string_view name) {
  for (absl::string_view domain : row.domains) {
    if (IsBelow(host, domain)) return true;
  }
  if (!row.name.empty() && absl::StrContains(name, row.name)) return true;
  return row.capability && offered.Has(*row.capability);
}

}  // namespace

const Quirks& QuirksOf(absl::string_view host, const Capabilities& offered,
                       absl::string_view name) {
  static const Quirks none;
  std::string plain_host = absl::AsciiStrToLower(host);
  if (!plain_host.empty() && plain_host.back() == '.') plain_host.pop_back();
  const std::string plain_name = absl::AsciiStrToLower(name);
  for (const Row& row : Table()) {
    if (Fits(row, plain_host, offered, plain_name)) return row.quirks;
  }
  return none;
}

}  // namespace postern::fetcher::imap
