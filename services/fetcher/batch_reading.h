#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/mail/mail.h"
#include "lib/net/task.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_reading.h"

namespace postern::fetcher {

// Mails of less than this many bytes come several in one round trip by IMAP.
inline constexpr size_t kSmallBytes = 64 * 1024;
// So much of them at once, going by the sizes that the server told.
inline constexpr size_t kTogetherBytes = 1024 * 1024;
inline constexpr size_t kTogetherMails = 64;

// What to ask for of a small mail. BODY.PEEK leaves \Seen alone (RFC 3501 section 6.4.5).
inline constexpr char kSmallItems[] = "UID BODY.PEEK[]<0.65536>";

// How many of the first mails are read in one round trip; 1 when the first can't be read
// together with others.
size_t CountTogether(const std::vector<WantedMail>& wanted);

// Small mails that come in any order, each read as it comes: its bytes are dropped, unless
// somebody wants them. What comes twice counts once, what comes of others doesn't.
class SmallMails {
 public:
  void Expect(const MailFacts& facts, std::shared_ptr<std::string> raw = nullptr);
  void Add(const imap::FetchData& data);
  // Nothing when it has not come, or not whole: a server may understate a size.
  std::optional<mail::Mail> Take(uint32_t uid);
  // Those that were not taken.
  size_t size() const { return expected_.size(); }

 private:
  struct Expected {
    MailFacts facts;
    std::shared_ptr<std::string> raw;
    std::optional<mail::Mail> mail;
  };
  absl::flat_hash_map<uint32_t, Expected> expected_;
};

// Reads the first of these mails, and as many of those behind it as cost no round trip
// more. What doesn't come with the others, whyever, is asked for by itself: only then a
// mail is gone, or found to be the one that can't be read.
net::Task<ReadMails> ReadSome(imap::Session& session, std::vector<WantedMail> wanted);

}  // namespace postern::fetcher
