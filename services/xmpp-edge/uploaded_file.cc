#include "services/xmpp-edge/uploaded_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/http/url.h"
#include "lib/mail/attachment_name.h"
#include "services/xmpp-edge/texts/uploads.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxUrlBytes = 2048;
constexpr char kSharingNs[] = "urn:xmpp:sfs:0";
constexpr char kMediaNs[] = "urn:xmpp:sims:1";
constexpr char kUrlDataNs[] = "http://jabber.org/protocol/url-data";
constexpr char kUnknownType[] = "application/octet-stream";

bool IsWebLink(absl::string_view url) {
  return absl::StartsWithIgnoreCase(url, "https://") || absl::StartsWithIgnoreCase(url, "http://");
}
// A link with the key behind it, as OMEMO's clients share files (XEP-0454).
bool IsEncryptedLink(absl::string_view url) { return absl::StartsWithIgnoreCase(url, "aesgcm://"); }
bool IsLink(absl::string_view url) { return IsWebLink(url) || IsEncryptedLink(url); }

// RFC 6838 section 4.2: "type/subtype"; empty when it is none, or not for a file.
std::string PlainType(absl::string_view type) {
  std::string plain =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(type.substr(0, type.find(';'))));
  const size_t slash = plain.find('/');
  const bool is_type =
      slash != 0 && slash != plain.npos && slash + 1 < plain.size() && plain.size() <= 127 &&
      std::all_of(plain.begin(), plain.end(), [&](const char& c) {
        const bool divides = &c == &plain[slash];
        return divides || absl::ascii_isalnum(c) || absl::StrContains("!#$&-^_.+", c);
      });
  const bool is_part = absl::StartsWith(plain, "multipart/") || absl::StartsWith(plain, "message/");
  return is_type && !is_part ? plain : "";
}

// XEP-0446, and what it came from (XEP-0234): the same names.
UploadedFile ReadMetadata(const Element* file) {
  UploadedFile read;
  if (file == nullptr) return read;
  read.file_name = mail::SafeFileName(file->ChildText("name"));
  read.content_type = PlainType(file->ChildText("media-type"));
  read.description = file->ChildText("desc");
  if (!absl::SimpleAtoi(file->ChildText("size"), &read.size)) read.size = 0;
  return read;
}

// The first source that is a link. An encrypted one counts as such (XEP-0448).
std::string SourceOf(const Element& sharing) {
  const Element* sources = sharing.Child("sources");
  if (sources == nullptr) return "";
  bool encrypted = false;
  for (const Element& source : sources->children) {
    if (source.name == "encrypted") encrypted = true;
    const bool is_url_data = source.name == "url-data" && source.ns == kUrlDataNs;
    const absl::string_view url = source.Attr(is_url_data ? "target" : "uri");
    if (IsLink(url)) return std::string(url);
  }
  return encrypted ? "aesgcm://" : "";
}

class Reader {
 public:
  Reader(const Element& message, std::string& text) : message_(message), text_(text) {}

  std::vector<UploadedFile> Read() {
    for (const Element& child : message_.children) {
      if (child.name == "file-sharing" && child.ns == kSharingNs) AddSharing(child);
      // XEP-0385: within a reference (XEP-0372) to a part of the body.
      if (child.name != "reference") continue;
      if (const Element* media = child.Child("media-sharing", kMediaNs)) AddSharing(*media);
    }
    for (const Element& child : message_.children) {
      if (child.name == "x" && child.ns == "jabber:x:oob") AddOutOfBand(child);
    }
    const absl::string_view said = absl::StripAsciiWhitespace(text_);
    if (files_.empty() && IsEncryptedLink(said) && said.find_first_of(" \n") == said.npos) {
      files_.emplace_back().url = std::string(said);
    }
    TakeOutLinks();
    return std::move(files_);
  }

 private:
  void AddSharing(const Element& sharing) {
    UploadedFile file = ReadMetadata(sharing.Child("file"));
    file.url = SourceOf(sharing);
    if (!file.url.empty() && !Knows(file.url)) files_.push_back(std::move(file));
  }
  void AddOutOfBand(const Element& oob) {
    const std::string url = oob.ChildText("url");
    if (!IsLink(url)) return;
    const auto known = std::find_if(files_.begin(), files_.end(),
                                    [&](const UploadedFile& file) { return file.url == url; });
    if (known != files_.end()) {
      if (known->description.empty()) known->description = oob.ChildText("desc");
      return;
    }
    if (!HasLine(url)) return;  // a preview of a link among words, say
    files_.emplace_back().url = url;
    files_.back().description = oob.ChildText("desc");
  }
  bool Knows(absl::string_view url) const {
    return std::any_of(files_.begin(), files_.end(),
                       [&](const UploadedFile& file) { return file.url == url; });
  }
  bool HasLine(absl::string_view url) const {
    for (const absl::string_view line : absl::StrSplit(text_, '\n')) {
      if (absl::StripAsciiWhitespace(line) == url) return true;
    }
    return false;
  }
  void TakeOutLinks() {
    if (files_.empty()) return;
    std::vector<absl::string_view> lines, descriptions;
    for (const absl::string_view line : absl::StrSplit(text_, '\n')) {
      if (!Knows(absl::StripAsciiWhitespace(line))) lines.push_back(line);
    }
    std::string rest = absl::StrJoin(lines, "\n");
    rest.erase(0, std::min(rest.find_first_not_of("\n"), rest.size()));
    absl::StripTrailingAsciiWhitespace(&rest);
    if (rest.empty()) {
      for (const UploadedFile& file : files_) {
        if (!file.description.empty()) descriptions.push_back(file.description);
      }
      rest = absl::StrJoin(descriptions, "\n");
    }
    text_ = std::move(rest);
  }

  const Element& message_;
  std::string& text_;
  std::vector<UploadedFile> files_;
};

absl::Status Check(const UploadedFile& file, const Words& words) {
  if (IsEncryptedLink(file.url)) return absl::InvalidArgumentError(texts::EncryptedUpload(words));
  const auto url = http::ReadUrl(file.url);
  if (absl::IsFailedPrecondition(url.status())) {
    return absl::InvalidArgumentError(texts::UploadIsNotHttps(words));
  }
  if (!url.ok() || file.url.size() > kMaxUrlBytes) {
    return absl::InvalidArgumentError(texts::UploadLinkUnreadable(words));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<UploadedFile>> TakeUploads(const Element& message, const Words& words,
                                                      std::string& text) {
  std::vector<UploadedFile> files = Reader(message, text).Read();
  if (files.size() > kMaxUploads) {
    return absl::InvalidArgumentError(texts::TooManyUploads(words, kMaxUploads));
  }
  for (const UploadedFile& file : files) {
    if (absl::Status checked = Check(file, words); !checked.ok()) return checked;
  }
  return files;
}

std::string NameOf(absl::string_view told, absl::string_view url) {
  std::string name = mail::SafeFileName(told);
  if (!name.empty()) return name;
  const auto read = http::ReadUrl(url);
  return read.ok() ? mail::SafeFileName(http::LastPathPart(*read)) : "";
}

std::string TypeOf(absl::string_view served, absl::string_view told) {
  for (const absl::string_view type : {served, told}) {
    std::string plain = PlainType(type);
    // What servers say of whatever they don't know says nothing.
    if (!plain.empty() && plain != kUnknownType) return plain;
  }
  return kUnknownType;
}

}  // namespace postern::xmpp_edge
