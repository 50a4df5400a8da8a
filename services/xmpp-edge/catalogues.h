#pragma once

#include <vector>

#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {

// A message catalogue: po/fr.po, compiled by msgfmt and embedded in the binary, so
// that no file can be missing at run time.
struct Catalogue {
  absl::string_view language;  // "fr"
  absl::string_view bytes;     // GNU gettext's .mo format
};

// By language. English has none: its words stand in the source.
std::vector<Catalogue> Catalogues();

}  // namespace postern::xmpp_edge
