#include "services/rules/jsmail/pop_accounts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {
namespace {

constexpr uint16_t kTlsPort = 995;
constexpr size_t kMaxHostBytes = 253;

bool IsHost(absl::string_view host) {
  return !host.empty() && host.size() <= kMaxHostBytes &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ||
                  c == '_' || c == ':' || (c & 0x80) != 0;
         });
}

class Reader {
 public:
  Reader(absl::string_view source, absl::string_view file_name, bool strict)
      : source_(source, file_name), strict_(strict) {}

  ReadPopAccounts Run() {
    for (const Line& line : source_.Entries()) {
      line_ = line;
      const absl::string_view rest = absl::StripAsciiWhitespace(line.text);
      if (rest.front() == '[') {
        if (!ReadHeader(rest)) break;
      } else {
        ReadAttribute();
      }
    }
    EndAccount();
    ReadPopAccounts read;
    if (!source_.failed()) read.accounts = std::move(accounts_);
    read.problems = source_.TakeProblems();
    return read;
  }

 private:
  // What of the account that is being read was given.
  struct Seen {
    Line header;
    bool user = false, password = false, tls = false, dest = false;
  };

  // False: there are too many.
  bool ReadHeader(absl::string_view header) {
    EndAccount();
    if (accounts_.size() == kMaxPopAccounts) {
      source_.Fail(line_, header,
                   absl::StrCat("more than ", kMaxPopAccounts, " accounts in one file"));
      return false;
    }
    PopAccount& account = accounts_.emplace_back();
    account.line = line_.number;
    seen_ = Seen{line_};
    if (header.size() < 2 || header.back() != ']') {
      source_.Fail(line_, header.substr(header.size()), "a \"]\" is missing");
      return true;
    }
    ReadHost(header.substr(1, header.size() - 2), account);
    return true;
  }

  // "h.com", "h.com:995", "[::1]:110"; an IPv6 address alone has no port.
  void ReadHost(absl::string_view text, PopAccount& account) {
    absl::string_view host = absl::StripAsciiWhitespace(text), port;
    if (absl::ConsumePrefix(&host, "[")) {
      const size_t end = host.find(']');
      if (end == host.npos) return source_.Fail(line_, text, "a \"]\" is missing");
      port = host.substr(end + 1);
      host = host.substr(0, end);
      if (!port.empty() && !absl::ConsumePrefix(&port, ":")) {
        return source_.Fail(line_, port, "only \":\" and a port may follow the address");
      }
      if (!port.empty()) ReadPort(port, account);
    } else if (const size_t colon = host.find(':'); colon != host.npos) {
      port = host.substr(colon + 1);
      host = host.substr(0, colon);
      ReadPort(port, account);
    }
    if (!IsHost(host)) return source_.Fail(line_, text, "this can't be the name of a host");
    account.host = absl::AsciiStrToLower(host);
  }

  void ReadPort(absl::string_view text, PopAccount& account) {
    int port = 0;
    const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
    if (!digits || !absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) {
      return source_.Fail(line_, text, "a port is a number from 1 to 65535");
    }
    account.port = static_cast<uint16_t>(port);
    if (account.port == kTlsPort) account.security = PopSecurity::kTls;
  }

  void ReadAttribute() {
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(line_.text);
    const size_t colon = rest.find(':');
    const std::string key = absl::AsciiStrToLower(rest.substr(0, colon));
    if (accounts_.empty()) {
      return source_.Fail(line_, rest, "an entry begins with a line like [pop.example.org]");
    }
    bool* seen = SeenOf(key);
    if (colon == rest.npos || seen == nullptr) {
      return source_.Fail(line_, rest, "must be user: or password:, or our tls: or dest:");
    }
    if (*seen) return source_.Fail(line_, rest, "this is given twice for one account");
    *seen = true;
    const bool ours = seen == &seen_.tls || seen == &seen_.dest;
    if (ours && strict_) source_.Warn(line_, rest, "JSMail itself did not know this");
    Set(key, rest.substr(colon + 1));
  }

  bool* SeenOf(absl::string_view key) {
    if (key == "user") return &seen_.user;
    if (key == "password") return &seen_.password;
    if (key == "tls") return &seen_.tls;
    return key == "dest" ? &seen_.dest : nullptr;
  }

  // Blanks are part of a value, but for those of ours.
  void Set(absl::string_view key, absl::string_view value) {
    PopAccount& account = accounts_.back();
    const bool secret = key == "user" || key == "password";
    if (secret && absl::StartsWith(value, " ")) {
      source_.Warn(line_, value, "the blank behind the colon is part of the value");
    }
    if (key == "user") {
      account.user = std::string(value);
    } else if (key == "password") {
      account.password = crypto::Secret(value);
    } else if (key == "dest") {
      account.dest = std::string(absl::StripAsciiWhitespace(value));
    } else {
      SetSecurity(absl::StripAsciiWhitespace(value), account);
    }
  }

  void SetSecurity(absl::string_view value, PopAccount& account) {
    if (absl::EqualsIgnoreCase(value, "none")) {
      account.security = PopSecurity::kPlain;
    } else if (absl::EqualsIgnoreCase(value, "starttls")) {
      account.security = PopSecurity::kStartTls;
    } else if (absl::EqualsIgnoreCase(value, "implicit")) {
      account.security = PopSecurity::kTls;
    } else {
      source_.Fail(line_, value, "must be none, starttls or implicit");
    }
  }

  void EndAccount() {
    if (accounts_.empty()) return;
    const PopAccount& account = accounts_.back();
    if (account.user.empty()) {
      source_.Fail(seen_.header, seen_.header.text, "the account has no \"user:\" line");
    }
    if (account.password.empty()) {
      source_.Fail(seen_.header, seen_.header.text, "the account has no \"password:\" line");
    }
  }

  Source source_;
  const bool strict_;
  Line line_;
  Seen seen_;
  std::vector<PopAccount> accounts_;
};

}  // namespace

ReadPopAccounts ParsePopAccounts(absl::string_view source, absl::string_view file_name,
                                 bool strict) {
  return Reader(source, file_name, strict).Run();
}

}  // namespace postern::rules::jsmail
