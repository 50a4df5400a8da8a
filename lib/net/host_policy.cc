#include "lib/net/host_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/net/dial_error.h"

namespace postern::net {

namespace ip = boost::asio::ip;

namespace {

struct Network {
  const char* address;
  int prefix;
};

// RFC 6890 and its updates: nothing of this is a public mail server.
constexpr Network kSpecial[] = {
    {"0.0.0.0", 8},       {"10.0.0.0", 8},      {"100.64.0.0", 10},   {"127.0.0.0", 8},
    {"169.254.0.0", 16},  {"172.16.0.0", 12},   {"192.0.0.0", 24},    {"192.0.2.0", 24},
    {"192.31.196.0", 24}, {"192.52.193.0", 24}, {"192.88.99.0", 24},  {"192.168.0.0", 16},
    {"192.175.48.0", 24}, {"198.18.0.0", 15},   {"198.51.100.0", 24}, {"203.0.113.0", 24},
    {"224.0.0.0", 4},     {"240.0.0.0", 4},
};

// Only 2000::/3 is global unicast (RFC 4291 section 2.4); of that, these are not hosts.
constexpr Network kSpecialV6[] = {
    {"2001::", 23}, {"2001:db8::", 32}, {"2002::", 16}, {"3fff::", 20}};

ip::address_v6 AsV6(const ip::address& address) {
  if (address.is_v6()) return address.to_v6();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

bool IsIn(const ip::address_v6& address, const ip::address_v6& network, int prefix) {
  const auto a = address.to_bytes(), n = network.to_bytes();
  for (int bit = 0; bit < prefix; ++bit) {
    const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
    if ((a[bit / 8] & mask) != (n[bit / 8] & mask)) return false;
  }
  return true;
}

bool IsPublicV4(const ip::address_v4& address) {
  return std::none_of(std::begin(kSpecial), std::end(kSpecial), [&](const Network& special) {
    const uint32_t mask = ~uint32_t{0} << (32 - special.prefix);
    return (address.to_uint() & mask) == (ip::make_address_v4(special.address).to_uint() & mask);
  });
}

absl::Status BadEntry(absl::string_view entry) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", entry, "' is not a host, an address or a CIDR, with or without :port"));
}

// Splits "host:port", "[v6]:port" and bare forms; a bare v6 address has no port.
bool SplitPort(absl::string_view entry, absl::string_view& host, uint16_t& port) {
  host = entry;
  port = 0;
  absl::string_view digits;
  if (!entry.empty() && entry.front() == '[') {
    const size_t end = entry.find(']');
    if (end == absl::string_view::npos) return false;
    host = entry.substr(1, end - 1);
    if (end + 1 == entry.size()) return true;
    if (entry[end + 1] != ':') return false;
    digits = entry.substr(end + 2);
  } else {
    const size_t colon = entry.find(':');
    if (colon == absl::string_view::npos || entry.find(':', colon + 1) != absl::string_view::npos) {
      return true;
    }
    host = entry.substr(0, colon);
    digits = entry.substr(colon + 1);
  }
  uint32_t number = 0;
  if (!absl::SimpleAtoi(digits, &number) || number == 0 || number > 65535) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

}  // namespace

bool IsPublicAddress(const ip::address& address) {
  if (address.is_v4()) return IsPublicV4(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return IsPublicV4(ip::make_address_v4(ip::v4_mapped, v6));
  // 64:ff9b::/96 stands for an IPv4 address (RFC 6052): judge that one.
  const auto bytes = v6.to_bytes();
  if (IsIn(v6, ip::make_address_v6("64:ff9b::"), 96)) {
    return IsPublicV4(ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]}));
  }
  if (!IsIn(v6, ip::make_address_v6("2000::"), 3)) return false;
  return std::none_of(std::begin(kSpecialV6), std::end(kSpecialV6), [&](const Network& special) {
    return IsIn(v6, ip::make_address_v6(special.address), special.prefix);
  });
}

bool IsMailPort(uint16_t port) {
  constexpr std::array<uint16_t, 7> kPorts = {25, 110, 143, 465, 587, 993, 995};
  return std::find(kPorts.begin(), kPorts.end(), port) != kPorts.end();
}

absl::StatusOr<HostPolicy> HostPolicy::Parse(const std::vector<std::string>& allow_hosts) {
  HostPolicy policy;
  for (const std::string& raw : allow_hosts) {
    const absl::string_view text = absl::StripAsciiWhitespace(raw);
    if (text.empty()) continue;
    Entry entry;
    absl::string_view host;
    if (!SplitPort(text, host, entry.port) || host.empty()) return BadEntry(text);
    const std::pair<absl::string_view, absl::string_view> cidr =
        absl::StrSplit(host, absl::MaxSplits('/', 1));
    boost::system::error_code not_an_address;
    const ip::address address = ip::make_address(std::string(cidr.first), not_an_address);
    if (!not_an_address) {
      const int width = address.is_v4() ? 32 : 128;
      int prefix = width;
      if (!cidr.second.empty() &&
          (!absl::SimpleAtoi(cidr.second, &prefix) || prefix < 0 || prefix > width)) {
        return BadEntry(text);
      }
      entry.network = AsV6(address);
      entry.prefix = prefix + (128 - width);
    } else if (host == "*") {
      entry.any = true;
    } else {
      const bool is_name = std::all_of(host.begin(), host.end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
      });
      if (!is_name) return BadEntry(text);
      entry.name = absl::AsciiStrToLower(host);
    }
    policy.entries_.push_back(std::move(entry));
  }
  return policy;
}

bool HostPolicy::IsAllowedByOperator(absl::string_view name, const ip::address& address,
                                     uint16_t port) const {
  const std::string lower = absl::AsciiStrToLower(name);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    if (entry.port != 0 ? entry.port != port : !IsMailPort(port)) return false;
    if (entry.any) return true;
    if (!entry.name.empty()) return entry.name == lower;
    return IsIn(AsV6(address), entry.network, entry.prefix);
  });
}

absl::Status HostPolicy::Check(absl::string_view name, const ip::address& address,
                               uint16_t port) const {
  if (IsAllowedByOperator(name, address, port)) return absl::OkStatus();
  if (!IsMailPort(port)) {
    return DialError(
        absl::StatusCode::kPermissionDenied,
        words::Word("port $0 is not a mail port (25, 110, 143, 465, 587, 993, 995) and the "
                    "operator of this gateway has not allowed it",
                    port),
        Suspect::kPort);
  }
  if (!IsPublicAddress(address)) {
    return DialError(absl::StatusCode::kPermissionDenied,
                     words::Word("$0 is not a public mail server, and the operator of this "
                                 "gateway has not allowed it",
                                 name),
                     Suspect::kHost);
  }
  return absl::OkStatus();
}

}  // namespace postern::net
