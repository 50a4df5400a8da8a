#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/problem.h"

// JSMail's allow/deny file: who may connect. Pure.
namespace postern::rules::jsmail {

enum class AclService : uint8_t { kSmtp, kPop3, kPassword, kRemote };
std::optional<AclService> AclServiceNamed(absl::string_view name);  // in whatever case

struct AclOptions {
  bool strict = false;         // dotted quads alone, as JSMail read them: no CIDR, no IPv6
  bool per_service = false;    // "only allow entries" is meant of those for one service
  bool mixed_default = false;  // allowed when a file has both kinds and none matches
};

// As each service of Postern asks: lines for others neither close nor open it.
inline constexpr AclOptions kOneService{.per_service = true};

// What an address is told, and why.
struct AclVerdict {
  bool allowed = false;
  uint32_t line = 0;  // of the entry that decided; 0: none matched
  std::string
      reason;  // "acl.txt:3: allow smtp 10.*.*.*", "no entry matches, and all of them allow"
};

class Acl {
 public:
  // entry = ("allow" | "deny") service address;  service = smtp, pop3, password, remote or all.
  // An address is a dotted quad, with "*" for any octet; 10.0.0.0/8, 2001:db8::/32 or an IPv6
  // address as well, unless strict. Null with an error.
  struct ReadAcl;
  static ReadAcl Read(absl::string_view source, absl::string_view file_name,
                      const AclOptions& options = {});

  // The last entry that matches decides. When none does: who only allows denies, who only denies
  // allows, a file with both denies; an empty one allows. What is no address is denied.
  bool Allows(AclService service, absl::string_view address) const;
  AclVerdict Judge(AclService service, absl::string_view address) const;
  static bool IsAddress(absl::string_view text);  // IPv4 or IPv6
  size_t size() const { return entries_.size(); }

 private:
  using Bytes = std::array<uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

  struct Entry {
    bool allow = false;
    uint8_t services = 0;  // bit n: AclService n
    Bytes address{}, mask{};
    uint32_t line = 0;
    std::string text;
  };

  friend class AclReader;
  AclVerdict Default(AclService service) const;

  std::string file_name_;
  AclOptions options_;
  std::vector<Entry> entries_;
};

struct Acl::ReadAcl {
  std::optional<Acl> acl;
  std::vector<Problem> problems;
};

}  // namespace postern::rules::jsmail
