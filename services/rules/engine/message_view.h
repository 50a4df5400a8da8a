#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::rules {

// A mail as rules look at it: taken apart and decoded as far as somebody asks, once. Several
// programs share one; a view is used by one evaluation at a time. Never fails: what can't be
// decoded is there as it came. Linear in the size of the mail, whatever is in it.
//
// `message` must outlive it. Cut after `message.size()` bytes of `full_size` when that is more:
// what was not fetched is not seen.
class MessageView {
 public:
  explicit MessageView(absl::string_view message, uint64_t full_size = 0);
  ~MessageView();
  MessageView(const MessageView&) = delete;
  MessageView& operator=(const MessageView&) = delete;

  // Limits of what is looked at; the trace says where they were reached.
  static constexpr size_t kMaxHeaderBytes = 64 * 1024;   // of the fields of one name
  static constexpr size_t kMaxBodyBytes = 1 << 20;       // of decoded text

  uint64_t size() const;
  struct Field {
    std::string name;   // as written
    std::string raw;    // unfolded, not decoded
    absl::string_view decoded() const;  // RFC 2047, once
    mutable std::string decoded_value;
    mutable bool is_decoded = false;
  };
  // The fields of that name (any case), in order. Header edits of this evaluation are in it.
  std::vector<const Field*> Fields(absl::string_view name) const;
  const std::vector<Field>& AllFields() const;

  struct Part {
    size_t parent = SIZE_MAX;     // in Parts()
    size_t end = 0;               // past its last descendant
    std::string type, subtype;    // lower case
    std::string disposition;      // lower case; empty: none
    std::string file_name;        // decoded
    bool multipart = false, message = false;  // message/rfc822: its header is a child
    std::vector<Field> fields;
  };
  const std::vector<Part>& Parts() const;  // in the order of the mail; the first is the mail itself
  // Decoded: text parts in UTF-8 with LF, others as bytes. Cached.
  absl::string_view Content(size_t part) const;
  absl::string_view RawBody() const;
  // All that people read (RFC 5173 section 5.3): text parts joined, HTML made readable.
  absl::string_view Text() const;

  // RFC 5293. They last until Reset.
  void AddField(absl::string_view name, absl::string_view value, bool last);
  bool DeleteField(absl::string_view name, size_t occurrence);
  void Reset();  // to the mail as it came
  // Another mail in its place: for test suites.
  void Replace(std::string message);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace postern::rules
