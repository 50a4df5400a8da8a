#include "services/rules/engine/action_json.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/mail/charset.h"

namespace postern::rules {
namespace {

std::string Quoted(absl::string_view bytes) {
  std::string out = "\"";
  for (const char c : mail::ToUtf8(bytes, "utf-8")) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

// One object, member by member.
class Object {
 public:
  explicit Object(absl::string_view action) { Always("action", action); }

  void Always(absl::string_view name, absl::string_view text) { Raw(name, Quoted(text)); }
  void Text(absl::string_view name, absl::string_view text) {
    if (!text.empty()) Always(name, text);
  }
  void Flag(absl::string_view name, bool set) {
    if (set) Raw(name, "true");
  }
  void Number(absl::string_view name, int64_t number) { Raw(name, absl::StrCat(number)); }
  void Texts(absl::string_view name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::string list;
    for (const std::string& text : texts)
      absl::StrAppend(&list, list.empty() ? "" : ",", Quoted(text));
    Raw(name, absl::StrCat("[", list, "]"));
  }
  std::string Done() const { return absl::StrCat("{", members_, "}"); }

 private:
  void Raw(absl::string_view name, absl::string_view value) {
    absl::StrAppend(&members_, members_.empty() ? "" : ",", Quoted(name), ":", value);
  }

  std::string members_;
};

absl::string_view FormName(DeliveryForm form) {
  switch (form) {
    case DeliveryForm::kHeaders:
      return "headers";
    case DeliveryForm::kDigest:
      return "digest";
    case DeliveryForm::kNone:
      return "none";
    default:
      return "full";
  }
}

struct Named {
  absl::string_view operator()(const KeepAction&) const { return "keep"; }
  absl::string_view operator()(const DiscardAction&) const { return "discard"; }
  absl::string_view operator()(const FileIntoAction&) const { return "fileinto"; }
  absl::string_view operator()(const RedirectAction&) const { return "redirect"; }
  absl::string_view operator()(const RejectAction& reject) const {
    return reject.extended ? "ereject" : "reject";
  }
  absl::string_view operator()(const VacationAction&) const { return "vacation"; }
  absl::string_view operator()(const ReplyAction&) const { return "reply"; }
  absl::string_view operator()(const NotifyAction&) const { return "notify"; }
  absl::string_view operator()(const DeliverAction&) const { return "deliver"; }
  absl::string_view operator()(const HoldAction&) const { return "hold"; }
  absl::string_view operator()(const QuarantineAction&) const { return "quarantine"; }
  absl::string_view operator()(const NoteAction&) const { return "log"; }
};

// The arguments of an action, into its object.
struct Described {
  Object& object;

  void operator()(const KeepAction& keep) const {
    object.Texts("flags", keep.flags);
    object.Flag("implicit", keep.implicit);
  }
  void operator()(const DiscardAction&) const {}
  void operator()(const FileIntoAction& file) const {
    object.Always("mailbox", file.mailbox);
    object.Text("specialuse", file.special_use);
    object.Texts("flags", file.flags);
    object.Flag("copy", file.copy);
    object.Flag("create", file.create);
  }
  void operator()(const RedirectAction& redirect) const {
    if (redirect.addresses.size() == 1) {
      object.Always("address", redirect.addresses.front());
    } else {
      object.Texts("addresses", redirect.addresses);
    }
    object.Flag("copy", redirect.copy);
    object.Flag("headers", redirect.headers_only);
    object.Text("notify", redirect.notify);
    object.Text("ret", redirect.ret);
  }
  void operator()(const RejectAction& reject) const { object.Always("reason", reject.reason); }
  void operator()(const VacationAction& vacation) const {
    object.Always("reason", vacation.reason);
    object.Text("subject", vacation.subject);
    object.Text("from", vacation.from);
    object.Texts("addresses", vacation.addresses);
    object.Text("handle", vacation.handle);
    object.Number("seconds", static_cast<int64_t>(vacation.seconds));
    object.Flag("mime", vacation.mime);
    object.Text("fcc", vacation.fcc);
  }
  void operator()(const ReplyAction& reply) const {
    object.Text("text", reply.text);
    object.Text("file", reply.file_name);
    object.Text("handle", reply.handle);
    object.Number("seconds", static_cast<int64_t>(reply.seconds));
  }
  void operator()(const NotifyAction& notify) const {
    object.Always("method", notify.method);
    object.Text("message", notify.message);
    object.Text("from", notify.from);
    object.Texts("options", notify.options);
    if (notify.importance != '2') object.Always("importance", std::string(1, notify.importance));
    object.Text("fcc", notify.fcc);
  }
  void operator()(const DeliverAction& deliver) const {
    object.Always("mode", FormName(deliver.form));
    object.Texts("to", deliver.to);
  }
  void operator()(const HoldAction& hold) const { object.Number("until", hold.until_unix); }
  void operator()(const QuarantineAction& quarantine) const {
    object.Text("reason", quarantine.reason);
  }
  void operator()(const NoteAction& note) const {
    object.Always("text", note.text);
    object.Text("file", note.file_name);
  }
};

void Describe(const HeaderEdit& edit, Object& object) {
  object.Always("name", edit.name);
  object.Always("value", edit.value);
  object.Flag("last", edit.add && edit.last);
  if (!edit.add) object.Number("index", int64_t{edit.occurrence} + 1);
}

void Describe(const BodyEdit& edit, Object& object) {
  object.Text("header", edit.header);
  object.Text("pattern", edit.pattern);
  object.Text("text", edit.text);
}

std::string EditJson(const Edit& edit) {
  Object object(EditName(edit));
  std::visit([&object](const auto& kind) { Describe(kind, object); }, edit);
  return object.Done();
}

}  // namespace

absl::string_view ActionName(const Action& action) { return std::visit(Named{}, action.kind); }

absl::string_view EditName(const Edit& edit) {
  if (const auto* header = std::get_if<HeaderEdit>(&edit))
    return header->add ? "addheader" : "deleteheader";
  switch (std::get<BodyEdit>(edit).change) {
    case BodyChange::kReplaceText:
    case BodyChange::kReplaceHeader:
      return "replace_text";
    case BodyChange::kStripAttachments:
      return "strip_attachments";
    case BodyChange::kStripSignature:
      return "strip_signature";
    default:
      return "append_text";
  }
}

std::vector<Done> InOrder(const Evaluation& evaluation) {
  std::vector<Done> done;
  size_t edits = 0;
  const auto add_edits = [&](size_t until) {
    for (; edits < until && edits < evaluation.edits.size(); ++edits)
      done.push_back({nullptr, &evaluation.edits[edits]});
  };
  for (const Action& action : evaluation.actions) {
    add_edits(action.edits);
    done.push_back({&action, nullptr});
  }
  add_edits(evaluation.edits.size());
  return done;
}

std::string ActionJson(const Action& action) {
  Object object(ActionName(action));
  std::visit(Described{object}, action.kind);
  return object.Done();
}

std::string ActionsJson(const Evaluation& evaluation) {
  std::string actions;
  for (const Done& done : InOrder(evaluation)) {
    const std::string json =
        done.action != nullptr ? ActionJson(*done.action) : EditJson(*done.edit);
    absl::StrAppend(&actions, actions.empty() ? "" : ",", json);
  }
  std::string whole = absl::StrCat("{\"actions\":[", actions, "]");
  if (evaluation.error) absl::StrAppend(&whole, ",\"error\":", Quoted(evaluation.error->message));
  return absl::StrCat(whole, "}");
}

}  // namespace postern::rules
