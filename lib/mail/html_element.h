#pragma once

#include <gumbo.h>

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Questions about one element of an HTML document that the renderer asks.

// The attribute's value; empty when absent.
absl::string_view AttributeOf(const GumboNode& node, const char* name);

// Not meant to be read: scripts, styles, forms' machinery, hidden elements, tracking pixels.
bool IsInvisible(const GumboNode& node);

// Line ends that an element needs before and after itself: 0 inline, 1 its own line, 2 a blank
// line.
int BreaksAround(GumboTag tag);

// Where a link leads, when a reader can go there: http, https, mailto and the
// like, made safe to stand between < and >. Empty for others.
std::string ReadableTarget(const GumboNode& link);

// The link says in its text already where it leads.
bool SaysTarget(absl::string_view text, absl::string_view target);

// A table row that reads well on one line: no cell has more than one paragraph.
bool FitsOneLine(const GumboNode& row);

}  // namespace postern::mail
