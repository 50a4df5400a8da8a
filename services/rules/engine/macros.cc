#include "services/rules/engine/macros.h"

#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "lib/crypto/digest.h"
#include "lib/mail/message_ids.h"
#include "lib/mail/parameters.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/mailbox_list.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxMacro = 998;        // code points
constexpr size_t kMaxLines = 16 * 1024;  // bytes of a macro that has lines

std::string HeaderText(const Run& run, absl::string_view name) {
  const auto fields = run.message.Fields(name);
  return fields.empty() ? "" : std::string(fields[0]->decoded());
}

MessageView::Mailbox FirstMailbox(const Run& run, absl::string_view name) {
  for (const MessageView::Field* field : run.message.Fields(name)) {
    for (const MessageView::Mailbox& mailbox : field->mailboxes()) return mailbox;
  }
  return {};
}

std::string MessageId(const Run& run) {
  const auto fields = run.message.Fields("Message-ID");
  if (fields.empty()) return "";
  const std::vector<std::string> ids = mail::ParseMessageIds(fields[0]->raw, 1);
  return ids.empty() ? "" : ids[0];
}

// Eleven letters and digits, the same for the same mail: whoever evaluates again names the same.
std::string Guid(const Run& run) {
  constexpr absl::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const std::string digest =
      crypto::Sha256Hex(absl::StrCat(run.facts.account, "\n", run.message.Raw()));
  std::string guid;
  for (size_t i = 0; i < 11; ++i) {
    const auto high = static_cast<unsigned char>(digest[2 * i]);
    const auto low = static_cast<unsigned char>(digest[2 * i + 1]);
    guid.push_back(kAlphabet[(high * 31u + low) % kAlphabet.size()]);
  }
  return guid;
}

std::string RuleName(const Run& run) {
  return run.rule < run.program.rules.size() ? run.program.rules[run.rule].name : "";
}

// "SENDER", "SENDERDOMAIN", "SENDERMAILBOX" and their like: an address and its parts.
std::optional<std::string> AddressMacro(absl::string_view name, const Run& run) {
  struct {
    absl::string_view prefix;
    absl::string_view field;
  } const addresses[] = {{"SENDER", "From"}, {"FROM", "From"}, {"RECIPIENT", "To"}};
  for (const auto& address : addresses) {
    absl::string_view part = name;
    if (!absl::ConsumePrefix(&part, address.prefix)) continue;
    if (part != "" && part != "DOMAIN" && part != "MAILBOX") continue;
    const MessageView::Mailbox mailbox = FirstMailbox(run, address.field);
    return part == "" ? mailbox.whole : part == "DOMAIN" ? mailbox.domain : mailbox.local_part;
  }
  return std::nullopt;
}

std::vector<std::string> AttachmentNames(const Run& run) {
  std::vector<std::string> names;
  for (const MessageView::Part& part : run.message.Parts()) {
    const bool attached = part.disposition == "attachment" || !part.file_name.empty();
    if (attached && !part.multipart) names.push_back(mail::CleanLine(part.file_name));
  }
  return names;
}

// Those that a rule of this program has taken off.
std::string RemovedAttachments(const Run& run) {
  for (const Edit& edit : run.out.edits) {
    const auto* body = std::get_if<BodyEdit>(&edit);
    if (body != nullptr && body->change == BodyChange::kStripAttachments)
      return absl::StrJoin(AttachmentNames(run), ", ");
  }
  return "";
}

// "ATTACHMENT(2)": the name of the second one.
std::string NthAttachment(absl::string_view name, const Run& run) {
  uint32_t number = 0;
  const size_t open = name.find('(');
  if (!absl::SimpleAtoi(name.substr(open + 1, name.size() - open - 2), &number)) return "";
  const std::vector<std::string> names = AttachmentNames(run);
  return number > 0 && number <= names.size() ? names[number - 1] : "";
}

std::string ContentType(const Run& run) {
  const auto fields = run.message.Fields("Content-Type");
  return fields.empty() ? "text/plain" : mail::ParseParameterized(fields[0]->raw).value;
}

std::string Boundary(const Run& run) {
  const auto fields = run.message.Fields("Content-Type");
  if (fields.empty()) return "";
  return std::string(mail::ParseParameterized(fields[0]->raw).Get("boundary"));
}

// Of automatic answers (*.RSP), in one line.
std::optional<std::string> AnswerMacro(absl::string_view name, const Run& run) {
  if (name == "ATTACHMENTCOUNT") return absl::StrCat(AttachmentNames(run).size());
  if (absl::StartsWith(name, "ATTACHMENT(") && absl::EndsWith(name, ")"))
    return NthAttachment(name, run);
  if (name == "CONTENTTYPE") return ContentType(run);
  if (name == "PARTBOUNDARY") return Boundary(run);
  if (name == "PRODUCTID") return "Postern";
  if (name == "DATESTAMP")  // RFC 5322 section 3.3
    return absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", run.facts.now, run.facts.zone);
  return std::nullopt;
}

// And those with lines.
std::optional<std::string> ListMacro(absl::string_view name, const Run& run) {
  if (name == "BODY" || name == "BODY-AS-TEXT") return std::string(run.message.Text());
  if (name == "ATTACHMENTS") return absl::StrJoin(AttachmentNames(run), "\n");
  if (name != "HEADERS") return std::nullopt;
  std::string header;
  for (const MessageView::Field& field : run.message.AllFields()) {
    absl::StrAppend(&header, header.empty() ? "" : "\n", field.name, ": ",
                    mail::CleanLine(field.decoded()));
    if (header.size() > kMaxLines) break;
  }
  return header;
}

std::optional<std::string> Value(absl::string_view name, const Run& run) {
  const Facts& facts = run.facts;
  if (auto address = AddressMacro(name, run)) return address;
  if (absl::ConsumePrefix(&name, "HEADER:")) {
    return absl::EqualsIgnoreCase(name, "MESSAGE-ID") ? MessageId(run) : HeaderText(run, name);
  }
  if (name == "SUBJECT") return HeaderText(run, "Subject");
  if (name == "MESSAGEID") return MessageId(run);
  if (name == "ACTUALFROM") return facts.envelope_from;
  if (name == "ACTUALTO") {
    if (!run.recipient.empty()) return std::string(run.recipient);
    return facts.recipients.empty() ? "" : facts.recipients[0];
  }
  if (name == "REPLYTO") {
    const std::string reply_to = FirstMailbox(run, "Reply-To").whole;
    return reply_to.empty() ? FirstMailbox(run, "From").whole : reply_to;
  }
  if (name == "CURRENTTIME") return absl::FormatTime("%Y-%m-%d %H:%M:%S", facts.now, facts.zone);
  if (name == "FILTERRULENAME") return RuleName(run);
  if (name == "GEN_GUID") return Guid(run);
  if (name == "PRIMARYDOMAIN") return EnvironmentItem("domain", run).value_or("");
  if (name == "LIST_ATTACHMENTS_REMOVED") return RemovedAttachments(run);
  for (absl::string_view unanswered :
       {"LIST_VIRUSES_FOUND", "MESSAGEFILENAME", "PRIMARYIP", "AV_VERSION"}) {
    if (name == unanswered) return "";
  }
  return AnswerMacro(name, run);
}

}  // namespace

std::optional<std::string> MacroValue(absl::string_view name, const Run& run, uint32_t most) {
  // A header's name may be in any case, the macros' are in capitals.
  const std::string capitals = absl::AsciiStrToUpper(name);
  std::optional<std::string> value = ListMacro(capitals, run);
  if (value) return mail::CleanText(mail::CutUtf8(*value, kMaxLines));
  value = Value(capitals, run);
  if (!value) return std::nullopt;
  return Shorten(mail::CleanLine(*value), most == 0 ? kMaxMacro : most);
}

std::optional<std::string> EnvironmentItem(absl::string_view name, const Run& run) {
  const std::string key = absl::AsciiStrToLower(name);
  const auto known = run.facts.environment.find(key);
  if (known != run.facts.environment.end()) return known->second;
  if (key == "name") return "Postern";
  if (key == "location") return "MS";
  if (key == "phase") return run.facts.delivered_by_smtp ? "during" : "post";
  if (key == "imap.user" || key == "vnd.postern.owner") return run.facts.owner;
  if (key == "imap.mailbox" || key == "vnd.postern.mailbox") return run.facts.mailbox;
  if (key == "vnd.postern.account") return run.facts.account;
  return std::nullopt;
}

}  // namespace postern::rules
