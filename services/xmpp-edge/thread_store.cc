#include "services/xmpp-edge/thread_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {

namespace {

constexpr absl::string_view kTtlSeconds = "7776000";  // 90 days
constexpr absl::string_view kNewestKept = "16";
// What a References field of an answer is made from; the first and the newest count.
constexpr size_t kMaxReferences = 30;
constexpr size_t kMaxAddresses = 50;
constexpr size_t kMaxMailRef = 2000;
constexpr absl::string_view kVersion = "1";

// The record once, and pointers to it: KEYS[1] is the record, the others are lists
// of ids, but for an alias that comes last. Repeating it changes nothing.
const store::Script& RememberScript() {
  static const store::Script script(R"(
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
    local lists = #KEYS
    if ARGV[5] == 'alias' then
      local named = redis.call('GET', KEYS[lists])
      local names = ARGV[2]
      if named and named ~= names then names = '' end
      redis.call('SET', KEYS[lists], names, 'EX', ARGV[3])
      lists = lists - 1
    end
    for i = 2, lists do
      redis.call('LREM', KEYS[i], 0, ARGV[2])
      redis.call('LPUSH', KEYS[i], ARGV[2])
      redis.call('LTRIM', KEYS[i], 0, ARGV[4] - 1)
      redis.call('EXPIRE', KEYS[i], ARGV[3])
    end
    return 1)");
  return script;
}

std::string Key(absl::string_view user, absl::string_view kind, absl::string_view id) {
  return absl::StrCat("postern:thread:{", user, "}:", kind, ":", id);
}

std::string Encode(const MailThread& thread) {
  std::string out;
  AppendNetstring(out, kVersion);
  for (const std::string* field : {&thread.account_id, &thread.contact, &thread.message_id,
                                   &thread.subject, &thread.thread_id}) {
    AppendNetstring(out, *field);
  }
  AppendNetstring(out, absl::StrCat(thread.at_unix));
  AppendNetstring(out, absl::StrCat(thread.references.size()));
  for (const std::string& reference : thread.references) AppendNetstring(out, reference);
  AppendNetstring(out, absl::StrCat(thread.answer_to.size()));
  for (const mail::Address& address : thread.answer_to) {
    AppendNetstring(out, address.display_name);
    AppendNetstring(out, address.local_part);
    AppendNetstring(out, address.domain);
  }
  AppendNetstring(out, thread.mail_ref);
  AppendNetstring(out, absl::StrCat(thread.is_own ? 1 : 0));
  AppendNetstring(out, thread.from.display_name);
  AppendNetstring(out, thread.from.local_part);
  AppendNetstring(out, thread.from.domain);
  AppendNetstring(out, thread.list_id);
  return out;
}

std::optional<MailThread> Decode(absl::string_view text) {
  NetstringReader in(text);
  if (in.Next() != kVersion) return std::nullopt;
  MailThread thread;
  for (std::string* field : {&thread.account_id, &thread.contact, &thread.message_id,
                             &thread.subject, &thread.thread_id}) {
    *field = in.Next();
  }
  thread.at_unix = in.NextNumber();
  for (int64_t left = in.NextNumber(); left > 0 && !in.failed(); --left) {
    thread.references.push_back(in.Next());
  }
  for (int64_t left = in.NextNumber(); left > 0 && !in.failed(); --left) {
    mail::Address& address = thread.answer_to.emplace_back();
    address.display_name = in.Next();
    address.local_part = in.Next();
    address.domain = in.Next();
  }
  if (!in.failed() && in.left() > 0) {  // older records end here
    thread.mail_ref = in.Next();
    thread.is_own = in.NextNumber() == 1;
  }
  if (!in.failed() && in.left() > 0) {  // and some here
    thread.from.display_name = in.Next();
    thread.from.local_part = in.Next();
    thread.from.domain = in.Next();
    thread.list_id = in.Next();
  }
  if (in.failed()) return std::nullopt;
  return thread;
}

void Bound(MailThread& thread) {
  std::vector<std::string>& references = thread.references;
  if (references.size() > kMaxReferences) {
    references.erase(references.begin() + 1, references.end() - (kMaxReferences - 1));
  }
  if (thread.answer_to.size() > kMaxAddresses) thread.answer_to.resize(kMaxAddresses);
  if (thread.mail_ref.size() > kMaxMailRef) thread.mail_ref.clear();
}

}  // namespace

ThreadStore::ThreadStore(store::RedisClient& redis) : redis_(redis) {}

net::Task<absl::Status> ThreadStore::Remember(std::string user, std::string id, MailThread thread,
                                              std::string alias) {
  Bound(thread);
  std::vector<std::string> keys = {Key(user, "stanza", id), Key(user, "newest", thread.contact)};
  if (!thread.thread_id.empty()) keys.push_back(Key(user, "of", thread.thread_id));
  if (!alias.empty()) keys.push_back(Key(user, "alias", alias));
  std::vector<std::string> args = {Encode(thread), id, std::string(kTtlSeconds),
                                   std::string(kNewestKept), alias.empty() ? "" : "alias"};
  auto done = co_await redis_.Run(RememberScript(), std::move(keys), std::move(args));
  co_return done.status();
}

net::Task<absl::StatusOr<std::optional<MailThread>>> ThreadStore::ByStanza(std::string user,
                                                                           std::string stanza_id) {
  std::vector<std::string> command = {"MGET", Key(user, "stanza", stanza_id),
                                      Key(user, "alias", stanza_id)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  if (found->items.size() != 2) co_return std::optional<MailThread>();
  if (!found->items[0].IsNil()) co_return Decode(found->items[0].text);
  if (found->items[1].text.empty()) co_return std::optional<MailThread>();
  command = {"GET", Key(user, "stanza", found->items[1].text)};
  found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  if (found->IsNil()) co_return std::optional<MailThread>();
  co_return Decode(found->text);
}

net::Task<absl::StatusOr<std::vector<MailThread>>> ThreadStore::ByThread(std::string user,
                                                                         std::string thread_id,
                                                                         int count) {
  std::string list = Key(user, "of", thread_id);
  auto threads = co_await Listed(std::move(user), std::move(list), count);
  if (!threads.ok()) co_return threads;
  std::erase_if(*threads, [&](const MailThread& one) { return one.thread_id != thread_id; });
  co_return threads;
}

net::Task<absl::StatusOr<std::vector<MailThread>>> ThreadStore::Newest(std::string user,
                                                                       std::string contact,
                                                                       int count) {
  std::string list = Key(user, "newest", contact);
  auto threads = co_await Listed(std::move(user), std::move(list), count);
  if (!threads.ok()) co_return threads;
  // Whatever an id has come to stand for: an answer never leaves the contact it is written to.
  std::erase_if(*threads, [&](const MailThread& one) { return one.contact != contact; });
  co_return threads;
}

net::Task<absl::Status> ThreadStore::RememberSent(std::string user, std::string message_id,
                                                  SentMail mail) {
  std::vector<std::string> command = {"SET", Key(user, "sent", message_id), EncodeSentMail(mail),
                                      "EX", std::string(kTtlSeconds)};
  auto done = co_await redis_.Command(std::move(command));
  co_return done.status();
}

net::Task<absl::StatusOr<std::optional<SentMail>>> ThreadStore::SentByMessageId(
    std::string user, std::string message_id) {
  std::vector<std::string> command = {"GET", Key(user, "sent", message_id)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  if (found->IsNil()) co_return std::optional<SentMail>();
  co_return DecodeSentMail(found->text);
}

net::Task<absl::StatusOr<bool>> ThreadStore::IsFirstToTell(std::string user, std::string news,
                                                           std::string teller) {
  std::vector<std::string> command = {"SET",
                                      Key(user, "told", crypto::Sha256Hex(news)),
                                      teller,
                                      "NX",
                                      "GET",
                                      "EX",
                                      std::string(kTtlSeconds)};
  auto before = co_await redis_.Command(std::move(command));
  if (!before.ok()) co_return before.status();
  co_return before->IsNil() || before->text == teller;
}

net::Task<absl::StatusOr<std::vector<MailThread>>> ThreadStore::Listed(std::string user,
                                                                       std::string list,
                                                                       int count) {
  std::vector<MailThread> threads;
  if (count <= 0) co_return threads;
  std::vector<std::string> command = {"LRANGE", std::move(list), "0", absl::StrCat(count - 1)};
  auto ids = co_await redis_.Command(std::move(command));
  if (!ids.ok()) co_return ids.status();
  if (ids->items.empty()) co_return threads;

  command = {"MGET"};
  for (const store::Reply& id : ids->items) command.push_back(Key(user, "stanza", id.text));
  auto records = co_await redis_.Command(std::move(command));
  if (!records.ok()) co_return records.status();
  for (const store::Reply& record : records->items) {
    if (record.IsNil()) continue;
    if (auto thread = Decode(record.text)) threads.push_back(*std::move(thread));
  }
  co_return threads;
}

}  // namespace postern::xmpp_edge
