#include "services/xmpp-edge/features/mail_labels.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {
namespace {

using fetcher::v1::MailSummary;

constexpr size_t kMostOfSubject = 40;  // characters
constexpr size_t kMostOfSender = 30;

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// A clean line of at most that many characters, an ellipsis among them where it was cut.
std::string Shortened(absl::string_view text, size_t most) {
  const std::string line = mail::CleanLine(text);
  size_t characters = 0, kept = line.size();
  for (size_t i = 0; i < line.size(); ++i) {
    if (!BeginsCharacter(line[i])) continue;
    ++characters;
    if (characters == most) kept = i;
    if (characters > most) return absl::StrCat(mail::CleanLine(line.substr(0, kept)), "…");
  }
  return line;
}

std::string SubjectOf(const MailSummary& mail, const Words& words) {
  const std::string subject = Shortened(mail.subject(), kMostOfSubject);
  return subject.empty() ? texts::NoSubject(words) : subject;
}

std::string SenderOf(const MailSummary& mail, const Words& words) {
  const std::string name = Shortened(mail.from().display_name(), kMostOfSender);
  if (!name.empty()) return name;
  if (mail.from().local_part().empty()) return texts::NoSender(words);
  return Shortened(rpc::FromProto(mail.from()).Spec(), kMostOfSender);
}

std::string LabelWith(const MailSummary& mail, std::string date, const Words& words) {
  if (mail.received_unix() <= 0) date = texts::UnknownDate(words);
  return texts::EmailInList(words, SubjectOf(mail, words), SenderOf(mail, words), date);
}

}  // namespace

std::string MailLabel(const MailSummary& mail, const Words& words) {
  return LabelWith(mail, texts::ShortDate(words, mail.received_unix()), words);
}

std::vector<std::string> MailLabels(const fetcher::v1::ListMailsResponse& page,
                                    const Words& words) {
  std::map<std::string, int> of_label;
  for (const MailSummary& mail : page.mails()) ++of_label[MailLabel(mail, words)];
  std::vector<std::string> labels;
  std::set<std::string> taken;
  for (const MailSummary& mail : page.mails()) {
    std::string label = MailLabel(mail, words);
    if (of_label[label] > 1) {
      label = LabelWith(mail, texts::ExactDate(words, mail.received_unix()), words);
    }
    const std::string plain = label;
    for (int number = 2; !taken.insert(label).second; ++number) {
      label = absl::StrCat(plain, " (", number, ")");
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace postern::xmpp_edge
