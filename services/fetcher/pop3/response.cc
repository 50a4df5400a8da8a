#include "services/fetcher/pop3/response.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::fetcher::pop3 {

namespace {

constexpr size_t kMaxUniqueId = 512;
constexpr size_t kMaxCode = 64;
constexpr size_t kMaxTimestamp = 128;
constexpr int64_t kLongestLoginDelay = 3600;

// Takes the word off the front of `text`, and the white space behind it.
absl::string_view TakeWord(absl::string_view& text) {
  const absl::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = absl::StripLeadingAsciiWhitespace(text.substr(word.size()));
  return word;
}

// "[IN-USE] Do you have another session?"
std::string TakeCode(absl::string_view& text) {
  const size_t end = text.find(']');
  if (text.empty() || text.front() != '[' || end == absl::string_view::npos || end > kMaxCode) {
    return "";
  }
  std::string code = absl::AsciiStrToUpper(text.substr(1, end - 1));
  text = absl::StripLeadingAsciiWhitespace(text.substr(end + 1));
  return code;
}

// The words RFC 1939 itself uses where a server knows no codes: "maildrop already locked".
bool SpeaksOfALock(absl::string_view text) {
  const std::string words = absl::AsciiStrToLower(text);
  return absl::StrContains(words, "lock") &&
         (absl::StrContains(words, "maildrop") || absl::StrContains(words, "mailbox"));
}

// A code that is none may be anything, even the password.
bool IsKnown(absl::string_view code) {
  return code == "AUTH" || code == "IN-USE" || code == "LOGIN-DELAY" || code == "SYS/PERM" ||
         code == "SYS/TEMP";
}

std::string Message(absl::string_view command, const StatusLine& answer) {
  absl::string_view code;
  if (IsKnown(answer.code)) code = answer.code;
  return absl::StrCat("pop3: ", command, " refused", code.empty() ? "" : ": ", code);
}

}  // namespace

absl::StatusOr<StatusLine> ParseStatusLine(absl::string_view line) {
  StatusLine answer;
  absl::string_view rest = line;
  const absl::string_view word = TakeWord(rest);
  if (absl::EqualsIgnoreCase(word, "+OK")) {
    answer.kind = StatusLine::Kind::kOk;
  } else if (absl::EqualsIgnoreCase(word, "-ERR")) {
    answer.kind = StatusLine::Kind::kError;
    answer.code = TakeCode(rest);
  } else if (word == "+") {
    answer.kind = StatusLine::Kind::kGoOn;
  } else {
    return absl::DataLossError("pop3: an answer that is neither +OK nor -ERR");
  }
  answer.text = std::string(rest);
  return answer;
}

absl::StatusOr<UniqueId> ParseUniqueId(absl::string_view line) {
  UniqueId unique;
  absl::string_view rest = absl::StripTrailingAsciiWhitespace(line);
  const bool numbered = absl::SimpleAtoi(TakeWord(rest), &unique.number) && unique.number > 0;
  const bool printable = std::all_of(rest.begin(), rest.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
  });
  if (!numbered || rest.empty() || rest.size() > kMaxUniqueId || !printable) {
    return absl::DataLossError("pop3: the list of unique-ids makes no sense");
  }
  unique.id = std::string(rest);
  return unique;
}

absl::StatusOr<NumberAndOctets> ParseNumberAndOctets(absl::string_view text) {
  NumberAndOctets pair;
  absl::string_view rest = text;
  if (!absl::SimpleAtoi(TakeWord(rest), &pair.number) ||
      !absl::SimpleAtoi(TakeWord(rest), &pair.octets)) {
    return absl::DataLossError("pop3: a number of mails or octets makes no sense");
  }
  return pair;
}

std::optional<std::string> TimestampOf(absl::string_view greeting) {
  const size_t begin = greeting.find('<');
  if (begin == absl::string_view::npos) return std::nullopt;
  absl::string_view stamp = greeting.substr(begin);
  const size_t end = stamp.find('>');
  if (end == absl::string_view::npos || end > kMaxTimestamp) return std::nullopt;
  stamp = stamp.substr(0, end + 1);
  const size_t at = stamp.find('@');
  const bool one_at = at != absl::string_view::npos && stamp.find('@', at + 1) == stamp.npos;
  const bool both_parts = at > 1 && at + 1 < end;
  const bool printable = std::all_of(stamp.begin(), stamp.end(), absl::ascii_isgraph);
  if (!one_at || !both_parts || !printable) return std::nullopt;
  return std::string(stamp);
}

void Capabilities::Learn(absl::string_view line) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::AsciiStrToUpper(line), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty()) return;
  const std::string& name = words.front();
  if (name == "STLS") stls = true;
  if (name == "USER") user = true;
  if (name == "AUTH-RESP-CODE") auth_resp_code = true;
  if (name == "PIPELINING") pipelining = true;
  if (name == "SASL") {
    for (const std::string& word : words) mechanisms.AddNamed(word);
  }
  int64_t days = 0;
  if (name == "EXPIRE" && words.size() > 1 && absl::SimpleAtoi(words[1], &days) && days >= 0) {
    expire_days = days;
  }
  int64_t delay = 0;
  if (name == "LOGIN-DELAY" && words.size() > 1 && absl::SimpleAtoi(words[1], &delay)) {
    login_delay_seconds = std::clamp<int64_t>(delay, 0, kLongestLoginDelay);
  }
}

bool Unstuff(std::string& line) {
  if (line.empty() || line.front() != '.') return true;
  if (line.size() == 1) return false;
  line.erase(0, 1);
  return true;
}

absl::Status RefusalOf(absl::string_view command, const StatusLine& answer) {
  const std::string message = Message(command, answer);
  // What it means by a code that we don't know, will most likely pass.
  const bool lasts = answer.code.empty() || answer.code == "SYS/PERM" || answer.code == "AUTH";
  return lasts ? absl::FailedPreconditionError(message) : absl::UnavailableError(message);
}

absl::Status LoginRefusal(const StatusLine& answer, const Capabilities& capabilities) {
  const std::string message = Message("login", answer);
  if (answer.code == "AUTH") return absl::UnauthenticatedError(message);
  if (answer.code == "SYS/PERM") return absl::FailedPreconditionError(message);
  const bool would_have_said = capabilities.auth_resp_code || !answer.code.empty();
  if (would_have_said || SpeaksOfALock(answer.text)) return absl::UnavailableError(message);
  return absl::UnauthenticatedError(message);
}

}  // namespace postern::fetcher::pop3
