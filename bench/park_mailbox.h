#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::bench {

// A mailbox of made-up mails, numbered from 1 without gaps: sequence number and UID are
// the same. No mail is stored, each is written when it is asked for.
struct ParkMailbox {
  int account = 0;
  uint32_t exists = 0;
  uint32_t mail_bytes = 0;  // of each mail, at least kLeastMail
};

inline constexpr uint32_t kLeastMail = 512;

// "7.42@park.test": the mail with UID 42 of account 7, wherever it turns up.
std::string MessageId(int account, uint32_t uid);
std::string WriteParkMail(const ParkMailbox& mailbox, uint32_t uid);

// A FETCH (RFC 3501 section 6.4.5) that is being answered, a mail at a time: a listing of
// 100,000 mails takes no more memory than one of ten.
class FetchAnswer {
 public:
  FetchAnswer() = default;
  // False when it is none that we know.
  bool Begin(absl::string_view set, absl::string_view items, bool by_uid,
             const ParkMailbox& mailbox);
  // Appends the answer for the next mail; false when there was none left.
  bool Next(std::string& out);
  uint64_t bodies() const { return bodies_; }

 private:
  struct Item {
    std::string name;  // "UID", or "BODY" with a section
    std::string section;
    bool has_section = false, partial = false;
    size_t offset = 0, length = 0;
  };
  bool ReadItems(absl::string_view items);
  static bool ReadSection(absl::string_view token, Item& item);
  void WriteItem(const Item& item, uint32_t uid, std::string& mail, std::string& out);

  ParkMailbox mailbox_;
  std::vector<std::pair<uint32_t, uint32_t>> ranges_;
  std::vector<Item> items_;
  size_t range_ = 0;
  uint32_t next_ = 0;
  uint64_t bodies_ = 0;  // mails of which a part was asked for
};

// "1:3,5,7:*" as ranges within 1..exists; "*" is the last mail (RFC 3501 section 9).
std::vector<std::pair<uint32_t, uint32_t>> ReadSet(absl::string_view set, uint32_t exists);

}  // namespace postern::bench
