#include "services/rules/jsmail/acl.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {
namespace {

constexpr uint8_t kAllServices = 0x0f;
constexpr size_t kQuadBegin = 12;  // of an IPv4 address in 16 bytes
using Bytes = std::array<uint8_t, 16>;

// "10.0.0.7", "2001:db8::1", "fe80::1%eth0".
std::optional<Bytes> ReadAddress(absl::string_view text) {
  Bytes bytes{};
  const std::string plain(text.substr(0, text.find('%')));
  if (plain.find('\0') != plain.npos) return std::nullopt;
  if (inet_pton(AF_INET6, plain.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, plain.c_str(), bytes.data() + kQuadBegin) != 1) return std::nullopt;
  bytes[kQuadBegin - 2] = bytes[kQuadBegin - 1] = 0xff;
  return bytes;
}

Bytes MaskOf(int bits) {
  Bytes mask{};
  for (int i = 0; i < bits; ++i) mask[i / 8] |= 0x80 >> (i % 8);
  return mask;
}

}  // namespace

std::optional<AclService> AclServiceNamed(absl::string_view name) {
  static constexpr const char* kNames[] = {"smtp", "pop3", "password", "remote"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (absl::EqualsIgnoreCase(name, kNames[i])) return static_cast<AclService>(i);
  }
  return std::nullopt;
}

class AclReader {
 public:
  AclReader(absl::string_view source, absl::string_view file_name, const AclOptions& options)
      : source_(source, file_name), options_(options) {
    acl_.file_name_ = std::string(file_name);
    acl_.options_ = options;
  }

  Acl::ReadAcl Run() {
    for (const Line& line : source_.Entries()) {
      if (acl_.entries_.size() == kMaxRules) {
        source_.Fail(line, line.text,
                     absl::StrCat("more than ", kMaxRules, " entries in one file"));
        break;
      }
      ReadEntry(line);
    }
    Acl::ReadAcl read;
    if (!source_.failed()) read.acl = std::move(acl_);
    read.problems = source_.TakeProblems();
    return read;
  }

 private:
  void ReadEntry(const Line& line) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line.text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    Acl::Entry entry;
    entry.line = line.number;
    entry.text = absl::StrJoin(words, " ");
    entry.allow = absl::EqualsIgnoreCase(words[0], "allow");
    if (!entry.allow && !absl::EqualsIgnoreCase(words[0], "deny")) {
      return source_.Fail(line, words[0], "an entry begins with allow or deny");
    }
    if (words.size() < 3) {
      return source_.Fail(line, line.text.substr(line.text.size()),
                          "an entry is like: allow smtp 158.152.*.*");
    }
    if (words.size() > 3) {
      return source_.Fail(line, words[3], "nothing may follow the address");
    }
    const auto service = AclServiceNamed(words[1]);
    if (!service && !absl::EqualsIgnoreCase(words[1], "all")) {
      return source_.Fail(line, words[1],
                          "the service must be smtp, pop3, password, remote or all");
    }
    entry.services = service ? 1 << static_cast<int>(*service) : kAllServices;
    if (!ReadPattern(line, words[2], entry)) return;
    acl_.entries_.push_back(std::move(entry));
  }

  bool ReadPattern(const Line& line, absl::string_view text, Acl::Entry& entry) {
    const bool other = absl::StrContains(text, '/') || absl::StrContains(text, ':');
    if (!other) return ReadQuad(line, text, entry);
    if (!options_.strict) return ReadNetwork(line, text, entry);
    source_.Fail(line, text, kQuads);
    return false;
  }

  bool ReadQuad(const Line& line, absl::string_view text, Acl::Entry& entry) {
    const std::vector<absl::string_view> octets = absl::StrSplit(text, '.');
    entry.address = *ReadAddress("0.0.0.0");
    entry.mask = MaskOf(96);
    for (size_t i = 0; i < octets.size() && octets.size() == 4; ++i) {
      if (octets[i] == "*") continue;
      int number = -1;
      const bool digits = !octets[i].empty() && octets[i].size() <= 3 &&
                          std::all_of(octets[i].begin(), octets[i].end(), absl::ascii_isdigit);
      if (!digits || !absl::SimpleAtoi(octets[i], &number) || number > 255) {
        source_.Fail(line, octets[i], "an octet is a number from 0 to 255, or \"*\" for any");
        return false;
      }
      entry.address[kQuadBegin + i] = static_cast<uint8_t>(number);
      entry.mask[kQuadBegin + i] = 0xff;
    }
    if (octets.size() == 4) return true;
    source_.Fail(line, text, kQuads);
    return false;
  }

  // "10.0.0.0/8", "2001:db8::/32", "2001:db8::1".
  bool ReadNetwork(const Line& line, absl::string_view text, Acl::Entry& entry) {
    const size_t slash = text.find('/');
    const absl::string_view host = text.substr(0, slash);
    const auto address = ReadAddress(host);
    if (!address) {
      source_.Fail(line, text, "this is no address; like 10.0.0.0/8 or 2001:db8::/32");
      return false;
    }
    const int most = absl::StrContains(host, ':') ? 128 : 32;
    int bits = most;
    if (slash != text.npos &&
        (!absl::SimpleAtoi(text.substr(slash + 1), &bits) || bits < 0 || bits > most)) {
      source_.Fail(line, text.substr(slash + 1),
                   absl::StrCat("the length of a prefix is a number from 0 to ", most));
      return false;
    }
    entry.mask = MaskOf(bits + 128 - most);
    for (size_t i = 0; i < entry.mask.size(); ++i) {
      entry.address[i] = (*address)[i] & entry.mask[i];
    }
    if (entry.address != *address) {
      source_.Warn(line, host, "bits behind the prefix are passed over");
    }
    return true;
  }

  static constexpr char kQuads[] =
      "an address is four octets with dots, \"*\" for any, like 158.152.*.*";

  Source source_;
  const AclOptions options_;
  Acl acl_;
};

Acl::ReadAcl Acl::Read(absl::string_view source, absl::string_view file_name,
                       const AclOptions& options) {
  return AclReader(source, file_name, options).Run();
}

bool Acl::IsAddress(absl::string_view text) { return ReadAddress(text).has_value(); }

bool Acl::Allows(AclService service, absl::string_view address) const {
  return Judge(service, address).allowed;
}

AclVerdict Acl::Judge(AclService service, absl::string_view address) const {
  const auto bytes = ReadAddress(address);
  if (!bytes) return {false, 0, "this is no IP address"};
  const uint8_t bit = 1 << static_cast<int>(service);
  for (size_t n = entries_.size(); n-- > 0;) {
    const Entry& entry = entries_[n];
    if ((entry.services & bit) == 0) continue;
    bool matches = true;
    for (size_t i = 0; i < bytes->size(); ++i) {
      matches = matches && ((*bytes)[i] & entry.mask[i]) == entry.address[i];
    }
    if (!matches) continue;
    return {entry.allow, entry.line, absl::StrCat(file_name_, ":", entry.line, ": ", entry.text)};
  }
  return Default(service);
}

AclVerdict Acl::Default(AclService service) const {
  const uint8_t bit = 1 << static_cast<int>(service);
  bool allow = false, deny = false;
  for (const Entry& entry : entries_) {
    if (options_.per_service && (entry.services & bit) == 0) continue;
    (entry.allow ? allow : deny) = true;
  }
  if (!allow && !deny) return {true, 0, "no entry is for it"};
  if (!allow) return {true, 0, "no entry matches, and all of them deny"};
  if (!deny) return {false, 0, "no entry matches, and all of them allow"};
  return {options_.mixed_default, 0, "no entry matches"};
}

}  // namespace postern::rules::jsmail
