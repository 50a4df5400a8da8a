#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bench/park_mailbox.h"

namespace postern::bench {

// One client's IMAP dialogue, as far as the clients we measure need it: bytes in, bytes
// out. Any password is right; the login "user7@park.test" opens account 7.
class ParkSession {
 public:
  explicit ParkSession(std::vector<ParkMailbox>& accounts) : accounts_(accounts) {}

  static constexpr absl::string_view kGreeting =
      "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE AUTH=PLAIN] park\r\n";

  void Take(absl::string_view bytes) { in_.append(bytes.data(), bytes.size()); }
  // Answers what has come, up to some 64 KB of `out`. False when there is nothing to
  // answer until more comes.
  bool Answer(std::string& out);
  // More mails than the client was told of: "* n EXISTS", now or when it next asks.
  bool HasNews() const;
  void TellNews(std::string& out);

  int account() const { return account_; }  // -1 until login
  bool idle() const { return !idle_tag_.empty(); }
  bool over() const { return over_; }
  uint64_t bodies() const { return bodies_; }  // mails of which a part was fetched

 private:
  bool NextCommand(std::string& out, std::string& command);
  void Handle(const std::string& command, std::string& out);
  void HandleState(absl::string_view verb, absl::string_view rest, std::string& out);
  void HandleLogin(absl::string_view verb, absl::string_view rest, std::string& out);
  void Open(bool read_only, std::string& out);
  void BeginFetch(absl::string_view rest, bool by_uid, std::string& out);
  void Search(bool by_uid, absl::string_view rest, std::string& out);
  void LogIn(absl::string_view login, std::string& out);
  void Done(absl::string_view words, std::string& out);

  std::vector<ParkMailbox>& accounts_;
  std::string in_;
  std::string tag_, idle_tag_;
  int account_ = -1;
  uint32_t told_ = 0;  // EXISTS
  bool selected_ = false, fetching_ = false, awaits_sasl_ = false, asked_literal_ = false,
       over_ = false;
  FetchAnswer fetch_;
  uint64_t bodies_ = 0;
};

}  // namespace postern::bench
