#include "services/rules/judging/action_codec.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

constexpr size_t kKeyLength = 40;
constexpr int kMaxTargets = 8;     // of one action that is told
constexpr size_t kMaxShown = 200;  // code points

template <class Texts>
void AddAll(const std::vector<std::string>& from, Texts* to) {
  for (const std::string& text : from) to->Add(mail::RepairUtf8(text));
}

v1::Action::Form FormOf(DeliveryForm form) {
  switch (form) {
    case DeliveryForm::kFull:
      return v1::Action::FORM_FULL;
    case DeliveryForm::kHeaders:
      return v1::Action::FORM_HEADERS;
    case DeliveryForm::kDigest:
      return v1::Action::FORM_DIGEST;
    case DeliveryForm::kNone:
      return v1::Action::FORM_NONE;
  }
  return v1::Action::FORM_UNSPECIFIED;
}

v1::Edit::Change ChangeOf(BodyChange change) {
  switch (change) {
    case BodyChange::kAppend:
      return v1::Edit::CHANGE_APPEND;
    case BodyChange::kReplaceText:
      return v1::Edit::CHANGE_REPLACE_TEXT;
    case BodyChange::kReplaceHeader:
      return v1::Edit::CHANGE_REPLACE_HEADER;
    case BodyChange::kStripAttachments:
      return v1::Edit::CHANGE_STRIP_ATTACHMENTS;
    case BodyChange::kStripSignature:
      return v1::Edit::CHANGE_STRIP_SIGNATURE;
  }
  return v1::Edit::CHANGE_UNSPECIFIED;
}

// Writes each kind of action into its message. What scripts say may be no UTF-8.
struct Writer {
  v1::Action& out;

  void operator()(const KeepAction& keep) const {
    AddAll(keep.flags, out.mutable_keep()->mutable_flags());
    out.mutable_keep()->set_implicit(keep.implicit);
  }
  void operator()(const DiscardAction&) const { out.mutable_discard(); }
  void operator()(const FileIntoAction& file) const {
    v1::Action::FileInto& into = *out.mutable_file_into();
    into.set_mailbox(mail::RepairUtf8(file.mailbox));
    into.set_special_use(mail::RepairUtf8(file.special_use));
    AddAll(file.flags, into.mutable_flags());
    into.set_copy(file.copy);
    into.set_create(file.create);
  }
  void operator()(const RedirectAction& redirect) const {
    AddAll(redirect.addresses, out.mutable_redirect()->mutable_addresses());
    out.mutable_redirect()->set_copy(redirect.copy);
    out.mutable_redirect()->set_headers_only(redirect.headers_only);
  }
  void operator()(const RejectAction& reject) const {
    out.mutable_reject()->set_reason(mail::RepairUtf8(reject.reason));
    out.mutable_reject()->set_extended(reject.extended);
  }
  void operator()(const VacationAction&) const { out.mutable_answer(); }
  void operator()(const ReplyAction&) const { out.mutable_answer(); }
  void operator()(const NotifyAction& notify) const {
    v1::Action::Notify& note = *out.mutable_notify();
    note.set_method(mail::RepairUtf8(notify.method));
    note.set_message(mail::RepairUtf8(notify.message));
    note.set_from(mail::RepairUtf8(notify.from));
    AddAll(notify.options, note.mutable_options());
    note.set_importance(static_cast<uint32_t>(notify.importance - '0'));
    note.set_filed_in(mail::RepairUtf8(notify.fcc));
  }
  void operator()(const DeliverAction& deliver) const {
    out.mutable_deliver()->set_form(FormOf(deliver.form));
    AddAll(deliver.to, out.mutable_deliver()->mutable_to());
  }
  void operator()(const HoldAction& hold) const {
    out.mutable_hold()->set_until_unix(hold.until_unix);
  }
  void operator()(const QuarantineAction& quarantine) const {
    out.mutable_quarantine()->set_reason(mail::RepairUtf8(quarantine.reason));
  }
  void operator()(const NoteAction& note) const {
    out.mutable_note()->set_text(mail::RepairUtf8(note.text));
    out.mutable_note()->set_file_name(mail::RepairUtf8(note.file_name));
  }
};

// What an action is done to: two that differ in nothing else are one.
struct Target {
  std::string operator()(const KeepAction&) const { return "keep"; }
  std::string operator()(const DiscardAction&) const { return "discard"; }
  std::string operator()(const FileIntoAction& file) const {
    return absl::StrCat("fileinto\n", file.mailbox, "\n", file.special_use);
  }
  std::string operator()(const RedirectAction& redirect) const {
    return absl::StrCat("redirect\n", redirect.headers_only,
                        absl::StrJoin(redirect.addresses, "\n"));
  }
  std::string operator()(const RejectAction&) const { return "reject"; }
  std::string operator()(const VacationAction& vacation) const {
    return absl::StrCat("answer\n", vacation.handle);
  }
  std::string operator()(const ReplyAction& reply) const {
    return absl::StrCat("answer\n", reply.handle);
  }
  std::string operator()(const NotifyAction& notify) const {
    return absl::StrCat("notify\n", notify.method);
  }
  std::string operator()(const DeliverAction& deliver) const {
    return absl::StrCat("deliver\n", absl::StrJoin(deliver.to, "\n"));
  }
  std::string operator()(const HoldAction&) const { return "hold"; }
  std::string operator()(const QuarantineAction&) const { return "quarantine"; }
  std::string operator()(const NoteAction& note) const {
    return absl::StrCat("note\n", note.file_name, "\n", note.text);
  }
};

void KeepFew(google::protobuf::RepeatedPtrField<std::string>* texts) {
  if (texts->size() > kMaxTargets) texts->DeleteSubrange(kMaxTargets, texts->size() - kMaxTargets);
}

}  // namespace

v1::Action ToProto(const Action& action) {
  v1::Action out;
  out.set_program(action.program);
  out.set_line(action.line);
  out.set_edits(action.edits);
  std::visit(Writer{out}, action.kind);
  return out;
}

v1::Edit ToProto(const Edit& edit) {
  v1::Edit out;
  if (const auto* header = std::get_if<HeaderEdit>(&edit)) {
    v1::Edit::Field& field = header->add ? *out.mutable_add() : *out.mutable_remove();
    field.set_name(mail::RepairUtf8(header->name));
    field.set_value(mail::RepairUtf8(header->value));
    field.set_occurrence(header->occurrence);
    field.set_last(header->last);
    return out;
  }
  const BodyEdit& change = std::get<BodyEdit>(edit);
  v1::Edit::Body& body = *out.mutable_body();
  body.set_change(ChangeOf(change.change));
  body.set_text(mail::RepairUtf8(change.text));
  body.set_pattern(mail::RepairUtf8(change.pattern));
  body.set_header(mail::RepairUtf8(change.header));
  return out;
}

v1::TraceStep ToProto(const TraceStep& step) {
  v1::TraceStep out;
  out.set_program(mail::RepairUtf8(step.program));
  out.set_line(step.line);
  out.set_text(mail::RepairUtf8(step.text));
  out.set_action(step.action);
  out.set_rule(step.rule);
  return out;
}

mail::v1::Wording WireText(const words::Wording& wording) {
  mail::v1::Wording out;
  out.set_text(wording.text);
  for (const std::string& argument : wording.arguments) {
    out.add_arguments(Shorten(mail::CleanLine(mail::RepairUtf8(argument)), kMaxShown));
  }
  return out;
}

v1::Action WithoutTexts(v1::Action action) {
  action.clear_key();
  if (action.has_answer()) {
    const std::string to = action.answer().to();
    action.mutable_answer()->Clear();
    action.mutable_answer()->set_to(to);
  } else if (action.has_notify()) {
    // Not all of a web address: it may have a token in it.
    const std::string& method = action.notify().method();
    const std::string shown = method.substr(0, method.find_first_of("?#"));
    action.mutable_notify()->Clear();
    action.mutable_notify()->set_method(Shorten(shown, kMaxShown));
  } else if (action.has_reject()) {
    action.mutable_reject()->set_reason(Shorten(action.reject().reason(), kMaxShown));
  } else if (action.has_quarantine()) {
    action.mutable_quarantine()->set_reason(Shorten(action.quarantine().reason(), kMaxShown));
  } else if (action.has_note()) {
    action.mutable_note()->Clear();
  } else if (action.has_redirect()) {
    KeepFew(action.mutable_redirect()->mutable_addresses());
  } else if (action.has_deliver()) {
    KeepFew(action.mutable_deliver()->mutable_to());
  }
  return action;
}

void PutAnswer(const AutomaticAnswer& answer, v1::Action& action) {
  v1::Action::Answer& out = *action.mutable_answer();
  out.set_to(mail::RepairUtf8(answer.to));
  if (auto from = mail::ParseAddress(answer.from); from.ok()) {
    from->display_name = answer.from_name;
    *out.mutable_from() = rpc::ToProto(*from);
  }
  out.set_subject(mail::RepairUtf8(answer.subject));
  out.set_text(mail::RepairUtf8(answer.text));
  out.set_mime(answer.mime);
  out.set_in_reply_to(mail::RepairUtf8(answer.in_reply_to));
  AddAll(answer.references, out.mutable_references());
  out.set_filed_in(mail::RepairUtf8(answer.filed_in));
}

std::string ActionKeys::Next(const Action& action) {
  const std::string thing = absl::StrCat(mail_id_, "\n", action.program, "\n", action.line, "\n",
                                         std::visit(Target{}, action.kind));
  const int before = given_[thing]++;
  return crypto::Sha256Hex(absl::StrCat(thing, "\n", before)).substr(0, kKeyLength);
}

}  // namespace postern::rules
