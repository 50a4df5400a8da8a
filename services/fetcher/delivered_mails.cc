#include "services/fetcher/delivered_mails.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace postern::fetcher {

namespace {

constexpr size_t kKeyBytes = 8;
constexpr int64_t kSecondsOfADay = 24 * 60 * 60;

void Put(std::string& packed, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i > 0; --i) {
    packed.push_back(static_cast<char>(number >> (8 * (i - 1)) & 0xFF));
  }
}

uint64_t Get(absl::string_view bytes) {
  uint64_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string PackDelivered(const std::vector<DeliveredMail>& mails) {
  std::string packed;
  packed.reserve(mails.size() * kBytesOfDelivered);
  for (const DeliveredMail& mail : mails) {
    Put(packed, mail.key, kKeyBytes);
    // Good until 2106.
    Put(packed, static_cast<uint32_t>(mail.at_unix), kBytesOfDelivered - kKeyBytes);
  }
  return packed;
}

std::vector<DeliveredMail> UnpackDelivered(absl::string_view packed) {
  std::vector<DeliveredMail> mails;
  mails.reserve(packed.size() / kBytesOfDelivered);
  for (; packed.size() >= kBytesOfDelivered; packed.remove_prefix(kBytesOfDelivered)) {
    DeliveredMail mail;
    mail.key = Get(packed.substr(0, kKeyBytes));
    mail.at_unix =
        static_cast<int64_t>(Get(packed.substr(kKeyBytes, kBytesOfDelivered - kKeyBytes)));
    mails.push_back(mail);
  }
  return mails;
}

std::vector<ListedMail> MailsToRemove(const std::vector<ListedMail>& listing,
                                      const absl::flat_hash_set<uint64_t>& fresh,
                                      const std::vector<DeliveredMail>& delivered, uint32_t days,
                                      int64_t now_unix) {
  std::vector<ListedMail> old;
  if (days == 0) return old;
  // Delivered twice, it counts from the second time.
  absl::flat_hash_map<uint64_t, int64_t> when;
  for (const DeliveredMail& mail : delivered) {
    int64_t& last = when[mail.key];
    last = std::max(last, mail.at_unix);
  }
  absl::flat_hash_map<uint64_t, int> bearers;
  for (const ListedMail& mail : listing) ++bearers[mail.key];
  const int64_t before = now_unix - int64_t{days} * kSecondsOfADay;
  for (const ListedMail& mail : listing) {
    if (old.size() >= kMostRemoved) break;
    const auto found = when.find(mail.key);
    if (found == when.end() || found->second > before) continue;
    if (fresh.contains(mail.key) || bearers[mail.key] != 1) continue;
    old.push_back(mail);
  }
  return old;
}

std::vector<DeliveredMail> StillThere(const std::vector<DeliveredMail>& delivered,
                                      const std::vector<ListedMail>& listing,
                                      const std::vector<ListedMail>& removed) {
  absl::flat_hash_set<uint64_t> there;
  for (const ListedMail& mail : listing) there.insert(mail.key);
  for (const ListedMail& mail : removed) there.erase(mail.key);
  std::vector<DeliveredMail> rest;
  for (const DeliveredMail& mail : delivered) {
    if (there.contains(mail.key)) rest.push_back(mail);
  }
  return rest;
}

}  // namespace postern::fetcher
