#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/process/program_state.h"

namespace postern::process {

std::string EnvironmentName(const std::string& flag) {
  std::string name = absl::AsciiStrToUpper(flag.substr(2));
  std::replace(name.begin(), name.end(), '-', '_');
  return absl::StrCat("POSTERN_", name);
}

void Program::State::HandOutValues() {
  const auto hand_out = [](auto& all) {
    for (auto& [flag, shared] : all) {
      for (auto* target : shared.targets) *target = shared.value;
    }
  };
  hand_out(texts);
  hand_out(lists);
  hand_out(numbers);
  hand_out(switches);
}

void Program::State::FindMissing() {
  for (const std::string& flag : required) {
    if (!texts[flag].value.empty()) continue;
    problems.push_back(
        absl::StrCat(flag, ": missing (also read from ", EnvironmentName(flag), ")"));
  }
}

bool Program::State::ReportProblems() const {
  for (const auto& problem : problems) std::cerr << name << ": " << problem << "\n";
  if (!problems.empty()) std::cerr << "Try '" << name << " --help'.\n";
  return !problems.empty();
}

Program::Program(std::string name, std::string purpose, Needs needs)
    : state_(std::make_unique<State>(std::move(name), std::move(purpose), std::move(needs))) {
  State& s = *state_;
  s.app.set_config("--config", "",
                   "A file of options, one 'name = value' a line, without the dashes");
  s.app.allow_config_extras(CLI::config_extras_mode::error);  // a misspelt name is no option
  s.app.set_version_flag("--version", "Postern " POSTERN_VERSION);
  s.app.footer(absl::StrCat(
      "Each option may also stand in the environment, as shown, or in the --config file. Flags "
      "win\n"
      "over the environment, that over the file. Secrets are read from files alone.\n\n"
      "Example:\n  ",
      s.needs.example, "\n"));
  s.listen = s.needs.default_listen;
  s.metrics_listen = s.needs.default_metrics_listen;
  if (s.needs.redis) {
    Add("--redis", s.redis,
        s.needs.private_redis
            ? "redis://[:password@]host[:port][/db] or unix:///path; a private one when left out"
            : "redis://[:password@]host[:port][/db] or unix:///path",
        !s.needs.private_redis);
  }
  Add("--listen", s.listen, "Address for gRPC");
  Add("--metrics-listen", s.metrics_listen, "Address for /metrics, /healthz and /readyz");
  if (s.needs.private_redis) {
    Add("--data-dir", s.data_dir, "Where the Redis data and the master key are kept", true);
  }
  const auto peer = [&](bool needed, const char* flag, std::string& value, const char* preset,
                        const char* what) {
    if (!needed) return;
    value = preset;
    Add(flag, value, absl::StrCat("gRPC address of ", what));
  };
  peer(s.needs.admin_addr, "--admin-addr", s.admin_addr, "127.0.0.1:7001", "postern-admin");
  peer(s.needs.edge_addr, "--edge-addr", s.edge_addr, "127.0.0.1:7002", "postern-xmpp-edge");
  peer(s.needs.fetcher_addr, "--fetcher-addr", s.fetcher_addr, "127.0.0.1:7003", "postern-fetcher");
  peer(s.needs.rules_addr, "--rules-addr", s.rules_addr, "127.0.0.1:7004", "postern-rules");
  peer(s.needs.sender_addr, "--sender-addr", s.sender_addr, "127.0.0.1:7005", "postern-sender");
  Add("--grpc-tls-ca-file", s.tls.ca, "Mutual TLS between services: the CA of all of them");
  Add("--grpc-tls-cert-file", s.tls.cert, "… this service's certificate");
  Add("--grpc-tls-key-file", s.tls.key, "… and its key");
  Add("--log-format", s.log_format, "text or json");
  Add("--log-level", s.log_level, "debug, info, warn or error");
}

Program::~Program() = default;

void Program::Add(const std::string& flag, std::string& value, const std::string& meaning,
                  bool required) {
  auto& shared = state_->texts[flag];
  if (!shared.option) {
    shared.value = value;
    shared.option =
        state_->app.add_option(flag, shared.value, meaning)->envname(EnvironmentName(flag));
    if (!value.empty()) shared.option->default_str(value);
  }
  shared.targets.push_back(&value);
  auto& list = state_->required;
  if (required && std::find(list.begin(), list.end(), flag) == list.end()) list.push_back(flag);
}

void Program::Add(const std::string& flag, std::vector<std::string>& value,
                  const std::string& meaning) {
  auto& shared = state_->lists[flag];
  if (!shared.option) {
    shared.value = value;
    shared.option = state_->app.add_option(flag, shared.value, meaning)
                        ->delimiter(',')
                        ->envname(EnvironmentName(flag));
  }
  shared.targets.push_back(&value);
}

void Program::Add(const std::string& flag, int& value, const std::string& meaning, int min,
                  int max) {
  auto& shared = state_->numbers[flag];
  if (!shared.option) {
    shared.value = value;
    shared.option = state_->app.add_option(flag, shared.value, meaning)
                        ->check(CLI::Range(min, max))
                        ->default_str(absl::StrCat(value))
                        ->envname(EnvironmentName(flag));
  }
  shared.targets.push_back(&value);
}

void Program::AddSwitch(const std::string& flag, bool& value, const std::string& meaning) {
  auto& shared = state_->switches[flag];
  if (!shared.option) {
    shared.value = value;
    shared.option =
        state_->app.add_flag(flag, shared.value, meaning)->envname(EnvironmentName(flag));
  }
  shared.targets.push_back(&value);
}

void Program::Reject(const std::string& flag, const std::string& problem) {
  std::string line = absl::StrCat(flag, ": ", problem);
  auto& all = state_->problems;  // two services may find the same fault
  if (std::find(all.begin(), all.end(), line) == all.end()) all.push_back(std::move(line));
}

std::string Program::ReadSecretFile(const std::string& flag, const std::string& path) {
  std::ifstream file(path);
  if (std::filesystem::is_directory(path)) {
    Reject(flag, absl::StrCat(path, ": is a folder, not a file"));
    return "";
  }
  if (!file) {
    Reject(flag, absl::StrCat(path, ": ", std::strerror(errno)));
    return "";
  }
  std::stringstream content;
  content << file.rdbuf();
  const std::string text(absl::StripTrailingAsciiWhitespace(content.str()));
  if (text.empty()) Reject(flag, absl::StrCat(path, ": the file is empty"));
  return text;
}

bool Program::HasProblems() const { return !state_->problems.empty(); }

const std::string& Program::data_dir() const { return state_->data_dir; }

}  // namespace postern::process
