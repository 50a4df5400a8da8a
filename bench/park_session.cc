#include "bench/park_session.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::bench {

namespace {

constexpr size_t kEnough = 64 * 1024;
constexpr absl::string_view kAfterLogin =
    "[CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE] done";

// The first word, and what follows it.
std::pair<std::string, absl::string_view> Word(absl::string_view text) {
  const size_t space = text.find(' ');
  if (space == text.npos) return {absl::AsciiStrToUpper(text), ""};
  return {absl::AsciiStrToUpper(text.substr(0, space)), text.substr(space + 1)};
}

// The bytes announced at the end of a line: "{12}" or "{12+}"; -1 for none.
int64_t Announced(absl::string_view line, bool& asks) {
  const size_t open = line.rfind('{');
  if (open == line.npos || !absl::EndsWith(line, "}")) return -1;
  absl::string_view count = line.substr(open + 1, line.size() - open - 2);
  asks = !absl::ConsumeSuffix(&count, "+");
  int64_t bytes = 0;
  return absl::SimpleAtoi(count, &bytes) && bytes >= 0 ? bytes : -1;
}

}  // namespace

bool ParkSession::HasNews() const { return selected_ && accounts_[account_].exists > told_; }

void ParkSession::TellNews(std::string& out) {
  told_ = accounts_[account_].exists;
  absl::StrAppend(&out, "* ", told_, " EXISTS\r\n");
}

bool ParkSession::Answer(std::string& out) {
  if (fetching_) {
    while (out.size() < kEnough) {
      if (fetch_.Next(out)) continue;
      fetching_ = false;
      bodies_ += fetch_.bodies();
      Done("OK done", out);
      break;
    }
    return true;
  }
  std::string command;
  if (!NextCommand(out, command)) return !out.empty();
  Handle(command, out);
  return true;
}

// A whole command with its literals in place; asks for a literal that waits to be asked for.
bool ParkSession::NextCommand(std::string& out, std::string& command) {
  size_t at = 0;
  for (;;) {
    const size_t end = in_.find("\r\n", at);
    if (end == std::string::npos) return false;
    bool asks = false;
    const int64_t literal = Announced(absl::string_view(in_).substr(at, end - at), asks);
    command.append(in_, at, end - at);
    at = end + 2;
    if (literal < 0) break;
    if (in_.size() < at + literal) {
      if (asks && !std::exchange(asked_literal_, true)) absl::StrAppend(&out, "+ go on\r\n");
      return false;
    }
    command.erase(command.rfind('{'));
    absl::StrAppend(&command, "\"", in_.substr(at, literal), "\"");
    at += literal;
  }
  asked_literal_ = false;
  in_.erase(0, at);
  if (in_.empty()) in_.shrink_to_fit();
  return true;
}

// News goes before the end of any command: EXISTS may come at all times.
void ParkSession::Done(absl::string_view words, std::string& out) {
  if (HasNews()) TellNews(out);
  absl::StrAppend(&out, tag_, " ", words, "\r\n");
}

void ParkSession::Handle(const std::string& command, std::string& out) {
  if (idle()) {
    tag_ = std::exchange(idle_tag_, "");
    return Done(absl::EqualsIgnoreCase(command, "DONE") ? "OK done" : "BAD DONE awaited", out);
  }
  if (std::exchange(awaits_sasl_, false)) return HandleLogin("SASL", command, out);
  const size_t space = command.find(' ');
  if (space == std::string::npos) {
    absl::StrAppend(&out, "* BAD no command\r\n");
    return;
  }
  tag_ = command.substr(0, space);
  const auto [verb, rest] = Word(absl::string_view(command).substr(space + 1));
  if (verb == "LOGIN" || verb == "AUTHENTICATE") return HandleLogin(verb, rest, out);
  HandleState(verb, rest, out);
}

void ParkSession::HandleLogin(absl::string_view verb, absl::string_view rest, std::string& out) {
  if (verb == "LOGIN") {
    absl::ConsumePrefix(&rest, "\"");
    return LogIn(rest, out);
  }
  const absl::string_view response = verb == "SASL" ? rest : absl::string_view(Word(rest).second);
  if (response.empty()) {
    awaits_sasl_ = true;
    absl::StrAppend(&out, "+ \r\n");
    return;
  }
  std::string plain;
  absl::Base64Unescape(response, &plain);
  const size_t nul = plain.find('\0');
  LogIn(nul == std::string::npos ? "" : absl::string_view(plain).substr(nul + 1), out);
}

void ParkSession::LogIn(absl::string_view login, std::string& out) {
  absl::string_view number = login.substr(0, login.find('@'));
  int account = -1;
  const bool known = absl::ConsumePrefix(&number, "user") && absl::SimpleAtoi(number, &account) &&
                     account >= 0 && account < static_cast<int>(accounts_.size());
  if (!known) return Done("NO [AUTHENTICATIONFAILED] nobody of that name", out);
  account_ = account;
  Done(absl::StrCat("OK ", kAfterLogin), out);
}

void ParkSession::HandleState(absl::string_view verb, absl::string_view rest, std::string& out) {
  if (verb == "CAPABILITY") {
    absl::StrAppend(&out, "* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE",
                    account_ < 0 ? " AUTH=PLAIN\r\n" : "\r\n");
  } else if (verb == "ID") {
    absl::StrAppend(&out, "* ID (\"name\" \"park\")\r\n");
  } else if (verb == "LOGOUT") {
    absl::StrAppend(&out, "* BYE\r\n");
    over_ = true;
  } else if (account_ < 0) {
    if (verb != "NOOP") return Done("BAD not logged in", out);
  } else if (verb == "ENABLE") {
    absl::StrAppend(&out, "* ENABLED\r\n");
  } else if (verb == "NAMESPACE") {
    absl::StrAppend(&out, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
  } else if (verb == "LIST" || verb == "LSUB") {
    const bool root = absl::StrContains(rest, "\"\" \"\"");
    absl::StrAppend(&out, "* ", verb,
                    root ? " (\\Noselect) \"/\" \"\"\r\n" : " () \"/\" INBOX\r\n");
  } else if (verb == "STATUS") {
    const uint32_t exists = accounts_[account_].exists;
    absl::StrAppend(&out, "* STATUS INBOX (MESSAGES ", exists, " UIDNEXT ", exists + 1,
                    " UIDVALIDITY 1)\r\n");
  } else if (verb == "SELECT" || verb == "EXAMINE") {
    return Open(verb == "EXAMINE", out);
  } else if (verb == "CLOSE" || verb == "UNSELECT") {
    selected_ = false;
  } else if (verb == "IDLE") {
    idle_tag_ = tag_;
    absl::StrAppend(&out, "+ idling\r\n");
    if (HasNews()) TellNews(out);
    return;
  } else if (verb == "FETCH") {
    return BeginFetch(rest, false, out);
  } else if (verb == "UID") {
    const auto [what, args] = Word(rest);
    if (what == "FETCH") return BeginFetch(args, true, out);
    if (what != "SEARCH") return Done("BAD unknown", out);
    Search(true, args, out);
  } else if (verb == "SEARCH") {
    Search(false, rest, out);
  } else if (verb != "NOOP" && verb != "CHECK") {
    return Done("BAD unknown", out);
  }
  Done("OK done", out);
}

void ParkSession::Open(bool read_only, std::string& out) {
  selected_ = true;
  told_ = accounts_[account_].exists;
  absl::StrAppend(&out, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* ", told_,
                  " EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT ", told_ + 1,
                  "]\r\n* OK [PERMANENTFLAGS ()]\r\n");
  Done(read_only ? "OK [READ-ONLY] done" : "OK [READ-WRITE] done", out);
}

void ParkSession::BeginFetch(absl::string_view rest, bool by_uid, std::string& out) {
  const size_t space = rest.find(' ');
  if (!selected_ || space == rest.npos) return Done("BAD nothing to fetch", out);
  fetch_ = FetchAnswer();
  fetching_ =
      fetch_.Begin(rest.substr(0, space), rest.substr(space + 1), by_uid, accounts_[account_]);
  if (!fetching_) Done("BAD what is to be fetched?", out);
}

// "UID 5:*" is understood, everything else finds all.
void ParkSession::Search(bool by_uid, absl::string_view rest, std::string& out) {
  absl::string_view set = "1:*";
  if (absl::StartsWithIgnoreCase(rest, "UID ")) set = rest.substr(4);
  absl::StrAppend(&out, "* SEARCH");
  for (const auto& [first, last] : ReadSet(set, accounts_[account_].exists)) {
    for (uint32_t uid = first; uid <= last; ++uid) absl::StrAppend(&out, " ", uid);
  }
  absl::StrAppend(&out, "\r\n");
}

}  // namespace postern::bench
