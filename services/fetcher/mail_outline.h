#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "lib/mail/mail.h"
#include "services/fetcher/imap/body_structure.h"

namespace postern::fetcher {

// Of a mail too large to fetch whole we have its header, its structure and the
// beginnings of its text parts. From these it is read as if it were small.

// The sections that hold the text a reader wants: the plain one of each
// alternative, else the HTML one; at most a few. Of a delivery report also the parts that tell it.
std::vector<std::string> TextSections(const imap::BodyPart& root);

// `texts` holds the fetched bytes (still encoded) of some sections.
mail::Mail ReadOutline(const std::string& header, const imap::BodyPart& root,
                       const absl::btree_map<std::string, std::string>& texts);

// The attachments of such a mail, as ReadOutline lists them, and where each of them is.
struct OutlinedAttachment {
  mail::Attachment about;
  std::string section;   // to fetch it by
  std::string encoding;  // lower case
};
std::vector<OutlinedAttachment> AttachmentsOf(const imap::BodyPart& root);

}  // namespace postern::fetcher
