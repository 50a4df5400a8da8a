#include "services/rules/finger_desk.h"

#include "absl/strings/ascii.h"
#include "services/rules/jsmail/finger.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxUserBytes = 255;

std::string TextOf(const jsmail::Finger& finger, bool wide) {
  return wide ? finger.full : finger.brief;
}

}  // namespace

absl::StatusOr<std::string> FingerDesk::Ask(const std::string& user, bool wide) const {
  if (user.empty() || user.size() > kMaxUserBytes) {
    return absl::InvalidArgumentError("user: empty or too long");
  }
  if (const jsmail::Finger* finger = folder_.fingers().Find(user)) return TextOf(*finger, wide);
  const ProgramKey key{kSiteScope, v1::RULE_LANGUAGE_JSMAIL_FINGER, absl::AsciiStrToLower(user)};
  const v1::RuleProgram* stored = stored_.Find(key);
  if (stored == nullptr) return absl::NotFoundError("no such user");
  return TextOf(jsmail::ParseFinger(stored->source(), stored->file_name()).finger, wide);
}

}  // namespace postern::rules
