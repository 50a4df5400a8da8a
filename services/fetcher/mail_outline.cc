#include "services/fetcher/mail_outline.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/mime_parser.h"

namespace postern::fetcher {

namespace {

using imap::BodyPart;

constexpr size_t kMaxTextSections = 4;

bool HasName(const imap::Parameters& parameters, absl::string_view name) {
  return std::any_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
    return parameter.first == name || absl::StartsWith(parameter.first, absl::StrCat(name, "*"));
  });
}

// The rule of lib/mail/mime_parser.h: a text without a name that asks to be shown.
bool IsReadable(const BodyPart& part) {
  return part.type == "text" && (part.subtype == "plain" || part.subtype == "html") &&
         part.disposition != "attachment" && !HasName(part.parameters, "name") &&
         !HasName(part.disposition_parameters, "filename");
}

void CollectTexts(const BodyPart& part, std::vector<std::string>& sections) {
  if (sections.size() >= kMaxTextSections) return;
  if (!part.IsMultipart()) {
    if (IsReadable(part)) sections.push_back(part.section);
    return;
  }
  if (part.subtype == "alternative") {
    for (const BodyPart& child : part.parts) {
      if (child.subtype == "plain" && IsReadable(child)) return CollectTexts(child, sections);
    }
  }
  for (const BodyPart& child : part.parts) CollectTexts(child, sections);
}

bool IsStatus(const BodyPart& part) {
  return part.type == "message" &&
         (part.subtype == "delivery-status" || part.subtype == "global-delivery-status");
}

bool IsReturnedMail(const BodyPart& part) {
  return (part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global" ||
                                     part.subtype == "global-headers")) ||
         (part.type == "text" && part.subtype == "rfc822-headers");
}

// The parts of a delivery report (lib/mail/delivery_report_reader.h): one that tells, and the
// mail that it is about.
std::vector<const BodyPart*> ReportParts(const BodyPart& root) {
  std::vector<const BodyPart*> multiparts = {&root};
  for (const BodyPart& part : root.parts) multiparts.push_back(&part);
  for (const BodyPart* multipart : multiparts) {
    const std::vector<BodyPart>& parts = multipart->parts;
    const auto status = std::find_if(parts.begin(), parts.end(), IsStatus);
    if (status == parts.end()) continue;
    std::vector<const BodyPart*> found = {&*status};
    const auto returned = std::find_if(parts.begin(), parts.end(), IsReturnedMail);
    if (returned != parts.end()) found.push_back(&*returned);
    return found;
  }
  return {};
}

// Keeps what may stand in a type or a parameter name: RFC 2045 "token".
std::string Token(absl::string_view text, absl::string_view otherwise) {
  std::string token;
  for (char c : text.substr(0, 100)) {
    if (absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`{|}~", c)) token.push_back(c);
  }
  return token.empty() ? std::string(otherwise) : token;
}

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (char c : text.substr(0, 1000)) {
    if (absl::ascii_iscntrl(c)) continue;
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string WriteParameters(const imap::Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (name == "boundary") continue;
    // RFC 2231 values ("filename*0*") are tokens and mean something else in quotes.
    const bool extended = absl::EndsWith(name, "*");
    absl::StrAppend(&out, ";\r\n ", Token(name, "x"), "=",
                    extended ? Token(value, "x") : Quoted(value));
  }
  return out;
}

// The fields of the mail itself, without those that describe its body.
std::string KeepFields(absl::string_view header) {
  std::string kept;
  bool keep = true;
  for (absl::string_view line : absl::StrSplit(header, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (line.empty()) break;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (!folded) {
      keep = !absl::StartsWithIgnoreCase(line, "content-") &&
             !absl::StartsWithIgnoreCase(line, "mime-version:");
    }
    if (keep) absl::StrAppend(&kept, line, "\r\n");
  }
  return kept;
}

uint64_t DecodedSize(const BodyPart& part) {
  if (part.encoding != "base64") return part.octets;
  return part.octets / 78 * 57 + part.octets % 78 * 3 / 4;  // 57 bytes make a line of 76 and CRLF
}

// Writes a small message of the same shape. Each part that is no text becomes an
// attachment of as many bytes as its number (from 1), by which it is known again.
class OutlineWriter {
 public:
  OutlineWriter(const absl::btree_map<std::string, std::string>& texts) : texts_(texts) {
    // A mail may hold any line on purpose; a boundary must be none of them.
    while (std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
      return absl::StrContains(text.second, boundary_);
    })) {
      absl::StrAppend(&boundary_, "=");
    }
  }

  std::string Write(const std::string& header, const BodyPart& root) {
    out_ = absl::StrCat(KeepFields(header), "MIME-Version: 1.0\r\n");
    WritePart(root);
    return std::move(out_);
  }

  // The same mail with nothing but the parts of its report.
  std::string WriteReport(const std::string& header, const std::vector<const BodyPart*>& parts) {
    out_ = absl::StrCat(KeepFields(header), "Content-Type: multipart/report; boundary=\"",
                        boundary_, "\"\r\n\r\n");
    for (const BodyPart* part : parts) {
      const auto bytes = texts_.find(part->section);
      if (bytes == texts_.end()) continue;
      absl::StrAppend(&out_, "--", boundary_, "\r\nContent-Type: ", Token(part->type, "x"), "/",
                      Token(part->subtype, "x"),
                      "\r\nContent-Transfer-Encoding: ", Token(part->encoding, "7bit"), "\r\n\r\n",
                      bytes->second, "\r\n");
    }
    absl::StrAppend(&out_, "--", boundary_, "--\r\n");
    return std::move(out_);
  }

  const std::vector<const BodyPart*>& attachments() const { return attachments_; }

 private:
  void WritePart(const BodyPart& part) {
    if (part.IsMultipart()) return WriteMultipart(part);
    if (IsReadable(part)) return WriteText(part);
    WriteAttachment(part);
  }

  void WriteMultipart(const BodyPart& part) {
    const std::string boundary = absl::StrCat(boundary_, ++multiparts_, ".");
    absl::StrAppend(&out_, "Content-Type: multipart/", Token(part.subtype, "mixed"),
                    "; boundary=\"", boundary, "\"\r\n\r\n");
    for (const BodyPart& child : part.parts) {
      absl::StrAppend(&out_, "--", boundary, "\r\n");
      WritePart(child);
      absl::StrAppend(&out_, "\r\n");
    }
    absl::StrAppend(&out_, "--", boundary, "--\r\n");
  }

  void WriteText(const BodyPart& part) {
    absl::StrAppend(&out_, "Content-Type: text/", Token(part.subtype, "plain"),
                    WriteParameters(part.parameters),
                    "\r\nContent-Transfer-Encoding: ", Token(part.encoding, "7bit"), "\r\n\r\n");
    if (auto text = texts_.find(part.section); text != texts_.end()) {
      absl::StrAppend(&out_, text->second);
    }
  }

  void WriteAttachment(const BodyPart& part) {
    attachments_.push_back(&part);
    imap::Parameters disposition = part.disposition_parameters;
    if (!part.subject.empty()) disposition.emplace_back("filename", part.subject);
    absl::StrAppend(
        &out_, "Content-Type: application/octet-stream", WriteParameters(part.parameters),
        "\r\nContent-Transfer-Encoding: 7bit\r\nContent-Disposition: attachment",
        WriteParameters(disposition), "\r\n\r\n", std::string(attachments_.size(), 'x'));
  }

  const absl::btree_map<std::string, std::string>& texts_;
  std::string boundary_ = "=_outline_";
  int multiparts_ = 0;
  std::vector<const BodyPart*> attachments_;
  std::string out_;
};

const BodyPart* FindPart(const BodyPart& part, const std::string& section) {
  if (!part.IsMultipart()) return part.section == section ? &part : nullptr;
  for (const BodyPart& child : part.parts) {
    if (const BodyPart* found = FindPart(child, section)) return found;
  }
  return nullptr;
}

// Says of an attachment what its part says; null when it is none that was written.
const BodyPart* Recognise(const OutlineWriter& writer, mail::Attachment& attachment) {
  const uint64_t number = attachment.size;
  if (number == 0 || number > writer.attachments().size()) return nullptr;
  const BodyPart& part = *writer.attachments()[number - 1];
  attachment.content_type =
      absl::StrCat(Token(part.type, "application"), "/", Token(part.subtype, "octet-stream"));
  attachment.size = DecodedSize(part);
  return &part;
}

}  // namespace

std::vector<std::string> TextSections(const BodyPart& root) {
  std::vector<std::string> sections;
  CollectTexts(root, sections);
  for (const BodyPart* part : ReportParts(root)) sections.push_back(part->section);
  return sections;
}

mail::Mail ReadOutline(const std::string& header, const BodyPart& root,
                       const absl::btree_map<std::string, std::string>& texts) {
  OutlineWriter writer(texts);
  mail::Mail mail = mail::ParseMail(writer.Write(header, root));
  for (mail::Attachment& attachment : mail.attachments) Recognise(writer, attachment);
  for (const auto& [section, bytes] : texts) {
    const BodyPart* part = FindPart(root, section);
    if (part != nullptr && IsReadable(*part) && bytes.size() < part->octets) {
      mail.text_truncated = true;
    }
  }
  const std::vector<const BodyPart*> report = ReportParts(root);
  if (!report.empty()) {
    mail.delivery_report = mail::ParseMail(writer.WriteReport(header, report)).delivery_report;
  }
  return mail;
}

std::vector<OutlinedAttachment> AttachmentsOf(const BodyPart& root) {
  const absl::btree_map<std::string, std::string> no_texts;
  OutlineWriter writer(no_texts);
  const mail::Mail mail = mail::ParseMail(writer.Write("", root));
  std::vector<OutlinedAttachment> attachments;
  for (const mail::Attachment& listed : mail.attachments) {
    OutlinedAttachment& attachment = attachments.emplace_back();
    attachment.about = listed;
    const BodyPart* part = Recognise(writer, attachment.about);
    if (part == nullptr) continue;
    attachment.section = part->section;
    attachment.encoding = part->encoding;
  }
  return attachments;
}

}  // namespace postern::fetcher
