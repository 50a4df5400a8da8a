#include "services/sender/mx/dns_records.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::sender::mx {
namespace {

namespace ip = boost::asio::ip;

constexpr size_t kMaxName = 253, kMaxLabel = 63;

uint8_t Byte(absl::string_view data, size_t at) { return static_cast<uint8_t>(data[at]); }

// A name as labels with their lengths, to the end of `data`.
std::optional<std::string> ReadWireName(absl::string_view data) {
  std::string name;
  while (!data.empty()) {
    const size_t length = Byte(data, 0);
    if (length == 0) {
      if (data.size() != 1) return std::nullopt;
      return name.empty() ? name : ReadName(name);
    }
    if (length > kMaxLabel || length >= data.size()) return std::nullopt;
    const absl::string_view label = data.substr(1, length);
    // A dot inside a label would make another name of it.
    if (label.find('.') != absl::string_view::npos) return std::nullopt;
    if (!name.empty()) name += '.';
    name.append(label.data(), label.size());
    data.remove_prefix(length + 1);
  }
  return std::nullopt;
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

}  // namespace

std::optional<std::string> ReadName(absl::string_view name) {
  name = absl::StripSuffix(name, ".");
  if (name.empty() || name.size() > kMaxName) return std::nullopt;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    if (!IsLabel(label)) return std::nullopt;
  }
  return absl::AsciiStrToLower(name);
}

std::optional<MxRecord> ReadMx(absl::string_view data) {
  if (data.size() < 3) return std::nullopt;
  auto host = ReadWireName(data.substr(2));
  if (!host) return std::nullopt;
  MxRecord record;
  record.preference = static_cast<uint16_t>(Byte(data, 0) << 8 | Byte(data, 1));
  record.host = *std::move(host);
  return record;
}

std::optional<ip::address> ReadAddress(absl::string_view data) {
  if (data.size() == 4) {
    ip::address_v4::bytes_type bytes;
    std::copy(data.begin(), data.end(), bytes.begin());
    return ip::address_v4(bytes);
  }
  if (data.size() == 16) {
    ip::address_v6::bytes_type bytes;
    std::copy(data.begin(), data.end(), bytes.begin());
    return ip::address_v6(bytes);
  }
  return std::nullopt;
}

std::optional<net::TlsaRecord> ReadTlsa(absl::string_view data) {
  if (data.size() < 4) return std::nullopt;
  net::TlsaRecord record;
  record.usage = Byte(data, 0);
  record.selector = Byte(data, 1);
  record.matching = Byte(data, 2);
  record.data = std::string(data.substr(3));
  return record;
}

std::optional<std::string> ReadTxt(absl::string_view data) {
  std::string text;
  while (!data.empty()) {
    const size_t length = Byte(data, 0);
    if (length >= data.size()) return std::nullopt;
    text.append(data.data() + 1, length);
    data.remove_prefix(length + 1);
  }
  return text;
}

}  // namespace postern::sender::mx
