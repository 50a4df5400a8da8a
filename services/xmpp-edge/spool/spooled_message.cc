#include "services/xmpp-edge/spool/spooled_message.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {
namespace {

absl::Status WrongLine(size_t number, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", why));
}

// The next line, without its end; what is left begins with the one after it.
absl::string_view TakeLine(absl::string_view& rest) {
  const size_t end = rest.find('\n');
  absl::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  absl::ConsumeSuffix(&line, "\r");
  return line;
}

// "ann@example.org", "Ann <ann@example.org>", and a JID with a resource, which is passed over.
std::optional<std::string> ReadReceiver(absl::string_view text) {
  if (const auto jid = ParseJid(text); jid.ok()) {
    return jid->local.empty() ? std::nullopt : std::optional(jid->Bare());
  }
  const auto address = mail::ParseAddress(text);
  if (!address.ok()) return std::nullopt;
  const auto jid =
      ParseJid(absl::StrCat(EscapeLocalpart(address->local_part), "@", address->domain));
  return jid.ok() ? std::optional(jid->Bare()) : std::nullopt;
}

class HeadReader {
 public:
  explicit HeadReader(SpooledMessage& message) : message_(message) {}

  absl::Status Read(size_t number, absl::string_view line) {
    const size_t colon = line.find(':');
    const absl::string_view name = line.substr(0, colon);
    const bool to = colon != line.npos && absl::EqualsIgnoreCase(name, "to");
    const bool from = colon != line.npos && absl::EqualsIgnoreCase(name, "from");
    if (!to && !from) {
      return WrongLine(number, "To: or From: is expected; an empty line begins the text");
    }
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    return to ? AddReceiver(number, value) : SetSender(number, value);
  }

  absl::Status Complete() const {
    if (message_.to.empty()) return absl::InvalidArgumentError("there is no To: line");
    if (!from_) return absl::InvalidArgumentError("there is no From: line");
    return absl::OkStatus();
  }

 private:
  absl::Status AddReceiver(size_t number, absl::string_view value) {
    const auto receiver = ReadReceiver(value);
    if (!receiver) return WrongLine(number, "To: is no address, such as ann@example.org");
    const bool known =
        std::find(message_.to.begin(), message_.to.end(), *receiver) != message_.to.end();
    if (known) return absl::OkStatus();
    if (message_.to.size() == kMaxSpooledReceivers) {
      return WrongLine(number, absl::StrCat("more than ", kMaxSpooledReceivers, " receivers"));
    }
    message_.to.push_back(*receiver);
    return absl::OkStatus();
  }

  absl::Status SetSender(size_t number, absl::string_view value) {
    if (from_) return WrongLine(number, "From: is there twice");
    auto address = mail::ParseAddress(value);
    if (!address.ok()) return WrongLine(number, "From: is no address, such as ann@example.org");
    message_.from = *std::move(address);
    from_ = true;
    return absl::OkStatus();
  }

  SpooledMessage& message_;
  bool from_ = false;
};

absl::Status ReadText(absl::string_view text, SpooledMessage& message) {
  message.text = mail::CleanText(text);
  message.text.erase(absl::StripTrailingAsciiWhitespace(message.text).size());
  if (message.text.empty()) return absl::InvalidArgumentError("there is no text");
  if (message.text.size() <= kMaxSpooledText) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the text is larger than ", kMaxSpooledText / 1024, " KiB"));
}

}  // namespace

absl::StatusOr<SpooledMessage> ParseSpooledMessage(absl::string_view bytes) {
  if (bytes.size() > kMaxSpooledBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file is larger than ", kMaxSpooledBytes / 1024, " KiB"));
  }
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  const std::string utf8 =
      mail::IsUtf8(bytes) ? std::string(bytes) : mail::ToUtf8(bytes, "windows-1252");
  absl::string_view rest = utf8;
  SpooledMessage message;
  HeadReader head(message);
  size_t number = 0;
  while (!rest.empty()) {
    const absl::string_view line = absl::StripTrailingAsciiWhitespace(TakeLine(rest));
    ++number;
    if (line.empty()) break;
    if (absl::Status s = head.Read(number, line); !s.ok()) return s;
  }
  if (absl::Status s = head.Complete(); !s.ok()) return s;
  if (absl::Status s = ReadText(rest, message); !s.ok()) return s;
  return message;
}

}  // namespace postern::xmpp_edge
