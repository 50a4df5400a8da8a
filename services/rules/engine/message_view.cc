#include "services/rules/engine/message_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"
#include "services/rules/engine/mailbox_list.h"
#include "services/rules/engine/part_tree.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxHeader = 1 << 20;  // of all fields together

std::vector<const MessageView::Field*> Bounded(const std::vector<MessageView::Field>& fields,
                                               const std::vector<uint32_t>& those) {
  std::vector<const MessageView::Field*> found;
  size_t bytes = 0;
  for (uint32_t index : those) {
    bytes += fields[index].raw.size();
    if (bytes > MessageView::kMaxHeaderBytes && !found.empty()) break;
    found.push_back(&fields[index]);
  }
  return found;
}

// A field's lines, more or less: how it was folded is not known any more.
uint64_t WrittenSize(const MessageView::Field& field) {
  return field.name.size() + field.raw.size() + 4;
}

}  // namespace

struct MessageView::Inside {
  absl::string_view message;
  std::string own;  // what `message` looks at, after Replace
  uint64_t full_size = 0, size_as_it_came = 0;

  std::vector<Field> fields;
  size_t body_at = 0;
  bool edited = false;
  // Where the fields of a name are; made when the first is asked for.
  mutable std::optional<absl::flat_hash_map<std::string, std::vector<uint32_t>>> index;

  mutable std::optional<PartTree> tree;
  mutable std::optional<std::string> text, raw_lines;

  void ReadHeader() {
    const mail::HeaderFields header =
        mail::ReadHeaderFields(message, kMaxHeader, MessageView::kMaxFields);
    body_at = header.end;
    fields.clear();
    fields.reserve(header.fields.size());
    for (const mail::RawField& field : header.fields) fields.push_back(FieldOf(field));
    index.reset();
    edited = false;
  }

  const auto& Index() const {
    if (!index) {
      index.emplace();
      index->reserve(fields.size());
      for (size_t i = 0; i < fields.size(); ++i) {
        (*index)[absl::AsciiStrToLower(fields[i].name)].push_back(static_cast<uint32_t>(i));
      }
    }
    return *index;
  }

  const PartTree& Tree() const {
    if (!tree) tree.emplace(message);
    return *tree;
  }
};

absl::string_view MessageView::Field::decoded() const {
  if (!is_decoded) {
    decoded_value = mail::DecodeHeaderText(raw);
    is_decoded = true;
  }
  return decoded_value;
}

absl::Span<const MessageView::Mailbox> MessageView::Field::mailboxes() const {
  if (!is_read) {
    read_mailboxes = ReadMailboxes(raw, kMaxMailboxes);
    is_read = true;
  }
  return read_mailboxes;
}

MessageView::MessageView(absl::string_view message, uint64_t full_size)
    : inside_(std::make_unique<Inside>()) {
  inside_->message = message;
  inside_->full_size = std::max<uint64_t>(full_size, message.size());
  inside_->size_as_it_came = inside_->full_size;
  inside_->ReadHeader();
}

MessageView::~MessageView() = default;

uint64_t MessageView::size() const { return inside_->full_size; }

bool MessageView::is_cut() const { return inside_->size_as_it_came > inside_->message.size(); }

absl::string_view MessageView::Raw() const { return inside_->message; }

std::vector<const MessageView::Field*> MessageView::Fields(absl::string_view name) const {
  const auto& index = inside_->Index();
  const auto those = index.find(absl::AsciiStrToLower(name));
  if (those == index.end()) return {};
  return Bounded(inside_->fields, those->second);
}

const std::vector<MessageView::Field>& MessageView::AllFields() const { return inside_->fields; }

std::vector<absl::string_view> MessageView::Names() const {
  std::vector<absl::string_view> names;
  const auto& index = inside_->Index();
  names.reserve(index.size());
  for (const auto& [name, those] : index) names.push_back(name);
  return names;
}

const std::vector<MessageView::Part>& MessageView::Parts() const { return inside_->Tree().parts(); }

std::vector<const MessageView::Field*> MessageView::FieldsOf(size_t part,
                                                             absl::string_view name) const {
  if (part == 0) return Fields(name);
  const std::vector<Part>& parts = Parts();
  if (part >= parts.size()) return {};
  std::vector<uint32_t> those;
  for (size_t i = 0; i < parts[part].fields.size(); ++i) {
    if (absl::EqualsIgnoreCase(parts[part].fields[i].name, name))
      those.push_back(static_cast<uint32_t>(i));
  }
  return Bounded(parts[part].fields, those);
}

absl::string_view MessageView::Content(size_t part) const { return inside_->Tree().Content(part); }

absl::string_view MessageView::RawBody() const { return inside_->message.substr(inside_->body_at); }

absl::string_view MessageView::RawLines() const {
  if (!inside_->raw_lines)
    inside_->raw_lines = absl::StrReplaceAll(RawBody().substr(0, kMaxBodyBytes), {{"\r\n", "\n"}});
  return *inside_->raw_lines;
}

bool MessageView::HasBody() const {
  const absl::string_view header = inside_->message.substr(0, inside_->body_at);
  return !RawBody().empty() || absl::EndsWith(header, "\n\r\n") || absl::EndsWith(header, "\n\n") ||
         header == "\r\n" || header == "\n";
}

absl::string_view MessageView::Readable(size_t part) const {
  return inside_->Tree().Readable(part);
}

std::vector<std::string> MessageView::AroundParts(size_t part) const {
  return inside_->Tree().AroundParts(part);
}

absl::string_view MessageView::Text() const {
  if (!inside_->text) inside_->text = inside_->Tree().ReadableText(kMaxBodyBytes);
  return *inside_->text;
}

void MessageView::AddField(absl::string_view name, absl::string_view value, bool last) {
  Field field;
  field.name = std::string(name);
  field.raw = field.decoded_value = mail::CleanLine(value);
  field.is_decoded = true;
  std::vector<Field>& fields = inside_->fields;
  inside_->full_size += WrittenSize(field);
  fields.insert(last ? fields.end() : fields.begin(), std::move(field));
  inside_->edited = true;
  inside_->index.reset();
}

bool MessageView::DeleteField(absl::string_view name, size_t occurrence) {
  const auto& index = inside_->Index();
  const auto those = index.find(absl::AsciiStrToLower(name));
  if (those == index.end() || occurrence >= those->second.size()) return false;
  const auto deleted = inside_->fields.begin() + those->second[occurrence];
  inside_->full_size -= std::min<uint64_t>(inside_->full_size, WrittenSize(*deleted));
  inside_->fields.erase(deleted);
  inside_->edited = true;
  inside_->index.reset();
  return true;
}

void MessageView::Reset() {
  if (!inside_->edited) return;
  inside_->full_size = inside_->size_as_it_came;
  inside_->ReadHeader();
}

void MessageView::Replace(std::string message) {
  auto fresh = std::make_unique<Inside>();
  fresh->own = std::move(message);
  fresh->message = fresh->own;
  fresh->full_size = fresh->size_as_it_came = fresh->own.size();
  inside_ = std::move(fresh);
  inside_->ReadHeader();
}

}  // namespace postern::rules
