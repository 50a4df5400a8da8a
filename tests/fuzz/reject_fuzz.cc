// Any text must be read as a reject file, or be refused with places in it; what is read can be
// asked about any value.
#include "tests/fuzz/jsmail_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return FuzzFrontEnd(postern::rules::jsmail::CompileReject, data, size);
}
