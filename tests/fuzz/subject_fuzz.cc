// Any text must be read as a subject file, or be refused with places in it.
#include "tests/fuzz/jsmail_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return FuzzFrontEnd(postern::rules::jsmail::CompileSubject, data, size);
}
