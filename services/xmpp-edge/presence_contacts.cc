#include "services/xmpp-edge/presence_contacts.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace postern::xmpp_edge {

namespace {

constexpr char kKey[] = "postern:session:contacts";
constexpr char kPage[] = "500";

// No JID holds a line break.
std::string Encode(const PresenceContacts::Contact& contact) {
  return absl::StrCat(contact.owner, "\n", contact.jid, "\n", contact.told_unix, "\n",
                      contact.told_error);
}

bool Decode(const std::string& text, PresenceContacts::Contact& contact) {
  const std::vector<std::string> fields = absl::StrSplit(text, '\n');
  if (fields.size() != 4 || !absl::SimpleAtoi(fields[2], &contact.told_unix)) return false;
  contact.owner = fields[0];
  contact.jid = fields[1];
  contact.told_error = fields[3];
  return true;
}

}  // namespace

PresenceContacts::PresenceContacts(store::RedisClient& redis) : redis_(redis) {}

net::Task<absl::Status> PresenceContacts::Load() {
  std::string cursor = "0";
  do {
    std::vector<std::string> command = {"HSCAN", kKey, cursor, "COUNT", kPage};
    auto page = co_await redis_.Command(std::move(command));
    if (!page.ok()) co_return page.status();
    if (page->items.size() != 2) co_return absl::DataLossError("redis: HSCAN without a page");
    cursor = page->items[0].text;
    Take(page->items[1]);
  } while (cursor != "0");
  co_return absl::OkStatus();
}

// An entry may come twice.
void PresenceContacts::Take(const store::Reply& page) {
  for (size_t i = 0; i + 1 < page.items.size(); i += 2) {
    Contact contact;
    if (!Decode(page.items[i + 1].text, contact)) continue;
    const std::string owner = contact.owner;
    if (by_account_.emplace(page.items[i].text, std::move(contact)).second) {
      ++count_by_owner_[owner];
    }
  }
}

const PresenceContacts::Contact* PresenceContacts::Find(absl::string_view account_id) const {
  const auto found = by_account_.find(account_id);
  return found == by_account_.end() ? nullptr : &found->second;
}

size_t PresenceContacts::CountOf(absl::string_view owner) const {
  const auto found = count_by_owner_.find(owner);
  return found == count_by_owner_.end() ? 0 : found->second;
}

std::vector<std::string> PresenceContacts::AccountIds() const {
  std::vector<std::string> ids;
  for (const auto& [id, contact] : by_account_) ids.push_back(id);
  return ids;
}

net::Task<absl::Status> PresenceContacts::Put(std::string account_id, Contact contact) {
  if (!by_account_.contains(account_id)) ++count_by_owner_[contact.owner];
  by_account_[account_id] = std::move(contact);
  unkept_.insert(account_id);
  co_return co_await Keep(std::move(account_id));
}

net::Task<absl::Status> PresenceContacts::Remove(std::string account_id) {
  const auto found = by_account_.find(account_id);
  if (found != by_account_.end()) {
    const auto count = count_by_owner_.find(found->second.owner);
    if (--count->second == 0) count_by_owner_.erase(count);
    by_account_.erase(found);
  }
  unkept_.insert(account_id);
  co_return co_await Keep(std::move(account_id));
}

net::Task<absl::Status> PresenceContacts::Keep(std::string account_id) {
  if (!unkept_.contains(account_id)) co_return absl::OkStatus();
  std::vector<std::string> command = {"HDEL", kKey, account_id};
  if (const Contact* contact = Find(account_id)) {
    command = {"HSET", kKey, account_id, Encode(*contact)};
  }
  auto done = co_await redis_.Command(std::move(command));
  if (done.ok()) unkept_.erase(account_id);
  co_return done.status();
}

}  // namespace postern::xmpp_edge
