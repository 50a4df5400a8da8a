#pragma once

// XEP-0066: Out of Band Data, XEP-0447: Stateless File Sharing, XEP-0385: Stateless Inline Media
// Sharing: what a client sends when its user has uploaded a file (XEP-0363).

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A file behind a link, and what the message says of it.
struct UploadedFile {
  std::string url;
  std::string file_name;     // as told, made harmless; may be empty
  std::string content_type;  // "image/png"; empty: not told
  uint64_t size = 0;         // 0: not told
  std::string description;   // may be empty
};

// A message hands over this many at the most.
inline constexpr size_t kMaxUploads = 10;

// The files that a message hands over: those of its metadata, and a link that is all of a line
// of the text and stands in the metadata, too. Other links are text. Their lines are taken out
// of `text`, which is what stands below the head; where it is empty then, it becomes what the
// message describes the files as. kInvalidArgument: a sentence for the author.
absl::StatusOr<std::vector<UploadedFile>> TakeUploads(const Element& message, const Words& words,
                                                      std::string& text);

// What a file is called: as told, else as the last part of its URL, made harmless. Empty: neither
// will do.
std::string NameOf(absl::string_view told, absl::string_view url);

// The type to be written for what a server says ("Image/PNG; q=1"), else for what was told,
// else "application/octet-stream". Types that are parts of mails are taken for none: a mail
// reader would open them.
std::string TypeOf(absl::string_view served, absl::string_view told);

}  // namespace postern::xmpp_edge
