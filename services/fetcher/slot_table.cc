#include "services/fetcher/slot_table.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/fetcher/slot_script.h"

namespace postern::fetcher {

namespace {

constexpr char kMembers[] = "postern:lease:{fetchers}:members";
constexpr char kSlotOwners[] = "postern:lease:{fetchers}:slots";
constexpr char kMeta[] = "postern:lease:{fetchers}:meta";

absl::Status OddAnswer() { return absl::InternalError("slots: the renewal had an odd answer"); }

}  // namespace

std::vector<std::string> SlotTable::Arguments(bool leaving) const {
  return {me_.id,
          me_.address,
          me_.seat,
          absl::StrCat(limits_.lease.count()),
          absl::StrCat(limits_.settling.count()),
          absl::StrCat(kSlots),
          absl::StrCat(version_),
          leaving ? "1" : "0"};
}

net::Task<absl::StatusOr<SlotTable::View>> SlotTable::Renew(HeldSlots released) {
  std::vector<std::string> keys = {kMembers, kSlotOwners, kMeta};
  std::vector<std::string> args = Arguments(false);
  for (const auto& [slot, token] : released) {
    args.push_back(absl::StrCat(slot));
    args.push_back(absl::StrCat(token));
  }
  auto reply = co_await redis_.Run(SlotScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  View view;
  if (reply->items.size() == 1) co_return view;
  if (reply->items.size() != 5) co_return OddAnswer();
  view.changed = true;
  view.excess = static_cast<uint32_t>(reply->items[1].integer);
  view.taken = static_cast<uint32_t>(reply->items[2].integer);
  const std::vector<store::Reply>& held = reply->items[3].items;
  for (size_t i = 0; i + 1 < held.size(); i += 2) {
    uint32_t slot = 0;
    uint64_t token = 0;
    if (!absl::SimpleAtoi(held[i].text, &slot) || slot >= kSlots ||
        !absl::SimpleAtoi(held[i + 1].text, &token)) {
      co_return OddAnswer();
    }
    view.mine[static_cast<Slot>(slot)] = token;
  }
  const std::vector<store::Reply>& members = reply->items[4].items;
  for (size_t i = 0; i + 1 < members.size(); i += 2) {
    view.members.push_back(Member{members[i].text, members[i + 1].text, ""});
  }
  version_ = static_cast<uint64_t>(reply->items[0].integer);
  co_return view;
}

net::Task<absl::Status> SlotTable::Leave() {
  std::vector<std::string> keys = {kMembers, kSlotOwners, kMeta};
  std::vector<std::string> args = Arguments(true);
  auto reply = co_await redis_.Run(SlotScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::string>> SlotTable::OwnerOf(Slot slot) {
  std::vector<std::string> command = {"HGET", kSlotOwners, absl::StrCat(slot)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return reply->text.substr(reply->text.find(' ') + 1);
}

}  // namespace postern::fetcher
