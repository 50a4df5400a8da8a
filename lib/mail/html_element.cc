#include "lib/mail/html_element.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

// Longer ones are tracking data that nobody types or reads.
constexpr size_t kMaxTarget = 4096;

bool IsHiddenByStyle(absl::string_view style) {
  std::string compact;
  for (char c : style.substr(0, 4096)) {
    if (!absl::ascii_isspace(c)) compact.push_back(absl::ascii_tolower(c));
  }
  for (absl::string_view declaration : absl::StrSplit(compact, ';')) {
    absl::ConsumeSuffix(&declaration, "!important");
    for (absl::string_view hiding : {"display:none", "visibility:hidden", "mso-hide:all",
                                     "max-height:0", "max-height:0px", "opacity:0"}) {
      if (declaration == hiding) return true;
    }
  }
  return false;
}

// One pixel, or none: an image that only tells its server that it was loaded.
bool IsTrackingPixel(const GumboNode& image) {
  for (const char* side : {"width", "height"}) {
    int pixels = 0;
    absl::string_view size = AttributeOf(image, side);
    absl::ConsumeSuffix(&size, "px");
    if (absl::SimpleAtoi(size, &pixels) && pixels <= 1) return true;
  }
  return false;
}

// What stands between the scheme and the query, for comparing "example.org" with
// "https://example.org/".
absl::string_view Bare(absl::string_view url) {
  url = absl::StripAsciiWhitespace(url);
  for (absl::string_view prefix : {"https://", "http://", "mailto:", "tel:", "xmpp:"}) {
    if (absl::StartsWithIgnoreCase(url, prefix)) {
      url.remove_prefix(prefix.size());
      break;
    }
  }
  absl::ConsumeSuffix(&url, "/");
  return url;
}

bool IsElement(const GumboNode& node) {
  return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}

}  // namespace

absl::string_view AttributeOf(const GumboNode& node, const char* name) {
  const GumboAttribute* attribute = gumbo_get_attribute(&node.v.element.attributes, name);
  return attribute == nullptr ? absl::string_view() : absl::string_view(attribute->value);
}

bool IsInvisible(const GumboNode& node) {
  switch (node.v.element.tag) {
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_INPUT:
      return true;
    case GUMBO_TAG_IMG:
      if (IsTrackingPixel(node)) return true;
      break;
    default:
      break;
  }
  return gumbo_get_attribute(&node.v.element.attributes, "hidden") != nullptr ||
         IsHiddenByStyle(AttributeOf(node, "style"));
}

int BreaksAround(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_DL:
      return 2;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
      return 1;
    default:
      return 0;
  }
}

std::string ReadableTarget(const GumboNode& link) {
  std::string target;
  for (char c : CleanLine(AttributeOf(link, "href"))) {
    if (c == ' ') {
      target += "%20";
    } else if (c == '<') {
      target += "%3C";
    } else if (c == '>') {
      target += "%3E";
    } else {
      target.push_back(c);
    }
  }
  if (target.size() > kMaxTarget) return "";
  for (absl::string_view scheme :
       {"http://", "https://", "mailto:", "tel:", "xmpp:", "ftp://", "sip:", "geo:"}) {
    if (absl::StartsWithIgnoreCase(target, scheme)) return target;
  }
  return "";
}

bool SaysTarget(absl::string_view text, absl::string_view target) {
  return Bare(text) == Bare(target) || (absl::StartsWithIgnoreCase(target, "mailto:") &&
                                        Bare(text) == Bare(target.substr(0, target.find('?'))));
}

bool FitsOneLine(const GumboNode& row) {
  constexpr size_t kEnough = 400;  // nodes; a larger row is layout, not data
  std::vector<const GumboNode*> open = {&row};
  size_t nodes = 0, cells = 0, paragraphs = 0;
  while (!open.empty()) {
    const GumboNode& node = *open.back();
    open.pop_back();
    if (++nodes > kEnough) return false;
    if (!IsElement(node)) continue;
    const GumboTag tag = node.v.element.tag;
    if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
      ++cells;
      paragraphs = 0;  // cells come off the stack one after the other
    } else if (tag == GUMBO_TAG_P || tag == GUMBO_TAG_DIV) {
      if (++paragraphs > 1) return false;
    } else if (&node != &row && (tag == GUMBO_TAG_BR || BreaksAround(tag) > 0)) {
      return false;
    }
    const GumboVector& children = node.v.element.children;
    if (children.length > kEnough) return false;
    for (unsigned i = 0; i < children.length; ++i) {
      open.push_back(static_cast<const GumboNode*>(children.data[i]));
    }
  }
  return cells > 1;
}

}  // namespace postern::mail
