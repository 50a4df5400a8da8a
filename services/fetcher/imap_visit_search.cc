// The part of ImapVisit that looks for mails.

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/imap_summary.h"
#include "services/fetcher/imap_visit.h"

namespace postern::fetcher {

namespace {

// Mails that vanish between the search and the look at them leave holes.
constexpr size_t kMaxCandidates = 1000;

}  // namespace

// The mails in the order of their arrival, behind `before`. That one may fit no longer (it was
// seen meanwhile, say): then the server tells where it would stand.
net::Task<absl::StatusOr<std::vector<uint32_t>>> ImapVisit::FindByArrival(const MailQuery& query,
                                                                          uint32_t before,
                                                                          MailPage& page) {
  auto found = co_await session_.SortByArrival(query.criteria, 0);
  if (!found.ok()) co_return Failed(Step::kRead, found.status());
  page.matches = found->size();
  if (before == 0) co_return found;
  if (std::find(found->begin(), found->end(), before) == found->end()) {
    found = co_await session_.SortByArrival(query.criteria, before);
    if (!found.ok()) co_return Failed(Step::kRead, found.status());
  }
  const auto place = std::find(found->begin(), found->end(), before);
  if (place == found->end()) co_return ChangedMeanwhile();
  found->erase(found->begin(), place + 1);
  co_return found;
}

// Where a server can't sort: by UID, which grows with each mail that comes in.
net::Task<absl::StatusOr<std::vector<uint32_t>>> ImapVisit::FindByUid(const MailQuery& query,
                                                                      uint32_t before,
                                                                      MailPage& page) {
  auto found = co_await session_.Search(query.criteria);
  if (!found.ok()) co_return Failed(Step::kRead, found.status());
  page.matches = found->size();
  co_return found->Below(before == 0 ? UINT32_MAX : before, kMaxCandidates);
}

net::Task<absl::Status> ImapVisit::SummariseEach(const std::vector<uint32_t>& uids,
                                                 std::vector<MailSummary>& mails) {
  absl::flat_hash_map<uint32_t, MailSummary> found;
  for (uint32_t uid : uids) found[uid];
  imap::Session::Sink sink = [&](imap::FetchData data) {
    const auto asked = found.find(data.uid);
    if (asked != found.end() && data.size) asked->second = Summary(data);
  };
  const std::string set = imap::WriteUids(uids);
  const std::string items = kSummaryItems;
  absl::Status fetched = co_await session_.Fetch(set, items, std::move(sink));
  if (!fetched.ok()) co_return Failed(Step::kRead, fetched);
  for (uint32_t uid : uids) {
    if (!found[uid].id.empty()) mails.push_back(std::move(found[uid]));
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> ImapVisit::Show(const std::vector<uint32_t>& uids, size_t limit,
                                        MailPage& page) {
  size_t at = 0;
  while (at < uids.size() && page.mails.size() < limit) {
    const size_t count = std::min(limit - page.mails.size(), uids.size() - at);
    const std::vector<uint32_t> next(uids.begin() + at, uids.begin() + at + count);
    at += count;
    absl::Status summarised = co_await SummariseEach(next, page.mails);
    if (!summarised.ok()) co_return summarised;
  }
  page.more = at < uids.size();
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<MailPage>> ImapVisit::SearchMails(MailQuery query) {
  if (absl::Status s = co_await Open(query.mailbox); !s.ok()) co_return s;
  const auto before = PlaceOf(query.before_id);
  if (!before.ok()) co_return before.status();
  MailPage page;
  if (mailbox_.exists == 0) co_return page;
  absl::StatusOr<std::vector<uint32_t>> uids = std::vector<uint32_t>();
  if (session_.CanSort()) {
    uids = co_await FindByArrival(query, *before, page);
  } else {
    uids = co_await FindByUid(query, *before, page);
  }
  if (!uids.ok()) co_return uids.status();
  if (absl::Status s = co_await Show(*uids, query.limit, page); !s.ok()) co_return s;
  co_return page;
}

}  // namespace postern::fetcher
