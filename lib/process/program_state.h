#pragma once

// The inside of Program, shared by options.cc and program.cc.

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "lib/process/program.h"
#include "lib/rpc/channel.h"

namespace postern::process {

// One option and everybody who wants its value: in the all-in-one several
// services ask for the same.
template <class Value>
struct Shared {
  CLI::Option* option = nullptr;
  Value value{};
  std::vector<Value*> targets;
};

struct Program::State {
  State(std::string n, std::string purpose, Needs needed)
      : name(std::move(n)), needs(std::move(needed)), app(purpose, name) {}

  std::string name;
  Needs needs;
  CLI::App app;
  std::map<std::string, Shared<std::string>> texts;
  std::map<std::string, Shared<std::vector<std::string>>> lists;
  std::map<std::string, Shared<int>> numbers;
  std::map<std::string, Shared<bool>> switches;
  std::vector<std::string> required;  // flags
  std::vector<std::string> problems;  // "--flag: what"

  std::string redis, listen, metrics_listen, log_format = "text", log_level = "info", data_dir;
  std::string admin_addr, edge_addr, fetcher_addr, rules_addr, sender_addr;
  rpc::TlsFiles tls;

  void HandOutValues();
  void FindMissing();
  // True (and told on standard error) when there is any.
  bool ReportProblems() const;
  absl::StatusOr<Peers> MakePeers() const;
};

// "--xmpp-domain" -> "POSTERN_XMPP_DOMAIN"
std::string EnvironmentName(const std::string& flag);

}  // namespace postern::process
