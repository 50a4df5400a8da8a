#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/mime_tree.h"
#include "services/rules/engine/message_view.h"

namespace postern::rules {

MessageView::Field FieldOf(const mail::RawField& field);

// The MIME parts of a mail, those of attached messages among them (kMaxMessages deep, so
// that no byte is read more often than that), and what stands in them.
class PartTree {
 public:
  static constexpr size_t kMaxMessages = 4;
  static constexpr size_t kMaxParts = 1000;

  // `message` must outlive it.
  explicit PartTree(absl::string_view message);

  const std::vector<MessageView::Part>& parts() const { return parts_; }
  // Decoded, once: text in UTF-8 with LF; of an attached message its header; of a multipart
  // nothing.
  absl::string_view Content(size_t part) const;
  // What stands before the first and behind the last part of a multipart; LF.
  std::vector<std::string> AroundParts(size_t part) const;
  // Of a text part: HTML as people read it, once.
  absl::string_view Readable(size_t part) const;
  // All text parts, joined; HTML as people read it. At most `limit` bytes.
  std::string ReadableText(size_t limit) const;

 private:
  // What a part is decoded from.
  struct Source {
    std::string encoding, charset;
    absl::string_view body, before, after;
  };

  void Read(absl::string_view message, size_t parent, size_t depth);
  void Add(const mail::MimePart& part, size_t parent);
  void SetEnds();
  std::string Decode(size_t part) const;

  std::vector<MessageView::Part> parts_;
  std::vector<Source> sources_;
  mutable std::map<size_t, std::string> contents_, readable_;
};

}  // namespace postern::rules
