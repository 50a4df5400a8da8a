#include "lib/mail/mime_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/part_writer.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxReferences = 50;

// Ids that come from somebody else's mail: those that can't be written are left out, and the thread
// survives.
HeaderWords IdWords(const std::vector<std::string>& ids) {
  HeaderWords words;
  for (const std::string& id : ids) {
    if (IsMessageId(id)) words.push_back(absl::StrCat("<", id, ">"));
  }
  if (words.size() > kMaxReferences)
    words.erase(words.begin() + 1, words.end() - (kMaxReferences - 1));
  return words;
}

std::string DateField(int64_t unix_time, absl::TimeZone zone) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", absl::FromUnixSeconds(unix_time), zone);
}

std::string HeaderOf(const OutgoingMail& mail) {
  std::string out;
  const auto add = [&out](absl::string_view name, const HeaderWords& words) {
    if (!words.empty()) out += HeaderLine(name, words);
  };
  add("Date", {DateField(mail.date_unix, mail.zone)});
  add("From", AddressWords(mail.from));
  add("To", mail.to.empty() && mail.cc.empty() ? HeaderWords{"undisclosed-recipients:;"}
                                               : AddressListWords(mail.to));
  add("Cc", AddressListWords(mail.cc));
  add("Subject", TextWords(mail.subject));
  add("Message-ID", IdWords({mail.message_id}));
  add("In-Reply-To", IdWords({mail.in_reply_to}));
  add("References", IdWords(mail.references));
  add("Auto-Submitted", TextWords(mail.auto_submitted));
  add("Jabber-ID", TextWords(mail.jabber_id));
  add("User-Agent", TextWords(mail.user_agent));
  add("MIME-Version", {"1.0"});
  return out;
}

// The delimiters of a mail's multiparts. Neither quoted-printable nor base64 has "=_", so it is
// looked for only in what stands as it is.
class Delimiters {
 public:
  Delimiters(absl::string_view seed, const std::vector<WrittenPart>& texts,
             const std::vector<WrittenPart>& attachments) {
    const auto is_taken = [this](const WrittenPart& part) {
      return absl::StrContains(part.body, base_);
    };
    int attempt = 0;
    do {
      base_ = absl::StrCat("=_", seed, "_", attempt++, "_");
    } while (std::any_of(texts.begin(), texts.end(), is_taken) ||
             std::any_of(attachments.begin(), attachments.end(), is_taken));
  }
  // None is the beginning of another.
  std::string Next() { return absl::StrCat(base_, std::string(1, next_++)); }

 private:
  std::string base_;
  char next_ = 'a';
};

// Mostly there is nothing to clean.
bool IsClean(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < ' ' && c != '\n' && c != '\t') || c == 0x7F;
  });
}

// mime_writer.h: how parts are nested.
WrittenPart BodyOf(const OutgoingMail& mail) {
  std::vector<WrittenPart> texts{WriteText(IsClean(mail.text) ? mail.text : CleanText(mail.text))};
  if (!mail.html.empty()) {
    texts.push_back(WriteHtml(IsClean(mail.html) ? mail.html : CleanText(mail.html)));
  }
  std::vector<WrittenPart> images, attachments;
  for (const OutgoingPart& part : mail.parts) {
    const bool shown = !mail.html.empty() && IsInlineImage(part);
    (shown ? images : attachments).push_back(WriteAttachment(part));
  }
  if (texts.size() == 1 && attachments.empty()) return std::move(texts.front());

  Delimiters delimiters(mail.boundary, texts, attachments);
  if (!images.empty()) {
    images.insert(images.begin(), std::move(texts.back()));
    texts.back() = WriteMultipart("related", delimiters.Next(), images);
  }
  if (texts.size() > 1) texts = {WriteMultipart("alternative", delimiters.Next(), texts)};
  if (attachments.empty()) return std::move(texts.front());
  attachments.insert(attachments.begin(), std::move(texts.front()));
  return WriteMultipart("mixed", delimiters.Next(), attachments);
}

}  // namespace

absl::StatusOr<std::string> WriteMail(const OutgoingMail& mail) {
  if (absl::Status s = CheckOutgoing(mail); !s.ok()) return s;
  const WrittenPart body = BodyOf(mail);
  return absl::StrCat(HeaderOf(mail), body.header, "\r\n", body.body);
}

}  // namespace postern::mail
