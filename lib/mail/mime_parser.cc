#include "lib/mail/mime_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/attachment_body.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/body_text.h"
#include "lib/mail/date.h"
#include "lib/mail/delivery_report_reader.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/message_ids.h"
#include "lib/mail/mime_tree.h"
#include "lib/mail/transfer_encoding.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::mail {
namespace {

// A reader's catalogue has each defect as a whole, so the fields are not put in.
std::string UnreadableAddress(absl::string_view field) {
  if (field == "From") return words::Word("From holds an address that can't be read").text;
  if (field == "To") return words::Word("To holds an address that can't be read").text;
  if (field == "Cc") return words::Word("Cc holds an address that can't be read").text;
  return words::Word("Reply-To holds an address that can't be read").text;
}

std::string TooManyAddresses() {
  return words::Word("it names too many addresses; only the first ones are shown").text;
}

// Fills a Mail from the header of the message.
class HeaderReader {
 public:
  HeaderReader(const HeaderFields& header, const ParseLimits& limits, Mail& mail)
      : header_(header), limits_(limits), mail_(mail) {}

  void Read() {
    for (const RawField& field : header_.fields) {
      mail_.headers.push_back({CleanLine(field.name), DecodeHeaderText(field.body)});
    }
    mail_.from = Addresses("From");
    mail_.reply_to = Addresses("Reply-To");
    mail_.to = Addresses("To");
    mail_.cc = Addresses("Cc");
    mail_.in_reply_to = ParseMessageIds(Body("In-Reply-To"), limits_.references);
    mail_.references = ParseMessageIds(Body("References"), limits_.references);
    std::vector<std::string> ids = ParseMessageIds(Body("Message-ID"), 1);
    if (!ids.empty()) mail_.message_id = std::move(ids[0]);
    ReadSubject();
    ReadDate();
    ReadEnvelopeFrom();
    if (header_.over_limit)
      mail_.defects.push_back(
          words::Word("the header is too large; only its beginning was read").text);
  }

 private:
  absl::string_view Body(absl::string_view name) const {
    const RawField* field = FindField(header_, name);
    return field == nullptr ? absl::string_view() : field->body;
  }

  // The addresses of all fields of that name; what can't be read is passed over.
  std::vector<Address> Addresses(absl::string_view name) {
    std::vector<Address> addresses;
    bool unreadable = false;
    for (const RawField& field : header_.fields) {
      if (!absl::EqualsIgnoreCase(field.name, name)) continue;
      const std::string line = Unfold(field.body);
      AddressReader reader(line);
      while (std::optional<absl::StatusOr<Address>> next = reader.Next()) {
        if (addresses.size() == limits_.addresses) {
          mail_.defects.push_back(TooManyAddresses());
          return addresses;
        }
        unreadable = unreadable || !next->ok();
        if (next->ok()) addresses.push_back(**std::move(next));
      }
    }
    if (unreadable) mail_.defects.push_back(UnreadableAddress(name));
    return addresses;
  }

  void ReadSubject() {
    mail_.subject = DecodeHeaderText(Body("Subject"));
    if (mail_.subject.size() <= limits_.subject_bytes) return;
    mail_.subject.resize(CutUtf8(mail_.subject, limits_.subject_bytes).size());
    mail_.defects.push_back(
        words::Word("the subject is too long; only its beginning is shown").text);
  }

  void ReadDate() { mail_.date_unix = DecodeDate(Unfold(Body("Date").substr(0, 200))); }

  void ReadEnvelopeFrom() {
    const std::string line = Unfold(Body("Return-Path"));
    AddressReader reader(line);
    const std::optional<absl::StatusOr<Address>> address = reader.Next();
    if (address && address->ok()) mail_.envelope_from = (*address)->Spec();
  }

  const HeaderFields& header_;
  const ParseLimits& limits_;
  Mail& mail_;
};

Attachment Describe(const MimePart& part, size_t bytes_not_seen) {
  const DecodedBody body =
      DecodeTransferEncoding(part.body, part.Field("Content-Transfer-Encoding"), 0);
  Attachment attachment;
  attachment.file_name = AttachmentName(part);
  attachment.content_type = std::string(CutUtf8(part.type.value, 200));
  attachment.size = body.full_size;
  // What follows the cut most likely belongs to the part in which the cut fell.
  if (part.cut && !part.body.empty()) {
    attachment.size += static_cast<uint64_t>(static_cast<double>(bytes_not_seen) * body.full_size /
                                             part.body.size());
  }
  return attachment;
}

void DescribeDefects(const MimeTree& tree, bool is_cut, std::vector<std::string>& defects) {
  if (tree.too_deep)
    defects.push_back(
        words::Word("too complex: parts are nested too deep; the deepest were not read").text);
  if (tree.too_many)
    defects.push_back(
        words::Word("too complex: it has too many parts; the last ones were not read").text);
  if (tree.unended && !is_cut)
    defects.push_back(words::Word("it ends early; something may be missing").text);
}

}  // namespace

std::optional<AttachmentBody> FindAttachment(absl::string_view message, size_t number) {
  const ParseLimits limits;
  const MimeTree tree = ReadMimeTree(message, limits);
  const BodyText body = ReadBodyText(tree, /*is_cut=*/false, limits);
  if (number == 0 || number > body.attachments.size()) return std::nullopt;
  const MimePart& part = *body.attachments[number - 1];
  AttachmentBody found;
  found.about = Describe(part, 0);
  found.bytes = part.body;
  found.encoding = std::string(part.Field("Content-Transfer-Encoding"));
  return found;
}

Mail ParseMail(absl::string_view message, size_t full_size, const ParseLimits& limits) {
  const bool is_cut = full_size > message.size();
  const MimeTree tree = ReadMimeTree(message, limits);
  Mail mail;
  mail.size = std::max(full_size, message.size());
  HeaderReader(tree.parts[0].header, limits, mail).Read();

  BodyText body = ReadBodyText(tree, is_cut, limits);
  mail.text = std::move(body.text);
  mail.text_truncated = body.truncated;
  mail.text_from_html = body.from_html;
  for (const MimePart* part : body.attachments) {
    mail.attachments.push_back(Describe(*part, is_cut ? full_size - message.size() : 0));
  }
  mail.delivery_report = ReadDeliveryReport(tree, mail);
  DescribeDefects(tree, is_cut, mail.defects);
  return mail;
}

}  // namespace postern::mail
