#include "services/sender/routes/route_attributes.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::sender {
namespace {

constexpr uint32_t kMaxKeepSeconds = 24 * 60 * 60;

bool IsIpAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

class AttributeReader {
 public:
  AttributeReader(const RouteValues& values, const RouteRules& rules, RouteSettings& route,
                  FileProblems& problems)
      : values_(values), rules_(rules), route_(route), problems_(problems) {}

  void ReadRelay();
  void ReadLink();
  void ReadSource();

 private:
  void CheckDirect();
  void ReadCommand(absl::string_view key, std::vector<std::string>& words);
  std::string TextOf(absl::string_view key) const;
  void Wrong(absl::string_view key, absl::string_view reason);

  const RouteValues& values_;
  const RouteRules rules_;
  RouteSettings& route_;
  FileProblems& problems_;
};

void AttributeReader::ReadSource() {
  route_.source = TextOf("source");
  if (!route_.source.empty() && !IsIpAddress(route_.source)) {
    Wrong("source", "must be an IP address of this machine, like 192.0.2.7");
  }
}

// The same rules as for --relay and its further options, told in this file's words.
void AttributeReader::ReadRelay() {
  SiteRelayOptions options;
  options.relay = TextOf("relay");
  if (values_.contains("security")) options.security = TextOf("security");
  options.login = TextOf("login");
  options.password_file = TextOf("password-file");
  // JSMail's word does where the password shows that a relay's login is meant.
  if (options.login.empty() && !options.password_file.empty()) {
    for (const schedule::Section& section : route_.schedule.sections) {
      if (options.login.empty()) options.login = section.user;
    }
  }
  route_.password_file = options.password_file;
  route_.direct = absl::EqualsIgnoreCase(options.relay, "mx");
  if (route_.direct) {
    options.relay.clear();
    CheckDirect();
  }
  std::vector<OptionProblem> problems;
  route_.relay = ReadSiteRelay(options, rules_.allow_plaintext_auth, problems);
  for (const OptionProblem& one : problems) {
    const std::string key = one.flag == "--relay" ? "relay" : one.flag.substr(8);
    const std::string reason =
        absl::StrReplaceAll(one.problem, {{"--relay-password-file", "password-file:"},
                                          {"--relay-login", "login:"},
                                          {"without --relay", "without relay: HOST:PORT"}});
    if (values_.contains(key)) {
      Wrong(key, reason);
    } else {
      Wrong(values_.contains("relay") ? "relay" : values_.begin()->first,
            absl::StrCat(key, ": ", reason));
    }
  }
}

// The servers of recipients are dialled by the same hands for all.
void AttributeReader::CheckDirect() {
  if (!rules_.allow_direct) Wrong("relay", "mx needs the sender's --relay mx");
  for (const absl::string_view key : {"source", "up", "down", "keep"}) {
    if (values_.contains(key)) Wrong(key, "means nothing with relay: mx");
  }
}

void AttributeReader::ReadLink() {
  ReadCommand("up", route_.up);
  ReadCommand("down", route_.down);
  const std::string keep = TextOf("keep");
  uint32_t seconds = 0;
  if (!keep.empty() && (!absl::SimpleAtoi(keep, &seconds) || seconds > kMaxKeepSeconds)) {
    Wrong("keep", absl::StrCat("must be a number of seconds, at most ", kMaxKeepSeconds));
  }
  if (!keep.empty()) route_.keep = std::chrono::seconds(seconds);
  if (absl::EqualsIgnoreCase(route_.name, "LAN")) {
    for (const absl::string_view key : {"up", "down", "keep"}) {
      if (values_.contains(key)) Wrong(key, "[LAN] is always there: it takes no commands");
    }
    return;
  }
  if (values_.contains("up")) return;
  for (const absl::string_view key : {"down", "keep"}) {
    if (values_.contains(key)) Wrong(key, "means nothing without up:");
  }
}

void AttributeReader::ReadCommand(absl::string_view key, std::vector<std::string>& words) {
  const std::string text = TextOf(key);
  if (text.empty()) return;
  auto split = SplitCommand(text);
  if (!split.ok()) return Wrong(key, split.status().message());
  if (split->empty() || split->front().front() != '/') {
    return Wrong(key, "the program must be named with its whole path, from / on");
  }
  if (split->size() > kMaxCommandWords) {
    return Wrong(key, absl::StrCat("may have at most ", kMaxCommandWords, " words"));
  }
  words = *std::move(split);
}

std::string AttributeReader::TextOf(absl::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? "" : std::string(found->second.text);
}

void AttributeReader::Wrong(absl::string_view key, absl::string_view reason) {
  const auto found = values_.find(key);
  if (found == values_.end()) return problems_.Add(std::string(reason));
  problems_.Add(found->second.line, found->second.text, reason);
}

}  // namespace

void ReadAttributes(const RouteValues& values, const RouteRules& rules, RouteSettings& route,
                    FileProblems& problems) {
  AttributeReader reader(values, rules, route, problems);
  reader.ReadRelay();
  reader.ReadLink();
  reader.ReadSource();
}

absl::StatusOr<std::vector<std::string>> SplitCommand(absl::string_view line) {
  std::vector<std::string> words;
  bool inside = false;  // of a word
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      if (c == '\\' && quote != '\'' && ++i == line.size()) {
        return absl::InvalidArgumentError("nothing follows the last backslash");
      }
      words.back() += line[i];
    }
  }
  if (quote != 0) return absl::InvalidArgumentError("a quote is not closed");
  return words;
}

}  // namespace postern::sender
