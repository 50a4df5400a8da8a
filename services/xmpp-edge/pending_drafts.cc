#include "services/xmpp-edge/pending_drafts.h"

#include <ctime>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kKey[] = "postern:thread:{pending}:drafts";

const store::Script& PutScript() {
  static const store::Script script(R"(
    if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and
       redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
      return 0
    end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    return 1)");
  return script;
}

constexpr char kReplaces = 'r';

// "1700000000:" and the request; of one that replaces another, or has done so, "r" and netstrings.
std::string Encode(const sender::v1::SubmitRequest& request,
                   const PendingDrafts::Replaced& replaced) {
  const std::string now = absl::StrCat(std::time(nullptr));
  if (replaced.stanza_id.empty()) return absl::StrCat(now, ":", request.SerializeAsString());
  std::string out(1, kReplaces);
  for (const std::string& field :
       {now, replaced.key, replaced.stanza_id, request.SerializeAsString()}) {
    AppendNetstring(out, field);
  }
  return out;
}

std::optional<PendingDrafts::Kept> DecodeReplacing(absl::string_view text) {
  PendingDrafts::Kept kept;
  NetstringReader reader(text);
  kept.at_unix = reader.NextNumber();
  kept.replaced.key = reader.Next();
  kept.replaced.stanza_id = reader.Next();
  const std::string request = reader.Next();
  if (reader.failed() || !kept.request.ParseFromString(request)) return std::nullopt;
  return kept;
}

std::optional<PendingDrafts::Kept> Decode(absl::string_view text) {
  if (!text.empty() && text.front() == kReplaces) return DecodeReplacing(text.substr(1));
  PendingDrafts::Kept kept;
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  if (!absl::SimpleAtoi(text.substr(0, colon), &kept.at_unix)) return std::nullopt;
  if (!kept.request.ParseFromString(std::string(text.substr(colon + 1)))) return std::nullopt;
  return kept;
}

}  // namespace

PendingDrafts::PendingDrafts(store::RedisClient& redis) : redis_(redis) {}

net::Task<absl::Status> PendingDrafts::Put(sender::v1::SubmitRequest request, Replaced replaced) {
  std::vector<std::string> keys{kKey};
  std::vector<std::string> args{request.idempotency_key(), Encode(request, replaced),
                                absl::StrCat(kMaxDrafts)};
  auto reply = co_await redis_.Run(PutScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->integer == 0) co_return absl::ResourceExhaustedError("too many drafts wait");
  co_return absl::OkStatus();
}

net::Task<absl::Status> PendingDrafts::Remove(std::string key) {
  std::vector<std::string> command{"HDEL", kKey, std::move(key)};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::vector<std::string>>> PendingDrafts::Keys() {
  std::vector<std::string> command{"HKEYS", kKey};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> keys;
  for (store::Reply& item : reply->items) keys.push_back(std::move(item.text));
  co_return keys;
}

net::Task<absl::StatusOr<std::optional<PendingDrafts::Kept>>> PendingDrafts::Get(std::string key) {
  std::vector<std::string> command{"HGET", kKey, key};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) co_return std::nullopt;
  std::optional<Kept> kept = Decode(reply->text);
  if (!kept) {
    log::Error("a pending draft can't be read and is dropped", {{"key", key}});
    (void)co_await Remove(std::move(key));
  }
  co_return kept;
}

}  // namespace postern::xmpp_edge
