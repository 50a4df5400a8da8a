#include "services/xmpp-edge/outgoing_draft.h"

#include "absl/strings/str_cat.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/jid.h"

namespace postern::xmpp_edge {
namespace {

template <class Addresses>
void AddSpecs(const Addresses& addresses, rules::v1::EvaluateRequest& request) {
  for (const auto& address : addresses) request.add_recipients(rpc::FromProto(address).Spec());
}

}  // namespace

edge::v1::OutgoingContext ContextOf(const sender::v1::SubmitRequest& request) {
  edge::v1::OutgoingContext context;
  context.ParseFromString(request.context());  // written by us; empty at worst
  return context;
}

MailThread ThreadOfDraft(const sender::v1::SubmitRequest& request, int64_t at_unix) {
  const edge::v1::OutgoingContext context = ContextOf(request);
  MailThread mail;
  mail.account_id = request.account_id();
  if (auto contact = ParseJid(context.contact()); contact.ok()) mail.contact = contact->Bare();
  mail.references.assign(request.draft().references().begin(), request.draft().references().end());
  for (const auto& address : request.draft().to()) {
    mail.answer_to.push_back(rpc::FromProto(address));
  }
  mail.subject = request.draft().subject();
  mail.at_unix = at_unix;
  mail.thread_id = context.thread_id();
  mail.is_own = true;
  return mail;
}

void Detach(MailThread& mail) {
  mail.message_id.clear();
  mail.references.clear();
  mail.subject.clear();
}

bool IsDetached(const MailThread& mail) {
  return mail.is_own && mail.message_id.empty() && mail.subject.empty();
}

rules::v1::EvaluateRequest RulesQuestion(const sender::v1::SubmitRequest& submit,
                                         const AccountDirectory& directory) {
  const sender::v1::Draft& draft = submit.draft();
  rules::v1::EvaluateRequest question;
  question.set_mail_id(submit.idempotency_key().substr(0, 32));
  question.set_user(submit.owner());
  question.set_account_id(submit.account_id());
  question.set_direction(rules::v1::DIRECTION_OUTGOING);
  postern::mail::v1::Mail& mail = *question.mutable_mail();
  if (draft.has_from()) {
    *mail.add_from() = draft.from();
  } else if (AccountDirectory::Account account = directory.FindById(submit.account_id())) {
    auto from = mail::ParseAddress(account->default_from());
    if (from.ok()) *mail.add_from() = rpc::ToProto(*from);
  }
  if (mail.from_size() > 0) mail.set_envelope_from(rpc::FromProto(mail.from(0)).Spec());
  *mail.mutable_to() = draft.to();
  *mail.mutable_cc() = draft.cc();
  mail.set_subject(draft.subject());
  mail.set_text(draft.text());
  if (!draft.quote().text().empty()) {
    mail.set_text(absl::StrCat(draft.text(), "\n\n", draft.quote().text()));
  }
  size_t size = mail.text().size();
  for (const sender::v1::Attachment& attachment : draft.attachments()) {
    postern::mail::v1::Attachment& seen = *mail.add_attachments();
    seen.set_file_name(attachment.file_name());
    seen.set_content_type(attachment.content_type());
    seen.set_size(attachment.content().size());
    size += attachment.content().size();
  }
  mail.set_size(size);
  if (!draft.in_reply_to().empty()) mail.add_in_reply_to(draft.in_reply_to());
  *mail.mutable_references() = draft.references();
  AddSpecs(draft.to(), question);
  AddSpecs(draft.cc(), question);
  AddSpecs(draft.bcc(), question);
  return question;
}

}  // namespace postern::xmpp_edge
