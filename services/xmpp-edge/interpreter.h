#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// In which language a user is spoken to: the one they chose, else that of the stanza
// that is answered (xml:lang, RFC 5646; "de-AT" is served by "de"), else the one their
// client spoke last, else the site's. What it answers lives as long as it does.
class Interpreter {
 public:
  // A site language without a catalogue is English.
  Interpreter(absl::string_view site_language, const AccountDirectory& directory);

  // For what reaches a user unasked.
  const Words& Of(absl::string_view user) const;
  // For the answer to a stanza of that user.
  const Words& Answering(absl::string_view user, absl::string_view xml_lang) const;

  struct Language {
    std::string tag;   // "de"
    std::string name;  // in itself: "Deutsch"
  };
  // Those with a catalogue, English first.
  const std::vector<Language>& languages() const { return languages_; }
  // The one of them that serves a tag (RFC 4647 section 3.4, lookup): "de" for "DE-at",
  // "" when none does.
  std::string Serving(absl::string_view tag) const;

 private:
  const Words* WordsFor(absl::string_view tag) const;  // null: no catalogue serves it

  const AccountDirectory& directory_;
  std::vector<Language> languages_;
  std::vector<Words> words_;     // in the same order
  const Words* site_ = nullptr;  // one of them
};

}  // namespace postern::xmpp_edge
