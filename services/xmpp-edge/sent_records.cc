#include "services/xmpp-edge/sent_records.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/netstring.h"
#include "services/xmpp-edge/outgoing_draft.h"

namespace postern::xmpp_edge {
namespace {

// The sender gives a mail up after five days.
constexpr int64_t kKeptSeconds = 6 * 24 * 60 * 60;
constexpr char kVersion[] = "2", kWithoutReplacement[] = "1";
constexpr int kMostCorrections = 64;  // of one message that are followed

constexpr char kRecentKept[] = "16";
constexpr char kToldSeconds[] = "7776000";  // 90 days

// KEYS[1] is the record, KEYS[2] the list of its contact, the others name it.
const store::Script& PutScript() {
  static const store::Script script(R"(
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
    if #KEYS > 1 then
      redis.call('LREM', KEYS[2], 0, ARGV[2])
      redis.call('LPUSH', KEYS[2], ARGV[2])
      redis.call('LTRIM', KEYS[2], 0, ARGV[4] - 1)
      if redis.call('TTL', KEYS[2]) < tonumber(ARGV[3]) then
        redis.call('EXPIRE', KEYS[2], ARGV[3])
      end
    end
    for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[2], 'EX', ARGV[3]) end
    return 1)");
  return script;
}

std::string Key(absl::string_view user, absl::string_view kind, absl::string_view id) {
  return absl::StrCat("postern:thread:{", user, "}:", kind, ":", id);
}

std::string Encode(const SentRecord& record) {
  std::string out;
  for (const std::string& field :
       {std::string(kVersion), record.contact, absl::StrCat(record.due_unix_ms),
        absl::StrCat(record.told_to_wait ? 1 : 0), absl::StrCat(record.derived_subject ? 1 : 0),
        absl::StrCat(record.taken_back_unix_ms), record.replaced_by,
        record.request.SerializeAsString()}) {
    AppendNetstring(out, field);
  }
  return out;
}

std::optional<SentRecord> Decode(absl::string_view text) {
  NetstringReader reader(text);
  const std::string version = reader.Next();
  if (version != kVersion && version != kWithoutReplacement) return std::nullopt;
  SentRecord record;
  record.contact = reader.Next();
  record.due_unix_ms = reader.NextNumber();
  record.told_to_wait = reader.NextNumber() == 1;
  record.derived_subject = reader.NextNumber() == 1;
  record.taken_back_unix_ms = reader.NextNumber();
  if (version == kVersion) record.replaced_by = reader.Next();
  const std::string request = reader.Next();
  if (reader.failed() || !record.request.ParseFromString(request)) return std::nullopt;
  return record;
}

}  // namespace

SentRecord RecordOf(sender::v1::SubmitRequest request, int64_t due_unix_ms) {
  SentRecord record;
  const edge::v1::OutgoingContext context = ContextOf(request);
  if (auto contact = ParseJid(context.contact()); contact.ok()) record.contact = contact->Bare();
  record.due_unix_ms = due_unix_ms;
  sender::v1::Draft& draft = *request.mutable_draft();
  record.derived_subject = draft.subject() == SubjectFromText(draft.text());
  draft.clear_text();
  draft.clear_attachments();
  draft.clear_quote();
  record.request = std::move(request);
  return record;
}

net::Task<absl::Status> SentRecords::Put(SentRecord record, std::vector<std::string> ids) {
  const std::string& user = record.request.owner();
  const std::string& key = record.request.idempotency_key();
  std::vector<std::string> keys{Key(user, "sent", key), Key(user, "recent", record.contact)};
  for (const std::string& id : ids) {
    if (!id.empty()) keys.push_back(Key(user, "said", id));
  }
  co_return co_await Write(record, std::move(keys));
}

net::Task<absl::Status> SentRecords::Update(SentRecord record) {
  std::vector<std::string> keys{
      Key(record.request.owner(), "sent", record.request.idempotency_key())};
  co_return co_await Write(record, std::move(keys));
}

net::Task<absl::Status> SentRecords::Write(const SentRecord& record,
                                           std::vector<std::string> keys) {
  const int64_t ahead = std::max<int64_t>(record.due_unix_ms / 1000 - std::time(nullptr), 0);
  std::vector<std::string> args{Encode(record), record.request.idempotency_key(),
                                absl::StrCat(ahead + kKeptSeconds), kRecentKept};
  auto reply = co_await redis_.Run(PutScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::optional<SentRecord>>> SentRecords::ById(std::string user,
                                                                       std::string id) {
  std::vector<std::string> command{"GET", Key(user, "said", id)};
  auto key = co_await redis_.Command(std::move(command));
  if (!key.ok()) co_return key.status();
  if (key->IsNil()) co_return std::optional<SentRecord>();
  auto record = co_await ByKey(user, key->text);
  for (int i = 0; i < kMostCorrections; ++i) {
    if (!record.ok() || !*record || (*record)->replaced_by.empty()) break;
    auto next = co_await ByKey(user, (*record)->replaced_by);
    if (!next.ok()) co_return next;
    if (!*next) break;  // the correction was refused: this one was taken back, and nothing came
    record = std::move(next);
  }
  co_return record;
}

net::Task<bool> SentRecords::IsNews(std::string user, std::string what) {
  std::vector<std::string> command{"SET", Key(user, "told", what), "1", "NX", "EX", kToldSeconds};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.ok() && !reply->IsNil();
}

net::Task<absl::StatusOr<std::vector<SentRecord>>> SentRecords::RecentTo(std::string user,
                                                                         std::string contact) {
  std::vector<SentRecord> records;
  std::vector<std::string> command{"LRANGE", Key(user, "recent", contact), "0", "-1"};
  auto keys = co_await redis_.Command(std::move(command));
  if (!keys.ok()) co_return keys.status();
  if (keys->items.empty()) co_return records;
  command = {"MGET"};
  for (const store::Reply& key : keys->items) command.push_back(Key(user, "sent", key.text));
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  for (const store::Reply& one : found->items) {
    if (one.IsNil()) continue;
    if (auto record = Decode(one.text)) records.push_back(*std::move(record));
  }
  co_return records;
}

net::Task<absl::StatusOr<std::optional<SentRecord>>> SentRecords::ByKey(const std::string& user,
                                                                        std::string key) {
  std::vector<std::string> command{"GET", Key(user, "sent", key)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  if (found->IsNil()) co_return std::optional<SentRecord>();
  co_return Decode(found->text);
}

}  // namespace postern::xmpp_edge
