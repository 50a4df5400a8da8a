#include "services/rules/judging/question.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/address.h"
#include "lib/mail/header_writer.h"
#include "lib/rpc/mail_codec.h"
#include "lib/schedule/wall_clock.h"

namespace postern::rules {
namespace {

constexpr int kMaxRecipients = 100;
constexpr int kMaxMails = 64;    // in one call
constexpr int kMaxFacts = 1000;  // of one mail
constexpr size_t kMaxMessageBytes = (1 << 20) + 4096;
constexpr size_t kMaxSenders = 10;  // RFC 5322 section 3.6.2 allows one
constexpr size_t kMaxTryScript = 256 * 1024;

using Addresses = google::protobuf::RepeatedPtrField<mail::v1::Address>;

absl::string_view FieldOf(const mail::v1::Mail& mail, absl::string_view name) {
  for (const mail::v1::Header& header : mail.headers()) {
    if (absl::EqualsIgnoreCase(header.name(), name)) return header.value();
  }
  return "";
}

bool HasField(const mail::v1::Mail& mail, absl::string_view name) {
  return std::any_of(mail.headers().begin(), mail.headers().end(), [&](const auto& header) {
    return absl::EqualsIgnoreCase(header.name(), name);
  });
}

void AddLine(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppend(&out, name, ": ", value, "\r\n");
}

// The parser has put the domains in lower case; how they were written stands in `field`.
mail::Address AsWritten(mail::Address address, absl::string_view lowered_field,
                        absl::string_view field) {
  const std::string domain = absl::StrCat("@", absl::AsciiStrToLower(address.domain));
  const size_t at = lowered_field.find(domain);
  if (at != absl::string_view::npos)
    address.domain = std::string(field.substr(at + 1, domain.size() - 1));
  return address;
}

void AddAddresses(absl::string_view name, const std::vector<mail::Address>& addresses,
                  absl::string_view field, std::string& out) {
  if (addresses.empty()) return;
  const std::string lowered = absl::AsciiStrToLower(field);
  std::vector<std::string> written;
  for (const mail::Address& address : addresses) {
    const mail::Address as_written = AsWritten(address, lowered, field);
    written.push_back(absl::StrJoin(mail::AddressWords(as_written), " "));
  }
  AddLine(name, absl::StrJoin(written, ", "), out);
}

void AddParsed(absl::string_view name, const Addresses& addresses, const mail::v1::Mail& mail,
               std::string& out) {
  std::vector<mail::Address> parsed;
  for (const mail::v1::Address& address : addresses) parsed.push_back(rpc::FromProto(address));
  AddAddresses(name, parsed, FieldOf(mail, name), out);
}

// Those are written from what the parser made of them.
bool IsParsed(absl::string_view name) {
  for (absl::string_view parsed : {"From", "Sender", "Reply-To", "To", "Cc", "Return-Path"}) {
    if (absl::EqualsIgnoreCase(name, parsed)) return true;
  }
  return false;
}

// What was decoded must not be decoded once more.
std::string Reencoded(absl::string_view value) {
  if (!absl::StrContains(value, "=?")) return std::string(value);
  return absl::StrCat("=?utf-8?b?", absl::Base64Escape(value), "?=");
}

void FillEnvironment(const v1::EvaluateRequest& request, Facts& facts) {
  const std::string domain = facts.owner.substr(facts.owner.find('@') + 1);
  // RFC 5183 section 4.1; the rest of its items nobody here knows.
  facts.environment["name"] = "Postern";
  facts.environment["location"] = "MS";
  facts.environment["phase"] = "post";
  facts.environment["domain"] = domain;
  facts.environment["vnd.postern.at-domain"] = absl::StrCat("@", domain);
  facts.environment["vnd.postern.presence"] = request.presence();
  facts.environment["vnd.postern.account"] = facts.account;
  facts.environment["vnd.postern.mailbox"] = facts.mailbox;
}

std::vector<std::string> RecipientsOf(const v1::EvaluateRequest& request) {
  const std::vector<std::string> own(request.recipients().begin(), request.recipients().end());
  std::vector<std::string> named;
  for (const Addresses* list : {&request.mail().to(), &request.mail().cc()}) {
    for (const mail::v1::Address& address : *list) {
      const std::string spec = rpc::FromProto(address).Spec();
      for (const std::string& one : own) {
        const bool known = std::find(named.begin(), named.end(), one) != named.end();
        if (!known && absl::EqualsIgnoreCase(one, spec)) named.push_back(one);
      }
    }
  }
  if (named.empty() && !own.empty()) named.push_back(own.front());
  return named;
}

}  // namespace

absl::Status CheckEvaluate(const v1::EvaluateRequest& request) {
  if (request.direction() == v1::DIRECTION_UNSPECIFIED)
    return absl::InvalidArgumentError("direction is missing");
  if (request.direction() == v1::DIRECTION_INCOMING && request.mail_id().empty())
    return absl::InvalidArgumentError("mail_id is empty");
  if (request.recipients_size() > kMaxRecipients)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxRecipients, " recipients"));
  if (request.facts_size() > kMaxFacts)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxFacts, " facts"));
  if (request.message().size() > kMaxMessageBytes)
    return absl::InvalidArgumentError("message: larger than 1 MiB");
  if (request.try_script().size() > kMaxTryScript)
    return absl::InvalidArgumentError("try_script: larger than 256 KiB");
  const bool tries = !request.try_script().empty() || request.try_personal();
  if (tries && !request.dry_run())
    return absl::InvalidArgumentError("try_script: only with dry_run");
  return absl::OkStatus();
}

absl::Status CheckEvaluateMails(const v1::EvaluateMailsRequest& request) {
  if (request.requests_size() > kMaxMails)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxMails, " mails"));
  for (int i = 0; i < request.requests_size(); ++i) {
    const absl::Status status = CheckEvaluate(request.requests(i));
    if (!status.ok())
      return absl::InvalidArgumentError(absl::StrCat("requests[", i, "]: ", status.message()));
  }
  return absl::OkStatus();
}

Facts FactsOf(const v1::EvaluateRequest& request, absl::Time now) {
  Facts facts;
  facts.owner = absl::AsciiStrToLower(request.user());
  facts.account = request.account_name();
  if (!request.mailbox().empty()) facts.mailbox = request.mailbox();
  facts.own_addresses.assign(request.recipients().begin(), request.recipients().end());
  facts.envelope_from = request.mail().envelope_from();
  facts.envelope_known = !facts.envelope_from.empty() || HasField(request.mail(), "Return-Path");
  facts.recipients = RecipientsOf(request);
  facts.flags.assign(request.flags().begin(), request.flags().end());
  facts.now = now;
  const auto zone = schedule::FindZone(request.time_zone());
  facts.zone = zone.ok() ? *zone : absl::UTCTimeZone();
  const int64_t received = request.mail().received_unix();
  facts.received = received == 0 ? now : absl::FromUnixSeconds(received);
  facts.outgoing = request.direction() == v1::DIRECTION_OUTGOING;
  facts.answers = !request.no_answers();
  FillEnvironment(request, facts);
  for (const auto& [key, value] : request.facts()) facts.looked_up[key] = value;
  return facts;
}

std::string WriteHeader(const mail::v1::Mail& mail) {
  std::string out;
  if (!mail.envelope_from().empty() || HasField(mail, "Return-Path"))
    AddLine("Return-Path", absl::StrCat("<", mail.envelope_from(), ">"), out);
  AddParsed("From", mail.from(), mail, out);
  const absl::string_view sender = FieldOf(mail, "Sender");
  if (auto senders = mail::ParseAddressList(sender, kMaxSenders); senders.ok())
    AddAddresses("Sender", *senders, sender, out);
  AddParsed("Reply-To", mail.reply_to(), mail, out);
  AddParsed("To", mail.to(), mail, out);
  AddParsed("Cc", mail.cc(), mail, out);
  for (const mail::v1::Header& header : mail.headers()) {
    if (!IsParsed(header.name())) AddLine(header.name(), Reencoded(header.value()), out);
  }
  if (!mail.subject().empty() && !HasField(mail, "Subject"))
    AddLine("Subject", Reencoded(mail.subject()), out);
  if (!mail.message_id().empty() && !HasField(mail, "Message-ID"))
    AddLine("Message-ID", absl::StrCat("<", mail.message_id(), ">"), out);
  out += "\r\n";
  return out;
}

MailUnderJudgement::MailUnderJudgement(const v1::EvaluateRequest& request) {
  const uint64_t size = request.mail().size();
  if (!request.message().empty()) {
    view_ = std::make_unique<MessageView>(request.message(), size);
    return;
  }
  header_ = WriteHeader(request.mail());
  view_ = std::make_unique<MessageView>(header_, size);
}

}  // namespace postern::rules
