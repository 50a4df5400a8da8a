#include "services/xmpp-edge/interpreter.h"

#include "absl/strings/match.h"
#include "services/xmpp-edge/texts/language.h"

namespace postern::xmpp_edge {

namespace {

constexpr size_t kMaxTagBytes = 35;  // RFC 5646 section 4.4.1

std::string WithHyphens(absl::string_view tag) {
  std::string hyphened(tag);
  for (char& c : hyphened) c = c == '_' ? '-' : c;  // as POSIX locales write it
  return hyphened;
}

}  // namespace

Interpreter::Interpreter(absl::string_view site_language, const AccountDirectory& directory)
    : directory_(directory) {
  for (const std::string& tag : Words::Languages()) {
    const Words& words = words_.emplace_back(tag);
    languages_.push_back({tag, texts::LanguageName(words)});
  }
  site_ = WordsFor(site_language);
  if (site_ == nullptr) site_ = &words_.front();
}

const Words& Interpreter::Of(absl::string_view user) const { return Answering(user, ""); }

const Words& Interpreter::Answering(absl::string_view user, absl::string_view xml_lang) const {
  // The same in all accounts of a user.
  const std::vector<AccountDirectory::Account> accounts = directory_.Of(user);
  const admin::v1::Preferences none;
  const auto& preferences = accounts.empty() ? none : accounts.front()->preferences();
  for (const absl::string_view tag : {absl::string_view(preferences.language()), xml_lang,
                                      absl::string_view(preferences.heard_language())}) {
    if (const Words* words = WordsFor(tag)) return *words;
  }
  return *site_;
}

std::string Interpreter::Serving(absl::string_view tag) const {
  const Words* words = WordsFor(tag);
  return words == nullptr ? "" : words->language();
}

const Words* Interpreter::WordsFor(absl::string_view tag) const {
  if (tag.empty() || tag.size() > kMaxTagBytes) return nullptr;
  std::string range = WithHyphens(tag);
  while (true) {
    for (const Words& words : words_) {
      if (absl::EqualsIgnoreCase(words.language(), range)) return &words;
    }
    const size_t end = range.rfind('-');
    if (end == std::string::npos) return nullptr;
    range.resize(end);
  }
}

}  // namespace postern::xmpp_edge
