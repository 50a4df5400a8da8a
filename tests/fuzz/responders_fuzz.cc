// Any text must be read as a responders file, or be refused with places in it; with the texts
// that it wants put behind it, it wants none any more.
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "tests/fuzz/jsmail_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace jsmail = postern::rules::jsmail;
  std::string text(reinterpret_cast<const char*>(data), size);
  // Texts are put behind what is UTF-8 already.
  if (!postern::mail::IsUtf8(text)) text = postern::mail::ToUtf8(text, "windows-1252");
  std::string whole = text + "\n";
  for (const std::string& name : jsmail::TextsWanted(text)) {
    whole += jsmail::EmbeddedText(name, "#file x\n" + text);
  }
  Require(whole.size() > jsmail::kMaxSourceBytes || jsmail::TextsWanted(whole).empty());
  return FuzzFrontEnd(jsmail::CompileResponders, data, size);
}
