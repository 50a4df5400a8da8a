#include "services/xmpp-edge/draft_writer.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/mail_codec.h"

namespace postern::xmpp_edge {
namespace {

void SetAddresses(const std::vector<mail::Address>& from,
                  google::protobuf::RepeatedPtrField<postern::mail::v1::Address>* to) {
  to->Clear();
  for (const mail::Address& address : from) *to->Add() = rpc::ToProto(address);
}

// How many the envelope will name: somebody in To and in Cc gets one mail.
size_t RecipientCount(const ChatMail& mail) {
  absl::flat_hash_set<std::string> specs;
  for (const auto* list : {&mail.to, &mail.cc, &mail.bcc}) {
    for (const mail::Address& address : *list) specs.insert(address.Spec());
  }
  return specs.size();
}

// What a new mail is called that its author did not name.
std::string DerivedSubject(const ChatMail& mail) {
  if (mail.files.empty()) return SubjectFromText(mail.text);
  const std::string name = NameOf(mail.files.front().file_name, mail.files.front().url);
  return name.empty() ? SubjectFromText(mail.text) : name;
}

}  // namespace

void SetRecipients(const ChatMail& mail, sender::v1::Draft& draft) {
  SetAddresses(mail.to, draft.mutable_to());
  SetAddresses(mail.cc, draft.mutable_cc());
  SetAddresses(mail.bcc, draft.mutable_bcc());
}

sender::v1::Draft DraftOf(const ChatMail& mail, const MailThread* answered) {
  sender::v1::Draft draft;
  SetRecipients(mail, draft);
  draft.set_text(mail.text);
  if (answered == nullptr) {
    draft.set_subject(mail.subject.empty() ? DerivedSubject(mail) : mail.subject);
    return draft;
  }
  const bool forwards = !mail.forward.empty();
  if (!mail.subject.empty()) {
    draft.set_subject(mail.subject);
  } else {
    draft.set_subject(forwards ? ForwardSubject(answered->subject)
                               : AnswerSubject(answered->subject));
  }
  // It belongs to the thread, and answers nobody in it.
  if (!forwards) draft.set_in_reply_to(answered->message_id);
  const auto references = AnswerReferences(answered->references, answered->message_id);
  draft.mutable_references()->Assign(references.begin(), references.end());
  return draft;
}

edge::v1::OutgoingContext ContextOf(const Incoming& incoming, const ChatMail& mail,
                                    const std::optional<AnsweredMail>& answered) {
  edge::v1::OutgoingContext context;
  context.set_user(incoming.from.Full());
  context.set_contact(incoming.to.Full());
  context.set_stanza_id(mail.stanza_id);
  context.set_wants_receipt(mail.wants_receipt);
  context.set_recipients(RecipientCount(mail));
  for (const UploadedFile& file : mail.files) {
    edge::v1::LinkedFile& linked = *context.mutable_lack()->add_files();
    linked.set_url(file.url);
    linked.set_file_name(file.file_name);
    linked.set_content_type(file.content_type);
    linked.set_size(file.size);
  }
  if (!answered) return context;
  const bool forwards = !mail.forward.empty();
  context.set_inferred(answered->inferred);
  // A <thread/> that the author's client made up is not kept: some clients give one
  // to all they send to a contact, and it would lead answers to the wrong person. So would
  // that of a mail that goes on to others.
  if (!forwards) context.set_thread_id(answered->mail.thread_id);
  if (!forwards && !mail.quote) return context;
  edge::v1::DraftLack& lack = *context.mutable_lack();
  lack.set_account_id(answered->mail.account_id);
  lack.set_mail_ref(answered->mail.mail_ref);
  lack.set_forward(forwards);
  lack.set_message_id(answered->mail.message_id);
  lack.set_subject(answered->mail.subject);
  return context;
}

std::string IdempotencyKey(const Element& message, const Jid& from, const sender::v1::Draft& draft,
                           absl::string_view mail_ref) {
  const Element* origin = message.Child("origin-id", "urn:xmpp:sid:0");
  const std::string origin_id(origin != nullptr ? origin->Attr("id") : "");
  const std::string said = absl::StrCat(message.Attr("to"), "\n", message.ChildText("body"));
  if (!origin_id.empty()) {
    return crypto::Sha256Hex(absl::StrCat(from.Bare(), "\n", origin_id, "\n", said));
  }
  if (message.Attr("id").empty()) return crypto::RandomId(32);
  std::string whole =
      absl::StrCat(from.Full(), "\n", message.Attr("id"), "\n", draft.in_reply_to(), "\n");
  for (const auto* list : {&draft.to(), &draft.cc(), &draft.bcc()}) {
    for (const auto& address : *list) {
      absl::StrAppend(&whole, rpc::FromProto(address).Spec(), ",");
    }
    absl::StrAppend(&whole, "\n");
  }
  if (!mail_ref.empty()) absl::StrAppend(&whole, mail_ref, "\n");
  return crypto::Sha256Hex(absl::StrCat(whole, said));
}

}  // namespace postern::xmpp_edge
