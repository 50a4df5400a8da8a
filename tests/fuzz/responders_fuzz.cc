// Any text must be read as a responders file, or be refused with places in it; with the texts
// that it wants put behind it, it wants none any more.
#include "tests/fuzz/jsmail_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace jsmail = postern::rules::jsmail;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string whole = text + "\n";
  for (const std::string& name : jsmail::TextsWanted(text)) {
    whole += jsmail::EmbeddedText(name, "#file x\n" + text);
  }
  Require(whole.size() > jsmail::kMaxSourceBytes || jsmail::TextsWanted(whole).empty());
  return FuzzFrontEnd(jsmail::CompileResponders, data, size);
}
