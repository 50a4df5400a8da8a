#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::net {

// What a domain's owner says in DNS of a server's certificate. RFC 6698 section 2.1.
struct TlsaRecord {
  uint8_t usage = 0;     // 2: a trust anchor, 3: the server's own; others are of no use to mail
  uint8_t selector = 0;  // 0: the certificate, 1: its public key
  uint8_t matching = 0;  // 0: all of it, 1: SHA-256, 2: SHA-512
  std::string data;      // bytes
  bool operator==(const TlsaRecord&) const = default;
};

// How a server proves who it is, where it is not by a certificate from a CA for its name.
struct TlsChecks {
  enum class By {
    kNothing,  // encrypted all the same; RFC 7435
    kTlsa,     // RFC 7671, 7672
  } by = By::kNothing;
  std::vector<TlsaRecord> tlsa;
  // Names that a certificate under a trust anchor may bear instead of the host's own.
  std::vector<std::string> further_names;
};

}  // namespace postern::net
