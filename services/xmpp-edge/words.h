#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/words/wording.h"

namespace postern::xmpp_edge {

// What users read, in one language: a message catalogue (GNU gettext). The catalogues
// are made from the literals in calls of Say, Plural and words::Word, so a text is always
// a literal there. What a catalogue lacks is said in English. Copies share the catalogue.
class Words {
 public:
  // A language without a catalogue is English.
  explicit Words(const std::string& language);

  // Those that can be spoken, as tags: English first, then by name.
  static std::vector<std::string> Languages();

  const std::string& language() const { return language_; }  // "en", "fr"

  // $0 to $9 in the text are the arguments.
  template <class... Arguments>
  std::string Say(const char* text, const Arguments&... arguments) const {
    return words::Fill(Translated(text), {absl::StrCat(arguments)...});
  }
  std::string Say(const words::Wording& wording) const {
    return words::Fill(Translated(wording.text.c_str()), wording.arguments);
  }
  // What an error says: its wording, else its message as it is.
  std::string Say(const absl::Status& error) const;
  // By the rules of the language for numbers; $0 is the count, $1 the first argument.
  template <class... Arguments>
  std::string Plural(const char* one, const char* many, size_t count,
                     const Arguments&... arguments) const {
    return words::Fill(Translated(one, many, count),
                       {absl::StrCat(count), absl::StrCat(arguments)...});
  }

 private:
  class Reader;

  const char* Translated(const char* text) const;
  const char* Translated(const char* one, const char* many, size_t count) const;

  std::string language_;
  std::shared_ptr<const Reader> reader_;  // null: English
};

}  // namespace postern::xmpp_edge
