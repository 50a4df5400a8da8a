#include "services/xmpp-edge/features/folder_nodes.h"

#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/folder_path.h"
#include "services/xmpp-edge/texts/disco.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {
namespace {

using FetcherCalls = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr std::chrono::seconds kDeadline(25);
constexpr size_t kMaxResourceBytes = 1023;  // RFC 7622 section 3.1
constexpr char kContinues = '\x01';         // begins no folder's name

// An item below the place. The JID is that of the folder where one can hold it.
Element ItemBelow(const Place& place, absl::string_view domain, absl::string_view encoded_above,
                  absl::string_view encoded_name, absl::string_view shown) {
  const std::string type = NameOfType(place.type);
  const std::string path =
      absl::StrCat(encoded_above, encoded_above.empty() ? "" : "/", encoded_name);
  const std::string resource = absl::StrCat(type, "/", path);
  const bool fits = resource.size() <= kMaxResourceBytes;
  Element item = MakeElement("item");
  item.Set("jid", absl::StrCat(ContactJid(*place.account, domain), "/", fits ? resource : type))
      .Set("node", absl::StrCat(type, "/", place.account->name(), "/", path))
      .Set("name", shown);
  return item;
}

}  // namespace

net::Task<absl::StatusOr<fetcher::v1::ListFoldersResponse>> ListFolders(
    fetcher::v1::FetcherService::StubInterface& fetcher, Place place) {
  fetcher::v1::ListFoldersRequest request;
  request.set_account_id(place.account->id());
  for (std::string& name : place.folder) request.add_path(std::move(name));
  auto listed = co_await rpc::Call(fetcher.async(), &FetcherCalls::ListFolders, std::move(request),
                                   kDeadline);
  // An account that the fetcher does not know yet has folders all the same.
  if (absl::IsNotFound(listed.status()) && place.folder.empty()) {
    co_return absl::UnavailableError(listed.status().message());
  }
  if (listed.ok() && !place.folder.empty() && !listed->has_self()) {
    co_return absl::NotFoundError("no such folder");
  }
  co_return listed;
}

std::vector<ListedItem> FolderItems(const Place& place, absl::string_view domain,
                                    const fetcher::v1::ListFoldersResponse& listed) {
  const std::string above = EncodeFolderPath(place.folder);
  std::vector<ListedItem> items;
  items.reserve(listed.folders_size());
  for (const fetcher::v1::Folder& folder : listed.folders()) {
    std::string name = EncodeFolderPath({folder.name()});
    Element item = ItemBelow(place, domain, above, name, folder.name());
    items.push_back({std::move(name), std::move(item)});
  }
  return items;
}

size_t TakeContinuation(Place& place) {
  uint32_t from = 0;
  const bool continues = !place.folder.empty() && place.folder.back().front() == kContinues &&
                         absl::SimpleAtoi(place.folder.back().substr(1), &from);
  if (continues) place.folder.pop_back();
  return from;
}

Element ContinuationItem(const Place& place, absl::string_view domain, size_t from, size_t left,
                         const Words& words) {
  const std::string name = absl::StrCat(std::string(1, kContinues), from);
  return ItemBelow(place, domain, EncodeFolderPath(place.folder), EncodeFolderPath({name}),
                   texts::AndMore(words, left));
}

Element MailServerRefusal(const Element& iq, const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  const std::string text = wording ? words.Say(*wording) : texts::FoldersAway(words);
  switch (why.code()) {
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(iq, "cancel", "item-not-found");
    case absl::StatusCode::kFailedPrecondition:
      return ErrorAnswer(iq, "wait", "recipient-unavailable", text);
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(iq, "wait", "resource-constraint", text);
    default:
      return ErrorAnswer(iq, "wait", "remote-server-timeout", text);
  }
}

}  // namespace postern::xmpp_edge
