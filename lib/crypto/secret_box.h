#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::crypto {

// Text that is wiped from memory when it goes, and that no log or stream prints.
class Secret {
 public:
  Secret() = default;
  explicit Secret(absl::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return text_.empty(); }
  // The text itself; the caller keeps no copy longer than the protocol needs.
  const std::string& Reveal() const { return text_; }

 private:
  std::string text_;
};

// Overwrites the text in memory (the compiler can't leave it out) and empties it.
void Wipe(std::string& text);

// Seals passwords at rest: AES-256-GCM with a random nonce; the associated data
// binds the sealed text to its account, so that one can't be put in another's
// place. A key file holds a "name:BASE64" line (32 random bytes) for each key;
// the first seals, all open, so keys are rotated by adding a line on top.
class SecretBox {
 public:
  // kInvalidArgument: names the file and line that is wrong.
  // kNotFound: no such file.
  static absl::StatusOr<SecretBox> FromFile(const std::string& path);
  static absl::StatusOr<SecretBox> FromText(absl::string_view text, absl::string_view origin);
  // A fresh line for a key file; `name` is letters, digits and dashes.
  static std::string NewKeyLine(absl::string_view name);

  std::string Seal(const Secret& plain, absl::string_view bound_to) const;
  // kFailedPrecondition: sealed with a key that is not in the file (named);
  // kDataLoss: damaged, or bound to something else.
  absl::StatusOr<Secret> Open(absl::string_view sealed, absl::string_view bound_to) const;

 private:
  struct Key {
    std::string name;
    Secret bytes;
  };
  std::vector<Key> keys_;
};

}  // namespace postern::crypto
