#include "lib/store/redis_reply.h"

#include <hiredis/hiredis.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::store {
namespace {

constexpr absl::string_view kNoScript = "redis: NOSCRIPT";

absl::Status FromError(absl::string_view text) {
  const std::string message = absl::StrCat("redis: ", text);
  for (absl::string_view not_now : {"LOADING", "READONLY", "OOM", "MISCONF", "CLUSTERDOWN",
                                    "MASTERDOWN", "TRYAGAIN", "BUSY ", "NOREPLICAS"}) {
    if (absl::StartsWith(text, not_now)) return absl::UnavailableError(message);
  }
  return absl::InternalError(message);
}

}  // namespace

absl::StatusOr<Reply> FromHiredis(const redisReply& reply) {
  Reply value;
  switch (reply.type) {
    case REDIS_REPLY_ERROR:
      return FromError(absl::string_view(reply.str, reply.len));
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      value.kind = Reply::Kind::kString;
      value.text.assign(reply.str, reply.len);
      return value;
    case REDIS_REPLY_INTEGER:
      value.kind = Reply::Kind::kInteger;
      value.integer = reply.integer;
      return value;
    case REDIS_REPLY_ARRAY:
      value.kind = Reply::Kind::kArray;
      value.items.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) {
        auto item = FromHiredis(*reply.element[i]);
        if (!item.ok()) return item.status();
        value.items.push_back(*std::move(item));
      }
      return value;
    default:
      return value;  // nil
  }
}

bool IsNoScript(const absl::Status& status) {
  return absl::StartsWith(status.message(), kNoScript);
}

}  // namespace postern::store
