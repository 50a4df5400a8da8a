#include "services/admin/watched_text.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::admin {
namespace {

absl::Status Unusable(const std::string& path, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", reason));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(WatchedText::kMaxBytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.eof() && !file.good()) return Unusable(path, "can't be read");
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.size() > WatchedText::kMaxBytes) {
    return Unusable(path, absl::StrCat("holds more than ", WatchedText::kMaxBytes, " bytes"));
  }
  if (!mail::IsUtf8(bytes)) return Unusable(path, "is not UTF-8");
  absl::string_view text = bytes;
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");  // editors put a byte order mark there
  return mail::CleanText(absl::StripTrailingAsciiWhitespace(text));
}

}  // namespace

absl::Status WatchedText::Refresh() {
  if (path_.empty()) return absl::OkStatus();
  struct stat found {};
  absl::StatusOr<Version> now = Unusable(path_, "");
  if (::stat(path_.c_str(), &found) != 0) {
    now = Unusable(path_, std::strerror(errno));
  } else if (!S_ISREG(found.st_mode)) {  // to open a pipe would wait for a writer
    now = Unusable(path_, "is not a file");
  } else {
    now = Version{found.st_dev, found.st_ino, static_cast<uint64_t>(found.st_size),
                  found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
  }
  if (seen_ && *seen_ == now) return absl::OkStatus();
  seen_ = now;
  if (!now.ok()) return now.status();
  auto text = ReadText(path_);
  if (!text.ok()) return text.status();
  text_ = *std::move(text);
  return absl::OkStatus();
}

}  // namespace postern::admin
