#include "lib/rpc/mail_codec.h"

#include <utility>

namespace postern::rpc {
namespace {

template <class Repeated>
void AddAll(const std::vector<mail::Address>& from, Repeated* to) {
  for (const auto& address : from) *to->Add() = ToProto(address);
}

template <class Repeated>
std::vector<mail::Address> AllOf(const Repeated& from) {
  std::vector<mail::Address> all;
  all.reserve(from.size());
  for (const auto& address : from) all.push_back(FromProto(address));
  return all;
}

using ReportAction = mail::DeliveryReport::Action;

constexpr std::pair<ReportAction, mail::v1::DeliveryReport::Action> kActions[] = {
    {ReportAction::kUnknown, mail::v1::DeliveryReport::ACTION_UNSPECIFIED},
    {ReportAction::kFailed, mail::v1::DeliveryReport::ACTION_FAILED},
    {ReportAction::kDelayed, mail::v1::DeliveryReport::ACTION_DELAYED},
    {ReportAction::kDelivered, mail::v1::DeliveryReport::ACTION_DELIVERED},
    {ReportAction::kRelayed, mail::v1::DeliveryReport::ACTION_RELAYED},
    {ReportAction::kExpanded, mail::v1::DeliveryReport::ACTION_EXPANDED},
};

mail::v1::DeliveryReport ToProto(const mail::DeliveryReport& report) {
  mail::v1::DeliveryReport proto;
  proto.set_envelope_id(report.envelope_id);
  proto.set_message_id(report.message_id);
  for (const auto& recipient : report.recipients) {
    auto* out = proto.add_recipients();
    out->set_address(recipient.address);
    for (const auto& [action, number] : kActions) {
      if (action == recipient.action) out->set_action(number);
    }
    out->set_status(recipient.status);
    out->set_diagnostic(recipient.diagnostic);
  }
  return proto;
}

mail::DeliveryReport FromProto(const mail::v1::DeliveryReport& proto) {
  mail::DeliveryReport report;
  report.envelope_id = proto.envelope_id();
  report.message_id = proto.message_id();
  for (const auto& recipient : proto.recipients()) {
    auto& out = report.recipients.emplace_back();
    out.address = recipient.address();
    for (const auto& [action, number] : kActions) {
      if (number == recipient.action()) out.action = action;
    }
    out.status = recipient.status();
    out.diagnostic = recipient.diagnostic();
  }
  return report;
}

}  // namespace

mail::v1::Address ToProto(const mail::Address& address) {
  mail::v1::Address proto;
  proto.set_display_name(address.display_name);
  proto.set_local_part(address.local_part);
  proto.set_domain(address.domain);
  return proto;
}

mail::Address FromProto(const mail::v1::Address& proto) {
  return {proto.display_name(), proto.local_part(), proto.domain()};
}

mail::v1::Mail ToProto(const mail::Mail& mail) {
  mail::v1::Mail proto;
  proto.set_message_id(mail.message_id);
  proto.mutable_in_reply_to()->Assign(mail.in_reply_to.begin(), mail.in_reply_to.end());
  proto.mutable_references()->Assign(mail.references.begin(), mail.references.end());
  AddAll(mail.from, proto.mutable_from());
  AddAll(mail.reply_to, proto.mutable_reply_to());
  AddAll(mail.to, proto.mutable_to());
  AddAll(mail.cc, proto.mutable_cc());
  proto.set_subject(mail.subject);
  proto.set_date_unix(mail.date_unix);
  proto.set_received_unix(mail.received_unix);
  proto.set_text(mail.text);
  proto.set_text_truncated(mail.text_truncated);
  proto.set_text_from_html(mail.text_from_html);
  for (const auto& attachment : mail.attachments) {
    auto* out = proto.add_attachments();
    out->set_file_name(attachment.file_name);
    out->set_content_type(attachment.content_type);
    out->set_size(attachment.size);
  }
  for (const auto& header : mail.headers) {
    auto* out = proto.add_headers();
    out->set_name(header.name);
    out->set_value(header.value);
  }
  proto.set_size(mail.size);
  proto.mutable_defects()->Assign(mail.defects.begin(), mail.defects.end());
  proto.set_envelope_from(mail.envelope_from);
  if (mail.delivery_report) *proto.mutable_delivery_report() = ToProto(*mail.delivery_report);
  return proto;
}

mail::Mail FromProto(const mail::v1::Mail& proto) {
  mail::Mail mail;
  mail.message_id = proto.message_id();
  mail.in_reply_to.assign(proto.in_reply_to().begin(), proto.in_reply_to().end());
  mail.references.assign(proto.references().begin(), proto.references().end());
  mail.from = AllOf(proto.from());
  mail.reply_to = AllOf(proto.reply_to());
  mail.to = AllOf(proto.to());
  mail.cc = AllOf(proto.cc());
  mail.subject = proto.subject();
  mail.date_unix = proto.date_unix();
  mail.received_unix = proto.received_unix();
  mail.text = proto.text();
  mail.text_truncated = proto.text_truncated();
  mail.text_from_html = proto.text_from_html();
  for (const auto& a : proto.attachments()) {
    mail.attachments.push_back({a.file_name(), a.content_type(), a.size()});
  }
  for (const auto& h : proto.headers()) mail.headers.push_back({h.name(), h.value()});
  mail.size = proto.size();
  mail.defects.assign(proto.defects().begin(), proto.defects().end());
  mail.envelope_from = proto.envelope_from();
  if (proto.has_delivery_report()) mail.delivery_report = FromProto(proto.delivery_report());
  return mail;
}

mail::v1::Wording ToProto(const words::Wording& wording) {
  mail::v1::Wording proto;
  proto.set_text(wording.text);
  proto.mutable_arguments()->Assign(wording.arguments.begin(), wording.arguments.end());
  return proto;
}

words::Wording FromProto(const mail::v1::Wording& proto) {
  return {proto.text(), {proto.arguments().begin(), proto.arguments().end()}};
}

}  // namespace postern::rpc
