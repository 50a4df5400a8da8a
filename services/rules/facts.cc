#include "services/rules/facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxSenders = 10;  // RFC 5322 section 3.6.2 allows one

// Values in order until their bytes together reach the limit.
class BoundedList {
 public:
  explicit BoundedList(std::vector<std::string>& values) : values_(values) {}

  void Add(absl::string_view value) {
    const absl::string_view fitting = mail::CutUtf8(value, room_);
    if (fitting.empty() || std::find(values_.begin(), values_.end(), fitting) != values_.end())
      return;
    room_ -= fitting.size();
    values_.emplace_back(fitting);
  }

 private:
  std::vector<std::string>& values_;
  size_t room_ = kMaxMatchedBytes;
};

void AddBare(absl::string_view address, BoundedList& list) {
  list.Add(address);
  const size_t at = address.rfind('@');
  if (at != absl::string_view::npos)
    list.Add(absl::StrCat(address.substr(0, at), absl::AsciiStrToLower(address.substr(at))));
}

absl::string_view FirstHeader(const mail::Mail& mail, absl::string_view name) {
  for (const mail::Header& header : mail.headers)
    if (absl::EqualsIgnoreCase(header.name, name)) return header.value;
  return "";
}

// The parser has put the domains in lower case; how they were written stands in `field`.
void AddParsed(const std::vector<mail::Address>& addresses, absl::string_view field,
               BoundedList& list) {
  field = mail::CutUtf8(field, kMaxMatchedBytes);
  const std::string lowered = absl::AsciiStrToLower(field);
  for (const mail::Address& address : addresses) {
    const std::string spec = address.Spec();
    const size_t at = lowered.find(absl::AsciiStrToLower(spec));
    if (at != std::string::npos) list.Add(field.substr(at, spec.size()));
    list.Add(spec);
  }
}

Spellings GatherSource(const mail::Mail& mail) {
  Spellings source;
  BoundedList list(source);
  AddBare(mail.envelope_from, list);
  AddParsed(mail.from, FirstHeader(mail, "From"), list);
  const absl::string_view sender = FirstHeader(mail, "Sender");
  if (auto addresses = mail::ParseAddressList(sender, kMaxSenders); addresses.ok())
    AddParsed(*addresses, sender, list);
  return source;
}

Spellings GatherHeaderRecipients(const mail::Mail& mail) {
  Spellings spellings;
  BoundedList list(spellings);
  AddParsed(mail.to, FirstHeader(mail, "To"), list);
  AddParsed(mail.cc, FirstHeader(mail, "Cc"), list);
  return spellings;
}

}  // namespace

Facts GatherFacts(const mail::Mail& mail, const std::vector<std::string>& recipients) {
  Facts facts;
  facts.source = GatherSource(mail);
  for (const std::string& recipient : recipients) {
    BoundedList list(facts.recipients.emplace_back());
    AddBare(recipient, list);
  }
  if (recipients.empty()) facts.recipients.push_back(GatherHeaderRecipients(mail));
  facts.subject = std::string(mail::CutUtf8(mail.subject, kMaxMatchedBytes));
  BoundedList received(facts.received);
  for (const mail::Header& header : mail.headers) {
    if (facts.received.size() == kMaxReceivedFields) break;
    if (absl::EqualsIgnoreCase(header.name, "Received")) received.Add(header.value);
  }
  return facts;
}

}  // namespace postern::rules
