#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/sasl/mechanism.h"

namespace postern::fetcher::pop3 {

// The first line of an answer: RFC 1939 section 3; "+" alone goes on with a login (RFC 5034).
struct StatusLine {
  enum class Kind { kOk, kError, kGoOn };
  Kind kind = Kind::kOk;
  std::string code;  // upper case: "AUTH", "SYS/TEMP"; of an error only (RFC 2449 section 8)
  std::string text;  // the human words
};

// kDataLoss: this is no POP3 answer.
absl::StatusOr<StatusLine> ParseStatusLine(absl::string_view line);

// "12 QhdPYR:00WBw1Ph7x7", a line of the answer to UIDL.
struct UniqueId {
  uint32_t number = 0;  // good for this session only
  std::string id;
};

// RFC 1939 wants 1 to 70 printable characters; more are taken, up to 512, and
// so are those beyond ASCII. kDataLoss for anything else.
absl::StatusOr<UniqueId> ParseUniqueId(absl::string_view line);

// "12 4711", of STAT (mails, octets) and of LIST with an argument (mail, octets).
struct NumberAndOctets {
  uint32_t number = 0;
  uint64_t octets = 0;
};
absl::StatusOr<NumberAndOctets> ParseNumberAndOctets(absl::string_view text);

// The timestamp in a greeting (RFC 1939 section 7, "APOP"), with its brackets; nothing when it
// has none, or one that is no message id: chosen bytes are how MD5 is made to tell a password
// (CVE-2007-1558).
std::optional<std::string> TimestampOf(absl::string_view greeting);

// What CAPA offers, as far as we use it. RFC 2449.
struct Capabilities {
  bool stls = false;
  bool user = false;
  bool pipelining = false;
  sasl::Mechanisms mechanisms;  // SASL
  // How many days a mail stays that was read; 0: a session may be its last. Nothing: for ever.
  std::optional<int64_t> expire_days;
  bool auth_resp_code = false;      // a refused login says [AUTH] when it was the login's fault
  int64_t login_delay_seconds = 0;  // between two logins; at most an hour counts

  void Learn(absl::string_view line);
};

// Takes the dot off that the server put before a line that begins with one.
// False when the line ends the text. RFC 1939 section 3.
bool Unstuff(std::string& line);

// Gives a refusal its meaning; RFC 2449 section 8.1, RFC 3206.
absl::Status RefusalOf(absl::string_view command, const StatusLine& answer);
// The same for a login, where a person has to act when it was wrong.
absl::Status LoginRefusal(const StatusLine& answer, const Capabilities& capabilities);

}  // namespace postern::fetcher::pop3
