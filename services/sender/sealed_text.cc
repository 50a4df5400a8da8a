#include "services/sender/sealed_text.h"

#include <optional>
#include <utility>

namespace postern::sender {

absl::StatusOr<crypto::Secret> TextOf(std::string bytes, const std::string& path,
                                      const std::string& key_file, crypto::FileKind kind) {
  std::optional<crypto::SecretBox> keys;
  if (crypto::IsSealedFile(bytes) && !key_file.empty()) {
    auto box = crypto::SecretBox::FromFile(key_file);
    if (!box.ok()) return box.status();
    keys = *std::move(box);
  }
  auto opened = crypto::OpenFile(std::move(bytes), path, keys ? &*keys : nullptr, kind);
  if (!opened.ok()) return opened.status();
  return std::move(opened->text);
}

}  // namespace postern::sender
