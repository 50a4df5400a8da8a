#include "services/xmpp-edge/words.h"

#include <algorithm>
#include <boost/locale/gnu_gettext.hpp>
#include <locale>

#include "services/xmpp-edge/catalogues.h"

namespace postern::xmpp_edge {

namespace {

namespace gettext = boost::locale::gnu_gettext;
using Messages = boost::locale::message_format<char>;

constexpr char kEnglish[] = "en";

std::locale LocaleOf(const Catalogue& catalogue) {
  gettext::messages_info info;
  info.language = std::string(catalogue.language);
  info.encoding = "UTF-8";
  info.paths.emplace_back();  // asks the callback, which has no files
  info.domains.emplace_back("postern");
  info.callback = [&](const std::string&, const std::string&) {
    return std::vector<char>(catalogue.bytes.begin(), catalogue.bytes.end());
  };
  return std::locale(std::locale::classic(), gettext::create_messages_facet<char>(info));
}

// No language tells apart numbers that differ by a million; the reader takes an int.
int ForPlural(size_t count) {
  constexpr size_t kMillion = 1'000'000;
  return static_cast<int>(count < kMillion ? count : kMillion + count % kMillion);
}

}  // namespace

class Words::Reader {
 public:
  explicit Reader(const Catalogue& catalogue)
      : locale_(LocaleOf(catalogue)), messages_(std::use_facet<Messages>(locale_)) {}

  const Messages& messages() const { return messages_; }

 private:
  std::locale locale_;  // owns the messages
  const Messages& messages_;
};

Words::Words(const std::string& language) : language_(kEnglish) {
  for (const Catalogue& catalogue : Catalogues()) {
    if (catalogue.language != language) continue;
    language_ = language;
    reader_ = std::make_shared<const Reader>(catalogue);
  }
}

std::vector<std::string> Words::Languages() {
  std::vector<std::string> languages;
  for (const Catalogue& catalogue : Catalogues()) {
    languages.emplace_back(catalogue.language);
  }
  std::sort(languages.begin(), languages.end());
  languages.insert(languages.begin(), kEnglish);
  return languages;
}

std::string Words::Say(const absl::Status& error) const {
  const auto wording = words::WordingOf(error);
  return wording ? Say(*wording) : std::string(error.message());
}

const char* Words::Translated(const char* text) const {
  if (reader_ == nullptr || *text == '\0') return text;  // "" is the catalogue's header
  const char* translated = reader_->messages().get(0, nullptr, text);
  return translated != nullptr && *translated != '\0' ? translated : text;
}

const char* Words::Translated(const char* one, const char* many, size_t count) const {
  if (reader_ != nullptr) {
    const char* translated = reader_->messages().get(0, nullptr, one, ForPlural(count));
    if (translated != nullptr && *translated != '\0') return translated;
  }
  return count == 1 ? one : many;
}

}  // namespace postern::xmpp_edge
