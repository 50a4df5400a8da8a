#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

namespace postern::mail {

// Walks an address list (RFC 5322 section 3.4, with what mailers and people
// make of it: ';' between addresses, groups never closed, comments as names,
// encoded words inside quotes). Linear, without recursion. `text` must outlive it.
class AddressReader {
 public:
  explicit AddressReader(absl::string_view text) : text_(text) {}

  // The next entry, or why it can't be read; nothing at the end of the list.
  std::optional<absl::StatusOr<Address>> Next();
  // What the last one was read from.
  absl::string_view entry() const { return entry_; }

 private:
  // The pieces of one entry, before they get a meaning.
  struct Entry {
    std::string words;                 // everything outside <> and (): a name or a bare address
    std::string name;                  // the same without quotes
    std::string comment;               // the last one
    std::optional<std::string> angle;  // between < and >
    bool several = false;              // a second <...>
    bool has_text = false;
  };

  Entry ReadEntry();
  void ReadQuoted(Entry& entry);
  void ReadComment(Entry& entry);
  void ReadAngle(Entry& entry);
  static absl::StatusOr<Address> Understand(const Entry& entry);

  absl::string_view text_;
  absl::string_view entry_;
  size_t at_ = 0;
  // An opening without its closing stays one wherever the search starts: look once.
  bool quotes_unclosed_ = false;
  bool comments_unclosed_ = false;
};

// "local@domain" alone. The domain is what follows the only '@' outside quotes.
absl::StatusOr<Address> ParseSpec(absl::string_view spec);

}  // namespace postern::mail
