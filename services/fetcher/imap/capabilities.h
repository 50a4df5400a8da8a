#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "lib/sasl/mechanism.h"

namespace postern::fetcher::imap {

// What a server may offer, as far as we use it.
enum class Capability : uint8_t {
  kImap4Rev1,  // RFC 3501
  kImap4Rev2,  // RFC 9051
  kStartTls,   // RFC 3501
  kLoginDisabled,
  kSaslIr,       // RFC 4959
  kLiteralPlus,  // RFC 7888
  kLiteralMinus,
  kId,         // RFC 2971
  kEnable,     // RFC 5161
  kIdle,       // RFC 2177
  kNotify,     // RFC 5465
  kCondstore,  // RFC 7162
  kQresync,
  kUidPlus,       // RFC 4315
  kMove,          // RFC 6851
  kNamespace,     // RFC 2342
  kSpecialUse,    // RFC 6154
  kListExtended,  // RFC 5258
  kListStatus,    // RFC 5819
  kEsearch,       // RFC 4731
  kSort,          // RFC 5256
  kUtf8Accept,    // RFC 6855; UTF8=ONLY counts as well
  kQuota,         // RFC 9208
  kAppendLimit,   // RFC 7889
  kGmail,         // X-GM-EXT-1
};

// What a server offers: 16 bytes, however long its list is.
class Capabilities {
 public:
  // Reads the words of a CAPABILITY response. IMAP4rev2 alone brings along what it took in
  // (RFC 9051 appendix E); beside IMAP4rev1 it does so once it is enabled.
  static Capabilities Parse(absl::string_view words);

  bool Has(Capability capability) const { return (bits_ & Bit(capability)) != 0; }
  void Remove(Capability capability) { bits_ &= ~Bit(capability); }
  void AddThoseOfRev2();

  sasl::Mechanisms mechanisms() const { return mechanisms_; }
  // The most bytes of a mail that is appended (RFC 7889); 0: none is named for all mailboxes.
  uint32_t append_limit() const { return append_limit_; }

 private:
  static uint64_t Bit(Capability capability) {
    return uint64_t{1} << static_cast<unsigned>(capability);
  }
  void Add(Capability capability) { bits_ |= Bit(capability); }
  void Learn(absl::string_view word);

  uint64_t bits_ = 0;
  uint32_t append_limit_ = 0;
  sasl::Mechanisms mechanisms_;
};
static_assert(sizeof(Capabilities) <= 16);

// What a session has turned on by ENABLE (RFC 5161), or has by IMAP4rev2 alone.
struct Enabled {
  bool rev2 = false;  // answers to SEARCH come as ESEARCH
  bool utf8 = false;  // mailbox names and strings are UTF-8; SEARCH takes no CHARSET (RFC 6855)
  bool condstore = false;  // RFC 7162: MODSEQ comes along with flags
  bool qresync = false;    // VANISHED comes in place of EXPUNGE
};

}  // namespace postern::fetcher::imap
