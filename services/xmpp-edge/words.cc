#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

std::string Words::Translated(const char* text) const { return text; }

std::string Words::Translated(const char* one, const char* many, size_t count) const {
  return count == 1 ? one : many;
}

}  // namespace postern::xmpp_edge
