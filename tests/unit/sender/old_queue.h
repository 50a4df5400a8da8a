#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

// What the scripts of an older Postern wrote (carry_over_scripts.cc).
namespace postern::sender {

struct OldMail {
  std::string id, account = "work", state = "waiting", phase, report, content = "hello\r\n";
  bool late = false;  // the author was told
};

inline std::string OldKey(const std::string& name) {
  return absl::StrCat("postern:outbox:{q0}:", name);
}

// The commands that put it there. `now` in ms.
inline std::vector<std::vector<std::string>> CommandsOf(const OldMail& old, int64_t now_ms) {
  const std::string now = absl::StrCat(now_ms);
  const std::string pending = old.state == "reporting" ? "" : "bob@example.net\neve@example.net";
  std::vector<std::vector<std::string>> commands = {{"HSET",       OldKey("mail:" + old.id),
                                                     "account",    old.account,
                                                     "owner",      "ann@jabber.example",
                                                     "message_id", old.id + "@example.org",
                                                     "from",       "ann@example.org",
                                                     "pending",    pending,
                                                     "size",       absl::StrCat(old.content.size()),
                                                     "eight_bit",  "1",
                                                     "context",    "the\ncontext",
                                                     "submitted",  now,
                                                     "attempts",   "1",
                                                     "epoch",      "1",
                                                     "phase",      old.phase,
                                                     "error",      "",
                                                     "report",     old.report,
                                                     "report_seq", "0",
                                                     "state",      old.state,
                                                     "next",       now},
                                                    {"HINCRBY", OldKey("counts"), old.account, "1"},
                                                    {"ZADD", OldKey("all"), now, old.id}};
  if (!old.late)
    commands.push_back({"ZADD", OldKey("late"), absl::StrCat(now_ms + 900'000), old.id});
  if (old.state == "reporting") {
    commands.push_back({"ZADD", OldKey("reporting"), now, old.id});
    return commands;
  }
  commands.push_back({"SET", OldKey("content:" + old.id), old.content});
  if (old.state == "sending") {
    commands.push_back({"ZADD", OldKey("leased"), now, old.id});
  } else {
    commands.push_back({"ZADD", OldKey("due:" + old.account), now, old.id});
    commands.push_back({"ZADD", OldKey("accounts"), now, old.account});
  }
  return commands;
}

}  // namespace postern::sender
