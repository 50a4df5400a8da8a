#include "services/xmpp-edge/features/folder_nodes.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/folder_path.h"
#include "services/xmpp-edge/texts/disco.h"

namespace postern::xmpp_edge {
namespace {

using FetcherCalls = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr std::chrono::seconds kDeadline(25);
constexpr size_t kMaxResourceBytes = 1023;  // RFC 7622 section 3.1

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
  const std::string contact = ContactJid(*place.account, domain);
  const std::string type = NameOfType(place.type);
  std::string above = EncodeFolderPath(place.folder);
  if (!above.empty()) above += "/";
  std::vector<ListedItem> items;
  items.reserve(listed.folders_size());
  for (const fetcher::v1::Folder& folder : listed.folders()) {
    const std::string name = EncodeFolderPath({folder.name()});
    const std::string resource = absl::StrCat(type, "/", above, name);
    const bool fits = resource.size() <= kMaxResourceBytes;
    Element item = MakeElement("item");
    item.Set("jid", absl::StrCat(contact, "/", fits ? resource : type))
        .Set("node", absl::StrCat(type, "/", place.account->name(), "/", above, name))
        .Set("name", folder.name());
    items.push_back({name, std::move(item)});
  }
  return items;
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
