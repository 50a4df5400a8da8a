#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {

// An XML element as a value: a stanza or what is in it. Text and child elements
// are kept apart; XMPP has no mixed content that means anything.
struct Element {
  std::string name;
  std::string ns;                            // namespace; empty: the parent's
  std::map<std::string, std::string> attrs;  // without xmlns; "xml:lang" as such
  std::string text;
  std::vector<Element> children;

  absl::string_view Attr(absl::string_view key) const;  // "" when absent
  // The first child of that name (and namespace, when given); nullptr when there is none.
  const Element* Child(absl::string_view child_name, absl::string_view child_ns = "") const;
  std::string ChildText(absl::string_view child_name) const;  // "" when absent

  // Builders, to be chained; each answers *this.
  Element& Set(absl::string_view key, absl::string_view value);
  Element& SetText(absl::string_view value);
  Element& Add(Element child);
  // Adds <name xmlns=ns>text</name>; ns may be empty.
  Element& AddText(absl::string_view child_name, absl::string_view value,
                   absl::string_view child_ns = "");
};

Element MakeElement(absl::string_view name, absl::string_view ns = "");
// <message|presence|iq from to type id>; an empty value leaves the attribute out.
Element MakeStanza(absl::string_view kind, absl::string_view from, absl::string_view to,
                   absl::string_view type = "", absl::string_view id = "");

// The result of an iq: addresses swapped, id kept.
Element IqResult(const Element& request);
// The error answer to any stanza: addresses swapped, id kept. condition: "item-not-found";
// type: "cancel", "modify", "auth" or "wait" (RFC 6120 section 8.3). In the text of a
// message's error < > and & become their look-alikes.
Element ErrorAnswer(const Element& stanza, absl::string_view type, absl::string_view condition,
                    absl::string_view text = "");

// What XML 1.0 can't carry (control characters, surrogates, U+FFFE, broken UTF-8)
// becomes U+FFFD: one such character would cut off every user. Invariant 8.
std::string SanitizeXmlText(absl::string_view text);

// Serialised, sanitised and escaped; `ns` of the top element is left out when it
// equals `outer_ns`.
std::string ToXml(const Element& element, absl::string_view outer_ns = "");

}  // namespace postern::xmpp_edge
