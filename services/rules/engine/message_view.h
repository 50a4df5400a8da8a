#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

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
  static constexpr size_t kMaxHeaderBytes = 64 * 1024;  // of the fields of one name
  static constexpr size_t kMaxFields = 10'000;
  static constexpr size_t kMaxMailboxes = 1000;     // of a field
  static constexpr size_t kMaxBodyBytes = 1 << 20;  // of decoded text

  uint64_t size() const;
  bool is_cut() const;  // there is more of it than was fetched
  // An address of a field, as it is written but for quotes and comments.
  struct Mailbox {
    std::string local_part, domain;  // both empty: it can't be read, `whole` is what stands there
    std::string whole;
  };
  struct Field {
    std::string name;                             // as written
    std::string raw;                              // unfolded, not decoded
    absl::string_view decoded() const;            // RFC 2047, once
    absl::Span<const Mailbox> mailboxes() const;  // at most kMaxMailboxes, read once
    mutable std::string decoded_value;
    mutable std::vector<Mailbox> read_mailboxes;
    mutable bool is_decoded = false, is_read = false;
  };
  // The fields of that name (any case), in order. Header edits of this evaluation are in it.
  std::vector<const Field*> Fields(absl::string_view name) const;
  const std::vector<Field>& AllFields() const;
  // The names that there are, in lower case, each once.
  std::vector<absl::string_view> Names() const;

  struct Part {
    size_t parent = SIZE_MAX;                 // in Parts()
    size_t end = 0;                           // past its last descendant
    std::string type, subtype;                // lower case
    std::string disposition;                  // lower case; empty: none
    std::string file_name;                    // decoded
    bool multipart = false, message = false;  // message/rfc822: its header is a child
    std::vector<Field> fields;                // none for the first: those are the mail's
  };
  const std::vector<Part>& Parts() const;  // in the order of the mail; the first is the mail itself
  // The fields of that name of a part's own header.
  std::vector<const Field*> FieldsOf(size_t part, absl::string_view name) const;
  // Decoded: text parts in UTF-8 with LF, others as bytes. Cached.
  absl::string_view Content(size_t part) const;
  absl::string_view RawBody() const;
  // The same as rules look at it: LF at the ends of lines, as in texts of rules; kMaxBodyBytes.
  absl::string_view RawLines() const;
  // False: there is not even an empty line behind the header (RFC 5173 section 4).
  bool HasBody() const;
  // A text part as people read it: HTML without its tags. Cached.
  absl::string_view Readable(size_t part) const;
  // What stands before the first and behind the last part of a multipart (RFC 5173 section 5.2).
  std::vector<std::string> AroundParts(size_t part) const;
  // All that people read (RFC 5173 section 5.3): text parts joined, HTML made readable.
  absl::string_view Text() const;

  // The bytes as they came.
  absl::string_view Raw() const;

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
