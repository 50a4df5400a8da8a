#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/words/wording.h"

namespace postern::xmpp_edge {

// What users read, in one language: a message catalogue (GNU gettext). The catalogues
// are made from the literals in calls of Say, Plural and words::Word, so a text is always
// a literal there. What a catalogue lacks is said in English.
class Words {
 public:
  explicit Words(std::string language) : language_(std::move(language)) {}

  const std::string& language() const { return language_; }  // "en", "fr"

  // $0 to $9 in the text are the arguments.
  template <class... Arguments>
  std::string Say(const char* text, const Arguments&... arguments) const {
    return words::Fill(Translated(text), {absl::StrCat(arguments)...});
  }
  std::string Say(const words::Wording& wording) const {
    return words::Fill(Translated(wording.text.c_str()), wording.arguments);
  }
  // By the rules of the language for numbers; $0 is the count, $1 the first argument.
  template <class... Arguments>
  std::string Plural(const char* one, const char* many, size_t count,
                     const Arguments&... arguments) const {
    return words::Fill(Translated(one, many, count),
                       {absl::StrCat(count), absl::StrCat(arguments)...});
  }

 private:
  std::string Translated(const char* text) const;
  std::string Translated(const char* one, const char* many, size_t count) const;

  std::string language_;
};

}  // namespace postern::xmpp_edge
