#include "services/xmpp-edge/stanza.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::xmpp_edge {

namespace {

constexpr absl::string_view kStanzaErrorNs = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the UTF-8 sequence at the head of `text` that XML 1.0 (section 2.2)
// allows, 0 when there is none.
size_t XmlCharLength(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  uint32_t point = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    point = point << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF) return 0;
  if (point >= 0xD800 && point <= 0xDFFF) return 0;
  if (point == 0xFFFE || point == 0xFFFF) return 0;
  return length;
}

void AppendEscaped(std::string& out, absl::string_view value, bool in_attribute) {
  for (const char c : SanitizeXmlText(value)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;  // "]]>" is illegal in text
      case '"':
        out += in_attribute ? "&quot;" : "\"";
        break;
      case '\'':
        out += in_attribute ? "&apos;" : "'";
        break;
      // A parser turns these into spaces, or drops them, when they are not escaped.
      case '\r':
        out += "&#13;";
        break;
      case '\n':
        out += in_attribute ? "&#10;" : "\n";
        break;
      case '\t':
        out += in_attribute ? "&#9;" : "\t";
        break;
      default:
        out.push_back(c);
    }
  }
}

// Names are ours or came from a parser; a wrong one must still not break the stream.
bool IsXmlName(absl::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9') || name[0] == '-' || name[0] == '.') {
    return false;
  }
  for (const unsigned char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == ':';
    if (!plain) return false;
  }
  return true;
}

void AppendAttribute(std::string& out, absl::string_view key, absl::string_view value) {
  absl::StrAppend(&out, " ", key, "=\"");
  AppendEscaped(out, value, /*in_attribute=*/true);
  out.push_back('"');
}

void AppendXml(std::string& out, const Element& element, absl::string_view outer_ns) {
  if (!IsXmlName(element.name)) return;
  absl::StrAppend(&out, "<", element.name);
  const absl::string_view ns = element.ns.empty() ? outer_ns : absl::string_view(element.ns);
  if (ns != outer_ns) AppendAttribute(out, "xmlns", ns);
  for (const auto& [key, value] : element.attrs) {
    if (IsXmlName(key)) AppendAttribute(out, key, value);
  }
  if (element.text.empty() && element.children.empty()) {
    out += "/>";
    return;
  }
  out.push_back('>');
  AppendEscaped(out, element.text, /*in_attribute=*/false);
  for (const Element& child : element.children) AppendXml(out, child, ns);
  absl::StrAppend(&out, "</", element.name, ">");
}

// Gajim (1.7.3) hands the text of a failed message's error to Pango as markup: where it holds
// a "<" or "&", as with the <address> in every answer of Postfix, its user sees no text at all.
// Angle quotes and the full-width ampersand are read as the same, and begin no tag or entity.
std::string WithoutMarkup(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"<", "‹"}, {">", "›"}, {"&", "＆"}});
}

Element Answer(const Element& request, absl::string_view type) {
  return MakeStanza(request.name, request.Attr("to"), request.Attr("from"), type,
                    request.Attr("id"));
}

}  // namespace

absl::string_view Element::Attr(absl::string_view key) const {
  const auto found = attrs.find(std::string(key));
  return found == attrs.end() ? absl::string_view() : absl::string_view(found->second);
}

const Element* Element::Child(absl::string_view child_name, absl::string_view child_ns) const {
  for (const Element& child : children) {
    if (child.name != child_name) continue;
    const std::string& its_ns = child.ns.empty() ? ns : child.ns;
    if (child_ns.empty() || its_ns == child_ns) return &child;
  }
  return nullptr;
}

std::string Element::ChildText(absl::string_view child_name) const {
  const Element* child = Child(child_name);
  return child == nullptr ? "" : child->text;
}

Element& Element::Set(absl::string_view key, absl::string_view value) {
  attrs[std::string(key)] = std::string(value);
  return *this;
}

Element& Element::SetText(absl::string_view value) {
  text = std::string(value);
  return *this;
}

Element& Element::Add(Element child) {
  children.push_back(std::move(child));
  return *this;
}

Element& Element::AddText(absl::string_view child_name, absl::string_view value,
                          absl::string_view child_ns) {
  Element child = MakeElement(child_name, child_ns);
  child.text = std::string(value);
  return Add(std::move(child));
}

Element MakeElement(absl::string_view name, absl::string_view ns) {
  Element element;
  element.name = std::string(name);
  element.ns = std::string(ns);
  return element;
}

Element MakeStanza(absl::string_view kind, absl::string_view from, absl::string_view to,
                   absl::string_view type, absl::string_view id) {
  Element stanza = MakeElement(kind);
  const std::pair<absl::string_view, absl::string_view> attributes[] = {
      {"from", from}, {"to", to}, {"type", type}, {"id", id}};
  for (const auto& [key, value] : attributes) {
    if (!value.empty()) stanza.Set(key, value);
  }
  return stanza;
}

Element IqResult(const Element& request) { return Answer(request, "result"); }

Element ErrorAnswer(const Element& stanza, absl::string_view type, absl::string_view condition,
                    absl::string_view text) {
  Element error = MakeElement("error");
  error.Set("type", type).Add(MakeElement(condition, kStanzaErrorNs));
  if (!text.empty()) {
    const bool is_message = stanza.name == "message";
    error.AddText("text", is_message ? WithoutMarkup(text) : std::string(text), kStanzaErrorNs);
  }
  Element answer = Answer(stanza, "error");
  answer.Add(std::move(error));
  return answer;
}

std::string SanitizeXmlText(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = XmlCharLength(text);
    absl::StrAppend(&out, length == 0 ? kReplacement : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string ToXml(const Element& element, absl::string_view outer_ns) {
  std::string out;
  AppendXml(out, element, outer_ns);
  return out;
}

}  // namespace postern::xmpp_edge
