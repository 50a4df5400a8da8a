#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/schedule/schedule.h"
#include "services/sender/delivery/site_relay.h"

// The operator's egress routes: scheduler files of JSMail, and what its dial-up entries have
// become. Pure; docs/operators.md has the format.
namespace postern::sender {

inline constexpr size_t kMaxRoutesBytes = schedule::kMaxScheduleBytes;
inline constexpr size_t kMaxCommandWords = 64;

// A way that mail takes out of here, as the file has it.
struct RouteSettings {
  std::string name;
  schedule::Schedule schedule;  // its sections that send
  // Where mail is handed over; neither: at each account's own server.
  std::optional<SiteRelay> relay;  // its password is in `password_file`
  std::string password_file;
  bool direct = false;  // "relay: mx"
  std::string source;   // the local address that connections leave from; empty: any
  // Programs that bring the link up and down, with their arguments; none: it is always there.
  std::vector<std::string> up, down;
  std::chrono::seconds keep{60};  // how long the link stays up without a connection

  // False: mail may go at any time.
  bool HasTimes() const;
};

struct RouteTable {
  std::vector<RouteSettings> routes;  // in the file's order
  std::vector<std::string> warnings;  // "line:column: text"

  // Names differ by more than case. Null: there is no such route.
  const RouteSettings* Find(absl::string_view name) const;
};

// What the sender's options let a route say.
struct RouteRules {
  bool allow_plaintext_auth = false;
  bool allow_direct = true;  // "relay: mx": there is direct delivery (--relay mx)
};

// kInvalidArgument: "line:column: reason" for each fault; none quotes a password.
absl::StatusOr<RouteTable> ParseRoutes(absl::string_view text, const RouteRules& rules);

// A command line taken apart: words between blanks, quotes ('…' and "…") around blanks, a
// backslash before what is meant as it is. Nothing is expanded. kInvalidArgument: a quote is open.
absl::StatusOr<std::vector<std::string>> SplitCommand(absl::string_view line);

}  // namespace postern::sender
