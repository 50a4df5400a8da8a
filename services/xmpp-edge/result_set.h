#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/stanza.h"

// XEP-0059: Result Set Management, for the items of service discovery. Pure.
namespace postern::xmpp_edge {

inline constexpr absl::string_view kResultSetNs = "http://jabber.org/protocol/rsm";

// Which part of a list is wanted.
struct PageRequest {
  std::optional<size_t> max = {};
  std::optional<size_t> index = {};  // of the first item
  std::optional<std::string> after = {};
  std::optional<std::string> before = {};  // empty: the last page
};

// The <set/> of a query; nullopt when there is none. kInvalidArgument for a max or an
// index that is no number.
absl::StatusOr<std::optional<PageRequest>> ReadPageRequest(const Element& query);

struct ListedItem {
  std::string uid;  // by which <after/> and <before/> name it
  Element item;
};

// Items that one stanza holds, well below what the link takes (ComponentLink).
inline constexpr size_t kMaxPageBytes = 440 * 1024;

// Makes the item that leads to the rest of a list: those from `from` on, `left` of them.
using RestItem = std::function<Element(size_t from, size_t left)>;

// Adds the part of the list that is asked for to the answer's `query`, with its <set/>.
// Nothing asked for: all of it, without one. What does not fit into `max_bytes` is left
// for the next page, and then there is a <set/> in either case; who asked for no page
// also gets the item that `rest` makes, for their client knows none. kNotFound: an item
// that is named is not in the list.
absl::Status AddPage(std::vector<ListedItem> items, const std::optional<PageRequest>& asked,
                     Element& query, const RestItem& rest = nullptr,
                     size_t max_bytes = kMaxPageBytes);

}  // namespace postern::xmpp_edge
