#include "lib/process/program.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/net/deadline.h"
#include "lib/process/health_service.h"
#include "lib/process/http_endpoint.h"
#include "lib/process/log.h"
#include "lib/process/private_redis.h"
#include "lib/process/program_state.h"

namespace postern::process {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kStopLimit = 5s;
// A draft with its attachments, or a mail to be copied: 25 MiB, and what stands around it.
constexpr int kMaxRequestBytes = 27 * 1024 * 1024;
constexpr int kWrongUsage = 2;
constexpr auto kDrainLimit = 1s;  // for calls under way when we stop

// Passwords are in our memory: no core dumps, no ptrace by others (invariant 7).
void ProtectMemory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace

// What a running process holds, in the order in which it is made.
struct Running {
  asio::io_context io{1};
  std::unique_ptr<PrivateRedis> private_redis;
  std::unique_ptr<store::RedisClient> redis;
  std::optional<Runtime> runtime;
  std::vector<std::unique_ptr<Service>> services;
  std::unique_ptr<HealthService> health;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<HttpServer> http;
  bool stopping = false;

  std::string NotReadyBecause() const {
    if (stopping) return "it is stopping";
    if (redis && !redis->connected()) return "redis: not connected";
    for (const auto& service : services) {
      if (auto why = service->NotReadyBecause(); !why.empty()) {
        return absl::StrCat(service->Name(), ": ", why);
      }
    }
    return "";
  }

  // The same of one service alone, by its short name; "" is the process.
  std::optional<std::string> NotReadyBecause(const std::string& name) const {
    if (name.empty()) return NotReadyBecause();
    for (const auto& service : services) {
      if (service->Name() != name) continue;
      if (stopping) return "it is stopping";
      return !redis || redis->connected() ? service->NotReadyBecause() : "redis is away";
    }
    return std::nullopt;
  }
};

namespace {

net::Task<absl::Status> StopOne(Service& service) {
  co_await service.Stop();
  co_return absl::OkStatus();
}

net::Task<void> StopAtSignal(Running& run) {
  asio::signal_set signals(run.io, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
  log::Info("stopping");
  run.stopping = true;
  for (auto& service : run.services) {
    const absl::Status status = co_await net::WithDeadline(kStopLimit, StopOne(*service));
    if (!status.ok()) log::Warn("did not stop in time", {{"service", service->Name()}});
  }
  // Shutdown blocks until calls have ended, and they end on this thread.
  std::thread([&run] {
    run.server->Shutdown(std::chrono::system_clock::now() + kDrainLimit);
    asio::post(run.io, [&run] { run.io.stop(); });
  }).detach();
  co_await net::Sleep(kDrainLimit * 2);
  run.io.stop();
}

// gRPC would take an address without a port for one with port 443.
bool NamesAPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  return colon != std::string::npos && colon > 0 && address.back() != ']' &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port <= 65535;
}

absl::Status Listen(Running& run, const std::string& address, const rpc::TlsFiles& tls) {
  auto credentials = rpc::MakeServerCredentials(tls);
  if (!credentials.ok()) return credentials.status();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, *credentials, &port);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken port is an error
  // Clients ping every 20 s on idle connections (rpc::MakeChannel).
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 4 * 1024);
  run.health = std::make_unique<HealthService>(
      run.io.get_executor(), [&run](const std::string& name) { return run.NotReadyBecause(name); });
  builder.RegisterService(run.health.get());
  for (auto& service : run.services) builder.RegisterService(&service->Rpc());
  run.server = builder.BuildAndStart();
  if (!run.server || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("--listen: can't listen on ", address, "; is the port taken?"));
  }
  return absl::OkStatus();
}

// The all-in-one's services reach each other inside the process.
Peers PeersInside(grpc::Server& server) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(rpc::kMaxMessageBytes);
  const auto channel = server.InProcessChannel(args);
  return Peers{channel, channel, channel, channel, channel, channel};
}

}  // namespace

absl::StatusOr<Peers> Program::State::MakePeers() const {
  Peers peers;
  const std::pair<const std::string&, std::shared_ptr<grpc::Channel>&> wanted[] = {
      {admin_addr, peers.admin}, {edge_addr, peers.edge},     {fetcher_addr, peers.fetcher},
      {rules_addr, peers.rules}, {sender_addr, peers.sender},
  };
  for (const auto& [target, channel] : wanted) {
    if (target.empty()) continue;
    auto made = rpc::MakeChannel(target, tls);
    if (!made.ok()) return made.status();
    channel = *std::move(made);
  }
  return peers;
}

bool Program::ReadOptions(int argc, char** argv, const Check& check, int& exit_code) {
  State& s = *state_;
  try {
    s.app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    exit_code = s.app.exit(help);
    return false;
  } catch (const CLI::ParseError& error) {
    const std::string what = absl::StrReplaceAll(
        error.what(), {{"INI was not able to parse ", "--config: there is no option "}});
    std::cerr << s.name << ": " << what << "\nTry '" << s.name << " --help'.\n";
    exit_code = kWrongUsage;
    return false;
  }
  s.HandOutValues();
  s.FindMissing();
  if (!log::Configure(s.log_format, s.log_level)) {
    Reject("--log-format, --log-level",
           absl::StrCat("'", s.log_format, "' and '", s.log_level,
                        "': expected text or json, and debug, info, warn or error"));
  }
  if (!NamesAPort(s.listen)) {
    Reject("--listen", absl::StrCat("'", s.listen, "' is not ADDRESS:PORT"));
  }
  if (auto tls = rpc::MakeServerCredentials(s.tls); !tls.ok()) {
    Reject("gRPC TLS", std::string(tls.status().message()));
  }
  check();
  exit_code = kWrongUsage;
  return !s.ReportProblems();
}

absl::Status Program::ConnectRedis(Running& run) {
  State& s = *state_;
  std::string redis_url = s.redis;
  if (s.needs.private_redis && redis_url.empty()) {
    auto started = PrivateRedis::Start(run.io.get_executor(), s.data_dir);
    if (!started.ok()) return started.status();
    run.private_redis = *std::move(started);
    redis_url = run.private_redis->url();
  }
  auto redis = store::RedisClient::Create(run.io.get_executor(), redis_url);
  if (!redis.ok()) {
    Reject("--redis", std::string(redis.status().message()));
    return absl::InvalidArgumentError("options");
  }
  run.redis = *std::move(redis);
  run.runtime.emplace(Runtime{run.io, *run.redis});
  return absl::OkStatus();
}

absl::Status Program::Start(Running& run, const Furnish& furnish) {
  State& s = *state_;
  if (auto status = furnish(run); !status.ok()) return status;
  if (!s.problems.empty()) return absl::InvalidArgumentError("options");
  if (auto status = Listen(run, s.listen, s.tls); !status.ok()) return status;
  auto peers =
      s.needs.private_redis ? absl::StatusOr<Peers>(PeersInside(*run.server)) : s.MakePeers();
  if (!peers.ok()) return peers.status();
  for (auto& service : run.services) {
    if (auto status = service->Start(*peers); !status.ok()) return status;
  }
  auto http = ListenForMetrics(run.io.get_executor(), s.metrics_listen,
                               [&run] { return run.NotReadyBecause(); });
  if (!http.ok()) {
    return absl::Status(http.status().code(),
                        absl::StrCat("--metrics-listen: ", http.status().message()));
  }
  run.http = *std::move(http);
  return absl::OkStatus();
}

int Program::Run(int argc, char** argv, const Check& check, const Make& make) {
  int exit_code = 0;
  if (!ReadOptions(argc, argv, check, exit_code)) return exit_code;
  return Live([&](Running& run) {
    const absl::Status status = ConnectRedis(run);
    if (status.ok()) run.services = make(*run.runtime);
    return status;
  });
}

int Program::RunAlone(int argc, char** argv, const Check& check, const MakeAlone& make) {
  int exit_code = 0;
  if (!ReadOptions(argc, argv, check, exit_code)) return exit_code;
  return Live([&](Running& run) {
    run.services = make(run.io);
    return absl::OkStatus();
  });
}

int Program::Live(const Furnish& furnish) {
  ProtectMemory();
  // gRPC tells on standard error what it then answers as a status; we tell it in our words.
  if (!std::getenv("GRPC_VERBOSITY")) {
    gpr_set_log_verbosity(static_cast<gpr_log_severity>(GPR_LOG_SEVERITY_ERROR + 1));
  }
  ::signal(SIGPIPE, SIG_IGN);
  // Never destroyed: at the end the process goes at once (below).
  Running& run = *new Running;
  if (auto status = Start(run, furnish); !status.ok()) {
    if (!state_->ReportProblems()) std::cerr << state_->name << ": " << status.message() << "\n";
    if (run.private_redis) run.private_redis->Stop();
    std::_Exit(status.code() == absl::StatusCode::kInvalidArgument ? kWrongUsage : 1);
  }
  asio::co_spawn(run.io, StopAtSignal(run), asio::detached);
  log::Info("started", {{"program", state_->name}, {"listen", state_->listen}});
  run.io.run();
  // Everything that matters is in Redis and has been handed over. Unwinding what
  // still waits (long polls of peers, gRPC's own threads) would gain nothing and
  // could hang; kill -9 must be safe anyway.
  if (run.private_redis) run.private_redis->Stop();
  log::Info("stopped");
  std::_Exit(0);
}

}  // namespace postern::process
