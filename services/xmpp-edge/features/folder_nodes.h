#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/result_set.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// The folders of an IMAP account, live from its mail server, as a part of the disco
// tree. The fetcher keeps them for some seconds; here nothing is kept.

// What is at the place and below it. Takes up to 25 s; errors as in fetcher.proto, and
// kNotFound for a place that is no folder's though it looks like one.
net::Task<absl::StatusOr<fetcher::v1::ListFoldersResponse>> ListFolders(
    fetcher::v1::FetcherService::StubInterface& fetcher, Place place);

// What is below the place. The JID is that of the folder where a JID can hold it
// (a resource has at most 1023 bytes), else the account's: the node tells them apart.
std::vector<ListedItem> FolderItems(const Place& place, absl::string_view domain,
                                    const fetcher::v1::ListFoldersResponse& listed);

// A list too long for one stanza goes on below a node of its own, which is no folder's:
// the folder's own and "%01" with the number of the first item. Takes that number out of
// the place and answers it; 0 for any other place.
size_t TakeContinuation(Place& place);
// The item that leads there.
Element ContinuationItem(const Place& place, absl::string_view domain, size_t from, size_t left,
                         const Words& words);

// The answer when the mail server, or the fetcher that asks it, won't.
Element MailServerRefusal(const Element& iq, const absl::Status& why, const Words& words);

}  // namespace postern::xmpp_edge
