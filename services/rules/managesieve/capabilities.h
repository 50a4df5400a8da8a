#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::rules::managesieve {

// What a server says of itself. RFC 5804 section 1.7.
struct Offer {
  std::string version;                  // of Postern
  std::vector<std::string> extensions;  // of Sieve
  std::vector<std::string> methods;     // of enotify
  uint32_t redirects = 0;               // of one mail
};

// The state of a session, as far as capabilities tell of it.
struct Standing {
  bool start_tls = false;  // can be had, and is not in force
  bool may_log_in = false;
  std::string owner;  // who is logged in; empty: nobody
};

inline constexpr char kPlain[] = "PLAIN", kScram[] = "SCRAM-SHA-256";

// One line for each, without the OK behind them.
std::string WriteCapabilities(const Offer& offer, const Standing& standing);

}  // namespace postern::rules::managesieve
