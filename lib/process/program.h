#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/process/service.h"

namespace postern::process {

// Which options common to the services a binary has beside its own.
struct Needs {
  bool admin_addr = false, edge_addr = false, fetcher_addr = false, rules_addr = false,
       sender_addr = false;
  std::string default_listen;          // "127.0.0.1:7001"
  std::string default_metrics_listen;  // "127.0.0.1:9101"
  std::string example;                 // a command line, for --help
  bool private_redis = false;          // all-in-one: --data-dir, and a redis of its own
  bool redis = true;                   // false: there is no --redis, and RunAlone() is called
};

struct Running;  // program.cc

// A postern binary: reads flags, environment (POSTERN_*) and --config FILE, says
// what is wrong with them (all of it at once, exit status 2), then runs services
// until SIGTERM or SIGINT.
class Program {
 public:
  Program(std::string name, std::string purpose, Needs needs);
  ~Program();

  // Adds --NAME with the environment variable POSTERN_NAME. The default is shown
  // in --help. `required` ones are reported together when missing.
  void Add(const std::string& flag, std::string& value, const std::string& meaning,
           bool required = false);
  void Add(const std::string& flag, std::vector<std::string>& value,
           const std::string& meaning);  // comma separated
  void Add(const std::string& flag, int& value, const std::string& meaning, int min, int max);
  void AddSwitch(const std::string& flag, bool& value, const std::string& meaning);

  // Reports a problem with an option's value: "--xmpp-server: ...". All of them are
  // told together, and end the program with status 2.
  void Reject(const std::string& flag, const std::string& problem);
  // Reads a file that an option names, without its trailing line end; an unreadable
  // or empty one is a Reject.
  std::string ReadSecretFile(const std::string& flag, const std::string& path);

  // Where the all-in-one keeps its things (private_redis only).
  const std::string& data_dir() const;

  bool HasProblems() const;

  using Check = std::function<void()>;
  using Make = std::function<std::vector<std::unique_ptr<Service>>(Runtime&)>;
  // The whole life of the process. `check` looks at the options when they are read
  // and Rejects what can't be used; `make` builds the services.
  int Run(int argc, char** argv, const Check& check, const Make& make);

  using MakeAlone =
      std::function<std::vector<std::unique_ptr<Service>>(boost::asio::io_context& io)>;
  // The same of a process that has no Redis.
  int RunAlone(int argc, char** argv, const Check& check, const MakeAlone& make);

 private:
  struct State;
  // False when the program is to end with `exit_code` now.
  bool ReadOptions(int argc, char** argv, const Check& check, int& exit_code);
  using Furnish = std::function<absl::Status(Running&)>;  // makes the services
  absl::Status ConnectRedis(Running& run);
  absl::Status Start(Running& run, const Furnish& furnish);
  int Live(const Furnish& furnish);
  std::unique_ptr<State> state_;
};

}  // namespace postern::process
