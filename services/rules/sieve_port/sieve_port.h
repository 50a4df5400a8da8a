#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/rules/managesieve/limits.h"
#include "services/rules/managesieve/session.h"
#include "services/rules/sieve_port/certificate.h"
#include "services/rules/sieve_port/door.h"
#include "services/rules/sieve_port/port_options.h"

namespace postern::rules {

// The ports on which users' mail programs edit scripts: who is let in, and a session for each.
class SievePort {
 public:
  // `storage` and what `door` looks at outlive it.
  SievePort(boost::asio::any_io_executor executor, PortOptions options,
            managesieve::ScriptStorage& storage, Door door);

  // Listens, where the options say so. kInvalidArgument, kUnavailable: a port can't be had.
  absl::Status Start();
  net::Task<void> Stop();

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  using Socket = boost::asio::ip::tcp::socket;

  absl::Status Listen(const std::string& address, bool tls_first,
                      std::optional<Acceptor>& acceptor);
  net::Task<void> Accept(Acceptor& acceptor, bool tls_first);
  net::Task<void> Serve(Socket socket, bool tls_first);
  net::Task<void> Converse(Socket socket, std::string address, bool tls_first);
  net::Task<void> TurnAway(Socket socket);
  managesieve::SessionOptions OptionsFor(const std::string& address) const;
  bool IsTrusted(const std::string& address) const;

  const boost::asio::any_io_executor executor_;
  const PortOptions options_;
  managesieve::ScriptStorage& storage_;
  Door door_;
  Certificate certificate_;
  std::optional<jsmail::Acl> webmail_;
  managesieve::Limits limits_;
  std::optional<Acceptor> plain_, encrypted_;
  net::TaskGroup tasks_;
};

}  // namespace postern::rules
