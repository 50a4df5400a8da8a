#include "services/sender/filing/filing_visit.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "lib/rpc/unary.h"
#include "services/sender/filing/append_call.h"
#include "services/sender/outbox/outbox_content.h"

namespace postern::sender {
namespace {

using FetcherAsync = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr std::chrono::seconds kCallLimit{45}, kAppendLimit{180};
constexpr int64_t kDay = 24 * 60 * 60;
constexpr uint32_t kMostFound = 16;  // all of them are read
constexpr size_t kMostBelow = 8;     // folders whose subfolders are looked at
// Below gRPC's limit for a message, with room around it.
constexpr size_t kMaxMessage = 1024 * 1024;

void AddFolders(const fetcher::v1::ListFoldersResponse& answer,
                std::vector<ListedFolder>& folders) {
  for (const fetcher::v1::Folder& folder : answer.folders()) {
    folders.push_back({folder.mailbox(), folder.name(), folder.special_use(), folder.selectable()});
  }
}

}  // namespace

net::Task<absl::StatusOr<fetcher::v1::ListFoldersResponse>> FilingVisit::List(
    std::string account_id, std::string below) {
  fetcher::v1::ListFoldersRequest request;
  request.set_account_id(std::move(account_id));
  if (!below.empty()) request.add_path(std::move(below));
  co_return co_await rpc::Call(fetcher_.async(), &FetcherAsync::ListFolders, std::move(request),
                               kCallLimit);
}

net::Task<absl::StatusOr<std::string>> FilingVisit::FindFolder(std::string account_id) {
  auto top = co_await List(account_id, "");
  if (!top.ok()) co_return top.status();
  std::vector<ListedFolder> folders;
  AddFolders(*top, folders);
  // "INBOX.Sent", "[Gmail]/Sent Mail": one step down is enough for those that exist. INBOX first.
  std::vector<std::string> parents;
  for (const fetcher::v1::Folder& folder : top->folders()) {
    if (!folder.has_children()) continue;
    const bool inbox = absl::EqualsIgnoreCase(folder.name(), "INBOX");
    parents.insert(inbox ? parents.begin() : parents.end(), folder.name());
  }
  if (parents.size() > kMostBelow) parents.resize(kMostBelow);
  for (const std::string& parent : parents) {
    auto below = co_await List(account_id, parent);
    if (absl::IsNotFound(below.status())) continue;
    if (!below.ok()) co_return below.status();
    AddFolders(*below, folders);
  }
  co_return ChooseFolder(folders);
}

net::Task<absl::StatusOr<bool>> FilingVisit::IsThere(SentFolder place, CopyMarks marks) {
  fetcher::v1::SearchMailsRequest search;
  search.set_account_id(place.account_id);
  search.set_mailbox(place.folder);
  search.set_limit(kMostFound);
  // Days are the server's: one more on each side of what clocks say.
  const int64_t date = marks.date_unix > 0 ? marks.date_unix : std::time(nullptr);
  search.set_since_unix(
      std::max<int64_t>(kDay, std::min<int64_t>(date, std::time(nullptr)) - kDay));
  fetcher::v1::SearchMailsRequest by_subject = search;
  search.set_text(marks.message_id);
  auto there = co_await IsAmong(std::move(search), marks.message_id);
  if (!there.ok() || *there || marks.subject.empty()) co_return there;
  by_subject.set_subject(marks.subject);
  auto by_words = co_await IsAmong(std::move(by_subject), marks.message_id);
  // A server that can't look for such letters has been asked for the id, which it can.
  if (absl::IsFailedPrecondition(by_words.status())) co_return false;
  co_return by_words;
}

net::Task<absl::StatusOr<bool>> FilingVisit::IsAmong(fetcher::v1::SearchMailsRequest search,
                                                     std::string message_id) {
  fetcher::v1::ReadMailsRequest request;
  request.set_account_id(search.account_id());
  auto found = co_await rpc::Call(fetcher_.async(), &FetcherAsync::SearchMails, std::move(search),
                                  kCallLimit);
  if (!found.ok()) co_return found.status();
  for (const fetcher::v1::MailSummary& mail : found->mails()) request.add_ids(mail.id());
  if (request.ids().empty()) co_return false;
  // An answer to it names it, too: the field itself has to be read.
  auto read = co_await rpc::Call(fetcher_.async(), &FetcherAsync::ReadMails, std::move(request),
                                 kCallLimit);
  if (!read.ok()) co_return read.status();
  co_return std::any_of(read->mails().begin(), read->mails().end(),
                        [&](const auto& one) { return one.mail().message_id() == message_id; });
}

net::Task<absl::Status> FilingVisit::Append(SentFolder place, Outbox& outbox, Filing filing,
                                            int64_t date_unix) {
  const std::string bcc = BccLine(filing.hidden);
  fetcher::v1::AppendMailRequest message;
  message.set_account_id(place.account_id);
  message.set_mailbox(place.folder);
  message.add_flags("\\Seen");
  message.set_received_unix(std::max<int64_t>(date_unix, 0));
  message.set_size(filing.size + bcc.size());
  message.set_data(bcc);
  AppendCall call(executor_, fetcher_, kAppendLimit);
  OutboxContent content(outbox, filing.queue_id, filing.size);
  while (true) {
    auto piece = co_await content.Next();
    if (!piece.ok()) co_return piece.status();  // the call is let go, and nothing is filed
    if (piece->empty()) break;
    message.mutable_data()->append(*piece);
    if (message.data().size() > kMaxMessage) co_return absl::InternalError("a piece is too large");
    const bool taken = co_await call.Write(std::move(message));
    if (!taken) break;  // its answer tells why
    message.Clear();
  }
  auto filed = co_await call.Finish();
  co_return filed.status();
}

}  // namespace postern::sender
