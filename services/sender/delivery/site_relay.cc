#include "services/sender/delivery/site_relay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace postern::sender {
namespace {

// A name or an IPv4 address; an IPv6 address stands in brackets.
bool IsHost(absl::string_view host, bool bracketed) {
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [bracketed](char c) {
    if (bracketed) return absl::ascii_isxdigit(c) || c == ':' || c == '.';
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

bool ReadHostAndPort(absl::string_view text, SiteRelay& relay) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return false;
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port == 0 || port > 65535) return false;
  relay.host = std::string(host);
  relay.port = static_cast<uint16_t>(port);
  return IsHost(host, bracketed);
}

bool ReadSecurity(absl::string_view text, Security& security) {
  if (text == "tls") security = Security::kTls;
  if (text == "starttls") security = Security::kStartTls;
  if (text == "none") security = Security::kNone;
  return text == "tls" || text == "starttls" || text == "none";
}

bool HoldsControls(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); });
}

// Options that mean nothing without a relay: somebody misspelt its own.
void FindStray(const SiteRelayOptions& options, std::vector<OptionProblem>& problems) {
  const auto stray = [&](absl::string_view flag, bool given) {
    if (given) problems.push_back({std::string(flag), "means nothing without --relay"});
  };
  stray("--relay-security", options.security != SiteRelayOptions().security);
  stray("--relay-login", !options.login.empty());
  stray("--relay-password-file", !options.password_file.empty());
}

void CheckLogin(const SiteRelayOptions& options, bool encrypted, bool allow_plaintext_auth,
                std::vector<OptionProblem>& problems) {
  if (options.login.empty() && !options.password_file.empty()) {
    problems.push_back({"--relay-login", "missing; --relay-password-file needs it"});
  }
  if (options.login.empty()) return;
  if (HoldsControls(options.login)) {
    problems.push_back({"--relay-login", "holds a line break or a control character"});
  }
  if (options.password_file.empty()) {
    problems.push_back({"--relay-password-file", "missing; --relay-login needs it"});
  }
  if (!encrypted && !allow_plaintext_auth) {
    problems.push_back({"--relay-security",
                        "with 'none' the password would travel unencrypted; choose 'tls' or "
                        "'starttls', or allow it with --allow-plaintext-auth"});
  }
}

}  // namespace

std::optional<SiteRelay> ReadSiteRelay(const SiteRelayOptions& options, bool allow_plaintext_auth,
                                       std::vector<OptionProblem>& problems) {
  const size_t before = problems.size();
  if (options.relay.empty()) {
    FindStray(options, problems);
    return std::nullopt;
  }
  SiteRelay relay;
  if (!ReadHostAndPort(options.relay, relay)) {
    problems.push_back({"--relay", absl::StrCat("'", options.relay,
                                                "' is not HOST:PORT, such as "
                                                "'smtp.example.org:587' or '[2001:db8::1]:587'")});
  }
  if (!ReadSecurity(options.security, relay.security)) {
    problems.push_back(
        {"--relay-security",
         absl::StrCat("'", options.security, "' is none of 'tls', 'starttls', 'none'")});
  }
  relay.login = options.login;
  const bool encrypted = relay.security != Security::kNone;
  CheckLogin(options, encrypted, allow_plaintext_auth, problems);
  if (problems.size() > before) return std::nullopt;
  return relay;
}

}  // namespace postern::sender
