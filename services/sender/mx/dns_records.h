#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/net/tls_checks.h"
#include "services/sender/mx/dns.h"

namespace postern::sender::mx {

// Record data from the wire, uncompressed. RFC 1035 section 3.3, RFC 3596, RFC 6698.
// Nothing: it is not what it should be, or a name in it is none of a host.
std::optional<MxRecord> ReadMx(absl::string_view data);
std::optional<boost::asio::ip::address> ReadAddress(absl::string_view data);  // 4 or 16 bytes
std::optional<net::TlsaRecord> ReadTlsa(absl::string_view data);
std::optional<std::string> ReadTxt(absl::string_view data);

// Lower case, without the final dot. Nothing: it can't be asked for (RFC 1035 section 2.3.4),
// or holds what host names don't: anything but letters, digits, '-', '_' and '.'.
std::optional<std::string> ReadName(absl::string_view name);

}  // namespace postern::sender::mx
