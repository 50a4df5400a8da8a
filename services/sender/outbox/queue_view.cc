#include "services/sender/outbox/queue_view.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

namespace scripts = outbox_scripts;

// How many mails one call of Redis looks at, and for how long a page is looked for.
constexpr size_t kStep = 125;
constexpr std::chrono::seconds kPatience{2};
constexpr size_t kLeastOfId = 4, kMostNamed = 5;
constexpr char kIdsAtOnce[] = "1000";
constexpr size_t kMaxHeaderBytes = 64 * 1024;

absl::Status NotInQueue(const std::string& queue_id) {
  return absl::NotFoundError(absl::StrCat("no mail ", queue_id, " is in the queue"));
}

// Other letters would mean something in a pattern of Redis.
bool IsBeginning(absl::string_view id) {
  return id.size() >= kLeastOfId && std::all_of(id.begin(), id.end(), absl::ascii_isxdigit);
}

absl::Status Ambiguous(const std::string& beginning, const std::set<std::string>& ids) {
  std::vector<std::string> some(ids.begin(), ids.end());
  const bool more = some.size() > kMostNamed;
  if (more) some.resize(kMostNamed);
  return absl::InvalidArgumentError(absl::StrCat(ids.size(), " mails begin with ", beginning, ": ",
                                                 absl::StrJoin(some, ", "), more ? ", ..." : ""));
}

absl::Status BeingSent() {
  return absl::FailedPreconditionError("the mail is being sent at this moment; try again soon");
}

absl::Status TooLate(const words::Wording& why) {
  return words::Error(absl::StatusCode::kFailedPrecondition, why);
}

}  // namespace

net::Task<absl::StatusOr<store::Reply>> QueueView::Run(const store::Script& script,
                                                       std::vector<std::string> args) {
  std::vector<std::string> keys(1, scripts::kShard);
  co_return co_await redis_.Run(script, std::move(keys), std::move(args));
}

net::Task<absl::StatusOr<QueuePage>> QueueView::List(QueueFilter filter, std::string after,
                                                     size_t limit) {
  if (after.empty()) after = "0";
  if (after.size() > 16 || !std::all_of(after.begin(), after.end(), absl::ascii_isdigit)) {
    co_return absl::InvalidArgumentError("after: not where a page of this list ended");
  }
  const auto till = std::chrono::steady_clock::now() + kPatience;
  QueuePage page;
  for (;;) {
    std::vector<std::string> args = {after,
                                     absl::StrCat(kStep),
                                     absl::StrCat(limit - page.mails.size()),
                                     filter.account_id,
                                     filter.owner,
                                     absl::AsciiStrToLower(filter.domain),
                                     filter.state};
    auto reply = co_await Run(scripts::kList, std::move(args));
    if (!reply.ok()) co_return reply.status();
    auto more = ReadPage(*reply);
    if (!more.ok()) co_return more;
    std::move(more->mails.begin(), more->mails.end(), std::back_inserter(page.mails));
    page.total = more->total;
    page.next = after = more->next;
    const bool enough = page.mails.size() >= limit || std::chrono::steady_clock::now() >= till;
    if (page.next.empty() || enough) co_return page;
  }
}

net::Task<absl::StatusOr<QueuePage>> QueueView::Find(std::string queue_id) {
  std::vector<std::string> args(1, std::move(queue_id));
  auto reply = co_await Run(scripts::kList, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadPage(*reply);
}

net::Task<absl::StatusOr<QueuePage>> QueueView::Waiting(std::string owner,
                                                        std::vector<std::string> accounts,
                                                        size_t limit) {
  std::vector<std::string> args = std::move(accounts);
  args.insert(args.begin(), {std::move(owner), absl::StrCat(limit)});
  auto reply = co_await Run(scripts::kWaiting, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadPage(*reply);
}

net::Task<absl::StatusOr<std::string>> QueueView::Resolve(std::string beginning) {
  std::vector<std::string> command{"EXISTS", absl::StrCat(scripts::kShard, ":mail:", beginning)};
  auto whole = co_await redis_.Command(std::move(command));
  if (!whole.ok()) co_return whole.status();
  if (whole->integer == 1) co_return beginning;
  if (!IsBeginning(beginning)) co_return NotInQueue(beginning);
  const auto till = std::chrono::steady_clock::now() + kPatience;
  std::set<std::string> ids;  // a scan may name one twice
  std::string cursor = "0";
  do {
    if (std::chrono::steady_clock::now() >= till) {
      co_return absl::DeadlineExceededError("the queue is too long to look for a part of an id");
    }
    command = {"ZSCAN",   absl::StrCat(scripts::kShard, ":all"), cursor,
               "MATCH",   absl::StrCat(beginning, "*"),          "COUNT",
               kIdsAtOnce};
    auto some = co_await redis_.Command(std::move(command));
    if (!some.ok()) co_return some.status();
    if (some->items.size() != 2) co_return absl::DataLossError("outbox: a scan without an answer");
    cursor = some->items[0].text;
    const std::vector<store::Reply>& found = some->items[1].items;
    for (size_t i = 0; i < found.size(); i += 2) ids.insert(found[i].text);
  } while (cursor != "0");
  if (ids.empty()) co_return NotInQueue(beginning);
  if (ids.size() > 1) co_return Ambiguous(beginning, ids);
  co_return *ids.begin();
}

net::Task<absl::StatusOr<std::string>> QueueView::Header(std::string queue_id) {
  std::vector<std::string> args = {queue_id, "0", absl::StrCat(kMaxHeaderBytes)};
  auto reply = co_await Run(scripts::kContent, std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::string header = std::move(reply->text);
  const size_t end = header.find("\r\n\r\n");
  if (end != std::string::npos) header.resize(end + 4);
  co_return header;
}

net::Task<absl::StatusOr<Retried>> QueueView::Retry(std::vector<std::string> queue_ids,
                                                    bool dated) {
  Retried retried;
  for (size_t first = 0; first < queue_ids.size(); first += kStep) {
    const auto begin = queue_ids.begin() + first;
    std::vector<std::string> args(begin, begin + std::min(kStep, queue_ids.size() - first));
    args.insert(args.begin(), dated ? "dated" : "");
    auto reply = co_await Run(scripts::kRetry, std::move(args));
    if (!reply.ok()) co_return reply.status();
    if (reply->items.size() != 2)
      co_return absl::DataLossError("outbox: a retry without an answer");
    retried.now += reply->items[0].integer;
    retried.left += reply->items[1].integer;
  }
  co_return retried;
}

net::Task<absl::StatusOr<std::vector<std::string>>> QueueView::RunHold(
    std::vector<std::string> queue_ids, bool release) {
  queue_ids.insert(queue_ids.begin(), release ? "release" : "hold");
  auto reply = co_await Run(scripts::kHold, std::move(queue_ids));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> answers;
  for (store::Reply& item : reply->items) answers.push_back(std::move(item.text));
  co_return answers;
}

net::Task<absl::StatusOr<int64_t>> QueueView::Hold(std::vector<std::string> queue_ids,
                                                   bool release) {
  int64_t changed = 0;
  for (size_t first = 0; first < queue_ids.size(); first += kStep) {
    const auto begin = queue_ids.begin() + first;
    std::vector<std::string> some(begin, begin + std::min(kStep, queue_ids.size() - first));
    auto answers = co_await RunHold(std::move(some), release);
    if (!answers.ok()) co_return answers.status();
    changed += std::count(answers->begin(), answers->end(), "OK");
  }
  co_return changed;
}

net::Task<absl::Status> QueueView::HoldOne(std::string queue_id, bool release) {
  std::vector<std::string> one(1, queue_id);
  auto answers = co_await RunHold(std::move(one), release);
  if (!answers.ok()) co_return answers.status();
  if (answers->size() != 1) co_return absl::DataLossError("outbox: a mail without an answer");
  const std::string& answer = answers->front();
  if (answer == "OK") co_return absl::OkStatus();
  if (answer == "NONE") co_return NotInQueue(queue_id);
  if (answer == "sending") co_return BeingSent();
  if (answer == "held") co_return absl::FailedPreconditionError("the mail is held already");
  if (answer == "waiting") co_return absl::FailedPreconditionError("the mail is not held");
  co_return absl::FailedPreconditionError("the mail is settled already");
}

net::Task<absl::Status> QueueView::Cancel(std::string queue_id, words::Wording reason) {
  std::vector<std::string> args = {queue_id, EncodeWording(reason), "", ""};
  auto reply = co_await Run(scripts::kCancel, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->text == "OK") co_return absl::OkStatus();
  if (reply->text == "NONE") co_return NotInQueue(queue_id);
  if (reply->text == "SENDING") co_return BeingSent();
  co_return absl::FailedPreconditionError(
      "the mail is settled already; its outcome is being reported");
}

net::Task<absl::Status> QueueView::TakeBack(std::string owner, std::string queue_id,
                                            std::string key) {
  const std::string hash = queue_id.empty() ? crypto::Sha256Hex(key) : "";
  std::vector<std::string> args = {queue_id, "", owner, hash};
  auto reply = co_await Run(scripts::kCancel, std::move(args));
  if (!reply.ok()) co_return reply.status();
  const std::string& answer = reply->text;
  if (answer == "OK") co_return absl::OkStatus();
  if (answer == "NONE") {
    co_return words::Error(absl::StatusCode::kNotFound,
                           words::Word("there is no such mail waiting to be sent"));
  }
  if (answer == "SENDING") {
    co_return TooLate(words::Word("the mail is being sent at this moment"));
  }
  if (answer == "PARTLY") {
    co_return TooLate(words::Word("some of the recipients have got the mail already"));
  }
  if (answer == "UNCERTAIN") {
    co_return TooLate(words::Word("the mail server may have taken the mail already"));
  }
  co_return TooLate(words::Word("the mail was sent or given up already"));
}

}  // namespace postern::sender
