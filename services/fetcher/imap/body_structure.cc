#include "services/fetcher/imap/body_structure.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::fetcher::imap {

namespace {

// The fields of a leaf, RFC 3501 "body-type-1part".
enum Field { kType, kSubtype, kParameters, kId, kDescription, kEncoding, kOctets, kFixedFields };
constexpr size_t kEnvelopeSubject = 1;

// Where the disposition stands: after the MD5 of a leaf, after the parameters of a multipart.
constexpr size_t kDispositionOffset = 1;

std::string Lower(const Value& value) { return absl::AsciiStrToLower(value.text); }

Parameters ReadParameters(const Value& list) {
  Parameters parameters;
  for (size_t i = 0; i + 1 < list.items.size(); i += 2) {
    parameters.emplace_back(Lower(list.items[i]), list.items[i + 1].text);
  }
  return parameters;
}

void ReadDisposition(const std::vector<Value>& items, size_t at, BodyPart& part) {
  if (at >= items.size() || items[at].items.empty()) return;
  part.disposition = Lower(items[at].items[0]);
  if (items[at].items.size() > 1) {
    part.disposition_parameters = ReadParameters(items[at].items[1]);
  }
}

absl::StatusOr<BodyPart> ReadPart(const Value& value, const std::string& section);

absl::StatusOr<BodyPart> ReadMultipart(const std::vector<Value>& items,
                                       const std::string& section) {
  BodyPart part;
  part.type = "multipart";
  size_t i = 0;
  for (; i < items.size() && items[i].IsList(); ++i) {
    const std::string child = absl::StrCat(section, section.empty() ? "" : ".", i + 1);
    absl::StatusOr<BodyPart> read = ReadPart(items[i], child);
    if (!read.ok()) return read.status();
    part.parts.push_back(*std::move(read));
  }
  if (i < items.size()) part.subtype = Lower(items[i]);
  if (i + 1 < items.size()) part.parameters = ReadParameters(items[i + 1]);
  ReadDisposition(items, i + 1 + kDispositionOffset, part);
  return part;
}

absl::StatusOr<BodyPart> ReadLeaf(const std::vector<Value>& items, const std::string& section) {
  if (items.size() < kFixedFields) {
    return absl::DataLossError("imap: the server sent a BODYSTRUCTURE with fields missing");
  }
  BodyPart part;
  part.section = section.empty() ? "1" : section;
  part.type = Lower(items[kType]);
  part.subtype = Lower(items[kSubtype]);
  part.parameters = ReadParameters(items[kParameters]);
  part.encoding = Lower(items[kEncoding]);
  if (!absl::SimpleAtoi(items[kOctets].text, &part.octets)) part.octets = 0;

  size_t extension = kFixedFields;
  if (part.type == "text") extension += 1;  // lines
  if (part.type == "message" && part.subtype == "rfc822") {
    extension += 3;  // envelope, body, lines
    if (items.size() > kFixedFields && items[kFixedFields].items.size() > kEnvelopeSubject) {
      part.subject = items[kFixedFields].items[kEnvelopeSubject].text;
    }
  }
  ReadDisposition(items, extension + kDispositionOffset, part);
  return part;
}

absl::StatusOr<BodyPart> ReadPart(const Value& value, const std::string& section) {
  if (!value.IsList() || value.items.empty()) {
    return absl::DataLossError("imap: the server sent an empty BODYSTRUCTURE");
  }
  if (value.items[0].IsList()) return ReadMultipart(value.items, section);
  return ReadLeaf(value.items, section);
}

}  // namespace

absl::StatusOr<BodyPart> ParseBodyStructure(const Value& structure) {
  return ReadPart(structure, "");
}

}  // namespace postern::fetcher::imap
