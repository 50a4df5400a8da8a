// The part of CursorStore that keeps which mails of a POP3 mailbox were handed on, and when.

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/fetcher/cursor_store.h"

namespace postern::fetcher {

namespace {

const store::Script& AddScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    local most = tonumber(ARGV[3])
    if redis.call('APPEND', KEYS[2], ARGV[2]) > 2 * most then
      redis.call('SET', KEYS[2], redis.call('GETRANGE', KEYS[2], -most, -1))
    end
    return 1
  )lua");
  return script;
}

const store::Script& SetScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    if ARGV[2] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[2]) end
    return 1
  )lua");
  return script;
}

const store::Script& CheckScript() {
  static const store::Script script(R"lua(
    return redis.call('HGET', KEYS[1], 'fence') == ARGV[1] and 1 or 0
  )lua");
  return script;
}

}  // namespace

std::string DeliveredKey(absl::string_view account_id) {
  return absl::StrCat(CursorKey(account_id), ":delivered");
}

net::Task<absl::StatusOr<std::vector<DeliveredMail>>> CursorStore::ReadDelivered(
    std::string account_id) {
  std::vector<std::string> command = {"GET", DeliveredKey(account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return UnpackDelivered(reply->text);
}

net::Task<absl::Status> CursorStore::AddDelivered(Lease lease, std::vector<DeliveredMail> mails) {
  std::vector<std::string> keys = {CursorKey(lease.account_id), DeliveredKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token), PackDelivered(mails),
                                   absl::StrCat(kMostDelivered * kBytesOfDelivered)};
  co_return co_await Write(AddScript(), std::move(keys), std::move(args));
}

net::Task<absl::Status> CursorStore::SetDelivered(Lease lease, std::vector<DeliveredMail> mails) {
  std::vector<std::string> keys = {CursorKey(lease.account_id), DeliveredKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token), PackDelivered(mails)};
  co_return co_await Write(SetScript(), std::move(keys), std::move(args));
}

net::Task<absl::Status> CursorStore::Check(Lease lease) {
  std::vector<std::string> keys = {CursorKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token)};
  co_return co_await Write(CheckScript(), std::move(keys), std::move(args));
}

}  // namespace postern::fetcher
