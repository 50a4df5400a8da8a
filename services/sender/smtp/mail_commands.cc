#include "services/sender/smtp/mail_commands.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"

namespace postern::sender::smtp {
namespace {

constexpr size_t kMaxEnvelopeId = 100;  // RFC 3461 section 4.4
constexpr size_t kMaxOriginal = 500;    // section 4.2

std::string Hex(char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

// RFC 6533 section 3, for a server that takes UTF-8.
std::string Utf8Address(absl::string_view address) {
  std::string out;
  for (char c : address) {
    const bool plain = static_cast<unsigned char>(c) >= 0x80 ||
                       (absl::ascii_isgraph(c) && c != '+' && c != '=' && c != '\\');
    if (plain) {
      out += c;
    } else {
      absl::StrAppend(&out, "\\x{", Hex(c), "}");
    }
  }
  return out;
}

uint64_t Megabytes(uint64_t bytes) { return (bytes + 999'999) / 1'000'000; }

void Fail(Transaction& transaction, const std::string& status, const words::Wording& why) {
  transaction.SettleWith(Fate::kFailed, why, status);
}

}  // namespace

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string XText(absl::string_view text) {
  std::string out;
  for (char c : text) {
    if (absl::ascii_isgraph(c) && c != '+' && c != '=') {
      out += c;
    } else {
      absl::StrAppend(&out, "+", Hex(c));
    }
  }
  return out;
}

std::string MailCommand(const Envelope& envelope, const Transaction& transaction,
                        const Capabilities& offered) {
  std::string command = absl::StrCat("MAIL FROM:<", envelope.from, ">");
  if (offered.size) absl::StrAppend(&command, " SIZE=", envelope.size);
  if (envelope.eight_bit) absl::StrAppend(&command, " BODY=8BITMIME");
  bool utf8 = envelope.utf8 || !IsAscii(envelope.from);
  for (const Recipient& r : transaction.recipients) {
    if (r.fate == Fate::kPending) utf8 = utf8 || !IsAscii(r.address);
  }
  if (utf8) absl::StrAppend(&command, " SMTPUTF8");
  if (envelope.require_tls) absl::StrAppend(&command, " REQUIRETLS");
  if (offered.dsn && !envelope.envelope_id.empty()) {
    absl::StrAppend(&command, " RET=HDRS");
    const std::string id = XText(envelope.envelope_id);
    if (id.size() <= kMaxEnvelopeId) absl::StrAppend(&command, " ENVID=", id);
  }
  return command;
}

std::string RecipientCommand(const Envelope& envelope, const Recipient& recipient,
                             const Capabilities& offered) {
  std::string command = absl::StrCat("RCPT TO:<", recipient.address, ">");
  if (!offered.dsn || envelope.envelope_id.empty()) return command;
  absl::StrAppend(&command, " NOTIFY=FAILURE,DELAY");
  const std::string original = IsAscii(recipient.address)
                                   ? absl::StrCat("rfc822;", XText(recipient.address))
                                   : absl::StrCat("utf-8;", Utf8Address(recipient.address));
  if (original.size() <= kMaxOriginal) absl::StrAppend(&command, " ORCPT=", original);
  return command;
}

bool CanCarry(const Envelope& envelope, const Capabilities& offered, bool encrypted,
              Transaction& transaction) {
  if (offered.max_size > 0 && envelope.size > offered.max_size) {
    Fail(transaction, "5.3.4",
         words::Word("the mail has $0 MB, the server takes at most $1 MB", Megabytes(envelope.size),
                     Megabytes(offered.max_size)));
  } else if (envelope.require_tls && !(encrypted && offered.require_tls)) {
    Fail(transaction, "5.7.30",
         words::Word("the mail may travel over encrypted connections only, and the server does "
                     "not promise that"));
  } else if (envelope.eight_bit && !offered.eight_bit) {
    Fail(transaction, "5.6.3", words::Word("the server can't carry 8-bit content"));
  } else if (!offered.utf8 && !IsAscii(envelope.from)) {
    Fail(transaction, "5.6.7",
         words::Word("the server can't carry a sender's address with letters beyond "
                     "ASCII"));
  }
  if (!offered.utf8) {
    for (Recipient& r : transaction.recipients) {
      if (r.fate != Fate::kPending || IsAscii(r.address)) continue;
      r.fate = Fate::kFailed;  // never downgraded silently: RFC 6531 section 3.2
      r.status = "5.6.7";
      r.reason = words::Word("the server can't carry addresses with letters beyond ASCII");
    }
    if (envelope.utf8) {
      Fail(transaction, "5.6.7",
           words::Word("the server can't carry a mail whose header has letters beyond ASCII"));
    }
  }
  return transaction.AnyPending();
}

}  // namespace postern::sender::smtp
