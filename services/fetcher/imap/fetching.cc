// The mails: what of Session reads them. RFC 3501 section 6.4.5, RFC 9051 section 6.4.5.

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

// The answers about one message, put together: its flags may come unasked, in
// an answer of their own, before the bytes that were asked for.
class OneMessage {
 public:
  explicit OneMessage(uint32_t uid) : uid_(uid) {}

  void Add(FetchData data) {
    if (data.uid != uid_) return;
    if (!found_) {
      found_ = std::move(data);
    } else {
      Merge(std::move(data), *found_);
    }
  }

  std::optional<FetchData> Take() { return std::move(found_); }

 private:
  const uint32_t uid_;
  std::optional<FetchData> found_;
};

// Beside its bytes: empty ones could come in millions, and each is told from the others.
constexpr size_t kCostOfSection = 1024;

// Hands the data of mails to `sink`. kDataLoss: there are more bytes than these.
auto FetchInto(Session::Sink sink, size_t room) {
  return [sink = std::move(sink), room](Response response) mutable -> absl::Status {
    if (response.name != "FETCH") return absl::OkStatus();
    absl::StatusOr<FetchData> data = ParseFetch(std::move(response));
    if (!data.ok()) return data.status();
    for (const FetchData::Section& section : data->sections) {
      const size_t cost = kCostOfSection + section.bytes.size();
      if (cost > room) {
        return absl::DataLossError("imap: more data of a mail than was asked for");
      }
      room -= cost;
    }
    sink(*std::move(data));
    return absl::OkStatus();
  };
}

}  // namespace

net::Task<absl::Status> Session::Fetch(const std::string& uids, const std::string& items,
                                       Sink sink) {
  auto answer = co_await AskFetch(uids, items, std::move(sink));
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("FETCH", *answer);
}

net::Task<absl::StatusOr<Response>> Session::AskFetch(const std::string& uids,
                                                      const std::string& items, Sink sink,
                                                      size_t most_bytes) {
  const std::string words = absl::StrCat("UID FETCH ", uids, " (", items, ")");
  co_return co_await ExecuteFetch(words, std::move(sink), most_bytes);
}

net::Task<absl::StatusOr<Response>> Session::ExecuteFetch(const std::string& words, Sink sink,
                                                          size_t most_bytes) {
  const Command command(words);
  item_sink_ = FetchInto(std::move(sink), most_bytes);
  auto answer = co_await Execute(command);
  item_sink_ = nullptr;
  co_return answer;
}

net::Task<absl::Status> Session::FetchByNumber(uint32_t first, uint32_t last,
                                               const std::string& items, Sink sink) {
  const std::string words = absl::StrCat("FETCH ", first, ":", last, " (", items, ")");
  auto answer = co_await ExecuteFetch(words, std::move(sink));
  if (!answer.ok()) co_return answer.status();
  co_return Refusal("FETCH", *answer);
}

net::Task<absl::StatusOr<std::optional<FetchData>>> Session::FetchOne(uint32_t uid,
                                                                      const std::string& items) {
  OneMessage message(uid);
  Sink sink = [&message](FetchData data) { message.Add(std::move(data)); };
  // More than one answer may hold is more than was asked for.
  auto answer = co_await AskFetch(absl::StrCat(uid), items, std::move(sink), kMaxResponseBytes);
  if (!answer.ok()) co_return answer.status();
  // RFC 5530: another client removed it. Of many messages the others might be
  // missing from the answer as well, so it is no more than this one's end.
  if (answer->name == "NO" && answer->code == "EXPUNGEISSUED") co_return std::nullopt;
  if (absl::Status s = Refusal("FETCH", *answer); !s.ok()) co_return s;
  co_return message.Take();
}

net::Task<absl::Status> Session::FetchMany(const std::vector<uint32_t>& uids,
                                           const std::string& items, size_t most_bytes, Sink sink) {
  const absl::flat_hash_set<uint32_t> wanted(uids.begin(), uids.end());
  Sink wanted_only = [&wanted, &sink](FetchData data) {
    if (wanted.contains(data.uid)) sink(std::move(data));
  };
  auto answer = co_await AskFetch(WriteUids(uids), items, std::move(wanted_only), most_bytes);
  if (!answer.ok()) co_return answer.status();
  // RFC 5530: another client removed one of them.
  if (answer->name == "NO" && answer->code == "EXPUNGEISSUED") co_return absl::OkStatus();
  co_return Refusal("FETCH", *answer);
}

net::Task<absl::StatusOr<uint32_t>> Session::HighestUid() {
  if (mailbox_.exists == 0) co_return 0u;
  uint32_t highest = 0;
  Sink sink = [&highest](FetchData data) { highest = std::max(highest, data.uid); };
  const std::string last = "*";
  const std::string items = "UID";
  absl::Status status = co_await Fetch(last, items, std::move(sink));
  if (!status.ok()) co_return status;
  co_return highest;
}

}  // namespace postern::fetcher::imap
