#include "services/fetcher/imap/capabilities.h"

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::fetcher::imap {

namespace {

constexpr size_t kMaxWords = 500;  // of a list; what is behind them is passed over

constexpr struct {
  absl::string_view name;
  Capability capability;
} kNames[] = {
    {"IMAP4rev1", Capability::kImap4Rev1},
    {"IMAP4rev2", Capability::kImap4Rev2},
    {"STARTTLS", Capability::kStartTls},
    {"LOGINDISABLED", Capability::kLoginDisabled},
    {"SASL-IR", Capability::kSaslIr},
    {"LITERAL+", Capability::kLiteralPlus},
    {"LITERAL-", Capability::kLiteralMinus},
    {"ID", Capability::kId},
    {"ENABLE", Capability::kEnable},
    {"IDLE", Capability::kIdle},
    {"NOTIFY", Capability::kNotify},
    {"CONDSTORE", Capability::kCondstore},
    {"QRESYNC", Capability::kQresync},
    {"UIDPLUS", Capability::kUidPlus},
    {"MOVE", Capability::kMove},
    {"NAMESPACE", Capability::kNamespace},
    {"SPECIAL-USE", Capability::kSpecialUse},
    {"LIST-EXTENDED", Capability::kListExtended},
    {"LIST-STATUS", Capability::kListStatus},
    {"ESEARCH", Capability::kEsearch},
    {"SORT", Capability::kSort},
    {"UTF8=ACCEPT", Capability::kUtf8Accept},
    {"UTF8=ONLY", Capability::kUtf8Accept},
    {"QUOTA", Capability::kQuota},
    {"APPENDLIMIT", Capability::kAppendLimit},
    {"X-GM-EXT-1", Capability::kGmail},
};

constexpr Capability kPartsOfRev2[] = {
    Capability::kSaslIr,     Capability::kLiteralMinus, Capability::kEnable,
    Capability::kIdle,       Capability::kUidPlus,      Capability::kMove,
    Capability::kNamespace,  Capability::kSpecialUse,   Capability::kListExtended,
    Capability::kListStatus, Capability::kEsearch,
};

}  // namespace

Capabilities Capabilities::Parse(absl::string_view words) {
  Capabilities offered;
  size_t count = 0;
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    if (++count > kMaxWords) break;
    offered.Learn(word);
  }
  // RFC 7162 section 3.2.3: who has QRESYNC has CONDSTORE.
  if (offered.Has(Capability::kQresync)) offered.Add(Capability::kCondstore);
  if (offered.Has(Capability::kImap4Rev2) && !offered.Has(Capability::kImap4Rev1)) {
    offered.AddThoseOfRev2();
  }
  return offered;
}

void Capabilities::Learn(absl::string_view word) {
  constexpr absl::string_view kAuth = "AUTH=", kLimit = "APPENDLIMIT=";
  if (absl::StartsWithIgnoreCase(word, kAuth)) {
    mechanisms_.AddNamed(word.substr(kAuth.size()));
    return;
  }
  if (absl::StartsWithIgnoreCase(word, kLimit)) {
    uint64_t limit = 0;
    if (!absl::SimpleAtoi(word.substr(kLimit.size()), &limit)) return;
    constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
    append_limit_ = static_cast<uint32_t>(limit < kMost ? limit : kMost);
    Add(Capability::kAppendLimit);
    return;
  }
  // RFC 9208 names what a quota is of, and some servers name SORT's ways, behind "=".
  for (absl::string_view with_more : {"QUOTA=", "SORT="}) {
    if (absl::StartsWithIgnoreCase(word, with_more))
      word = with_more.substr(0, with_more.size() - 1);
  }
  for (const auto& known : kNames) {
    if (absl::EqualsIgnoreCase(known.name, word)) Add(known.capability);
  }
}

void Capabilities::AddThoseOfRev2() {
  for (Capability capability : kPartsOfRev2) Add(capability);
}

}  // namespace postern::fetcher::imap
