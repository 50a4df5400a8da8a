// Ours: "postern#sending", how an account sends mail.
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/mail/address.h"
#include "lib/schedule/schedule.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/sending_settings.h"
#include "services/xmpp-edge/sending_text.h"
#include "services/xmpp-edge/settings_form.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Identity;
using admin::v1::Sending;

// Of a form that is asked once more: it lies in Redis meanwhile.
constexpr size_t kMostKept = schedule::kMaxScheduleBytes + 24 * 1024;

// Fields are named as in the proto: what admin finds wrong is told of them.
constexpr char kSignature[] = "signature";
constexpr char kIdentities[] = "identities";
constexpr char kForm[] = "form";
constexpr char kUndoSeconds[] = "undo_seconds";
constexpr char kSchedule[] = "schedule";
constexpr char kTimeZone[] = "time_zone";
constexpr char kSentFolder[] = "sent_folder";
constexpr char kHideJabberId[] = "hide_jabber_id";
constexpr char kPlain[] = "plain";
constexpr char kHtml[] = "html";

std::string SpecOf(const std::string& from) {
  const auto address = mail::ParseAddress(from);
  return absl::AsciiStrToLower(address.ok() ? address->Spec() : from);
}

// The field with the signature of one identity.
std::string SignatureVar(const Identity& identity) {
  return absl::StrCat("signature_of:", SpecOf(identity.from()));
}

FormField FormChoice(const Sending& sending, const Words& words) {
  FormField field = TextField(kForm, texts::LabelForm(words),
                              sending.form() == admin::v1::BODY_FORM_HTML ? kHtml : kPlain);
  field.type = "list-single";
  field.options = {{texts::PlainText(words), kPlain}, {texts::HtmlText(words), kHtml}};
  return field;
}

DataForm Form(const Sending& sending, const Words& words) {
  DataForm form;
  form.title = texts::HowMailIsSent(words);
  form.instructions = texts::HowMailIsSentInstructions(words);
  const auto add = [&form](FormField field) { form.fields.push_back(std::move(field)); };
  std::vector<std::string> identities;
  for (const Identity& identity : sending.identities()) identities.push_back(identity.from());
  add(LinesField(kSignature, texts::LabelSignature(words), LinesOf(sending.signature())));
  add(LinesField(kIdentities, texts::LabelIdentities(words), std::move(identities)));
  for (const Identity& identity : sending.identities()) {
    add(LinesField(SignatureVar(identity), texts::LabelSignatureOf(words, identity.from()),
                   LinesOf(identity.signature())));
  }
  add(FormChoice(sending, words));
  add(TextField(kUndoSeconds, texts::LabelUndoSeconds(words),
                absl::StrCat(sending.undo_seconds())));
  add(LinesField(kSchedule, texts::LabelSendSchedule(words), LinesOf(sending.schedule())));
  add(TextField(kTimeZone, texts::LabelTimeZone(words), sending.time_zone()));
  add(TextField(kSentFolder, texts::LabelSentFolder(words), sending.sent_folder()));
  FormField hide = TextField(kHideJabberId, texts::LabelHideJabberId(words),
                             sending.hide_jabber_id() ? "1" : "0");
  hide.type = "boolean";
  add(std::move(hide));
  return form;
}

// Who stays keeps their signature, unless the form has another one.
void ReadIdentities(const FieldValues& form, Sending& sending) {
  const Sending before = sending;
  if (const auto given = form.find(kIdentities); given != form.end()) {
    sending.clear_identities();
    for (const std::string& from : given->second) {
      if (!absl::StripAsciiWhitespace(from).empty()) sending.add_identities()->set_from(from);
    }
  }
  for (Identity& identity : *sending.mutable_identities()) {
    for (const Identity& old : before.identities()) {
      if (SpecOf(old.from()) == SpecOf(identity.from())) identity.set_signature(old.signature());
    }
    if (const auto text = TextOf(form, SignatureVar(identity))) identity.set_signature(*text);
  }
}

absl::StatusOr<uint32_t> ReadSeconds(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  uint32_t seconds = 0;
  if (text.empty() || absl::SimpleAtoi(text, &seconds)) return seconds;
  return words::Error(absl::StatusCode::kInvalidArgument, texts::MustBeSeconds(), kUndoSeconds);
}

// The form's fields over what held before: one that a client leaves out stays as it is.
absl::StatusOr<Sending> ReadForm(const FieldValues& form, Sending sending) {
  if (const auto text = TextOf(form, kSignature)) sending.set_signature(*text);
  ReadIdentities(form, sending);
  if (const auto choice = TextOf(form, kForm)) {
    if (*choice != kHtml && *choice != kPlain) {
      return words::Error(absl::StatusCode::kInvalidArgument, texts::MustBeForm(), kForm);
    }
    sending.set_form(*choice == kHtml ? admin::v1::BODY_FORM_HTML : admin::v1::BODY_FORM_PLAIN);
  }
  if (const auto text = TextOf(form, kUndoSeconds)) {
    const auto seconds = ReadSeconds(*text);
    if (!seconds.ok()) return seconds.status();
    sending.set_undo_seconds(*seconds);
  }
  if (const auto text = TextOf(form, kSchedule)) sending.set_schedule(*text);
  if (const auto text = TextOf(form, kTimeZone)) sending.set_time_zone(*text);
  if (const auto text = TextOf(form, kSentFolder)) sending.set_sent_folder(*text);
  if (const auto text = TextOf(form, kHideJabberId)) {
    const auto hide = ReadBoolean(kHideJabberId, *text);
    if (!hide.ok()) return hide.status();
    sending.set_hide_jabber_id(*hide);
  }
  return sending;
}

}  // namespace

net::Task<absl::StatusOr<CommandReply>> EditSending(FeatureContext context, CommandStep step) {
  const Words& words = *step.words;
  const AccountDirectory::Account account = step.place.account;
  DataForm form = Form(account->sending(), words);
  if (step.number == 0 || !step.form) {
    co_return CommandReply::Ask(std::move(form), CommandState());
  }
  FillInAll(*step.form, kMostKept, form);
  auto sending = ReadForm(*step.form, account->sending());
  absl::Status why = sending.status();
  if (sending.ok()) {
    auto stored = co_await StoreSending(context, step.user.Bare(), account, *std::move(sending));
    if (stored.ok()) {
      co_return CommandReply::Note(absl::StrCat(texts::WatchingStored(words), " ",
                                                SendingText(*stored, absl::Now(), words)));
    }
    why = stored.status();
  }
  if (!absl::IsInvalidArgument(why)) co_return why;
  const std::string problem = ProblemOf(form, why, words);
  co_return CommandReply::AskAgain(std::move(form), CommandState(), problem);
}

}  // namespace postern::xmpp_edge
