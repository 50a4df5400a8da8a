#include "services/rules/answers/answer.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/message_ids.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxSubject = 256;
constexpr size_t kMaxReferences = 20;

std::vector<std::string> IdsOf(const MessageView& mail, absl::string_view name, size_t limit) {
  const std::vector<const MessageView::Field*> fields = mail.Fields(name);
  if (fields.empty()) return {};
  return mail::ParseMessageIds(fields.front()->raw, limit);
}

// RFC 5322 section 3.6.4.
void Thread(const MessageView& mail, AutomaticAnswer& written) {
  const std::vector<std::string> id = IdsOf(mail, "Message-ID", 1);
  written.references = IdsOf(mail, "References", kMaxReferences - 1);
  if (written.references.empty()) written.references = IdsOf(mail, "In-Reply-To", 1);
  if (id.empty()) return;
  written.in_reply_to = id.front();
  written.references.push_back(id.front());
}

std::string SubjectOf(const MessageView& mail) {
  const std::vector<const MessageView::Field*> fields = mail.Fields("Subject");
  const std::string subject = fields.empty() ? "" : mail::CleanLine(fields.front()->decoded());
  // RFC 5230 section 5.6: "Auto: " once, however often it is answered.
  if (absl::StartsWithIgnoreCase(subject, "Auto: ")) return subject;
  return absl::StrCat("Auto: ", subject.empty() ? "your mail" : subject);
}

// The one that was written to, for that is the one that the sender knows.
std::string FromOf(const AnswerCase& answer) {
  if (const auto named = AddressWrittenTo(answer.mail, answer.own_addresses)) return *named;
  return answer.own_addresses.empty() ? "" : answer.own_addresses.front();
}

// What a script says in :from, when it is an address of the account.
void TakeFrom(const std::string& said, const AnswerCase& answer, AutomaticAnswer& written) {
  const auto address = mail::ParseAddress(said);
  if (!address.ok()) return;
  for (const std::string& own : answer.own_addresses) {
    if (!absl::EqualsIgnoreCase(own, address->Spec())) continue;
    written.from = own;
    written.from_name = address->display_name;
    return;
  }
}

AutomaticAnswer Begin(const AnswerCase& answer) {
  AutomaticAnswer written;
  written.to = AnswerAddress(answer);
  written.from = FromOf(answer);
  written.subject = Shorten(SubjectOf(answer.mail), kMaxSubject);
  Thread(answer.mail, written);
  return written;
}

}  // namespace

AutomaticAnswer WriteVacation(const VacationAction& vacation, const AnswerCase& answer) {
  AutomaticAnswer written = Begin(answer);
  // Encoded words, too: scripts have them that were written before there was UTF-8 in scripts.
  if (!vacation.subject.empty())
    written.subject = Shorten(mail::DecodeHeaderText(vacation.subject), kMaxSubject);
  TakeFrom(vacation.from, answer, written);
  if (vacation.mime) {
    written.mime = vacation.reason;
  } else {
    written.text = mail::CleanText(vacation.reason);
  }
  written.filed_in = vacation.fcc;
  return written;
}

AutomaticAnswer WriteReply(const ReplyAction& reply, const AnswerCase& answer) {
  AutomaticAnswer written = Begin(answer);
  written.text = mail::CleanText(reply.text);
  return written;
}

}  // namespace postern::rules
