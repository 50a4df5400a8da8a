#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/time_pattern.h"
#include "lib/schedule/wall_clock.h"
#include "lib/words/wording.h"

namespace postern::schedule {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxDigits = 6;
constexpr char kBlanks[] = " \t";

absl::string_view Trim(absl::string_view text) { return absl::StripAsciiWhitespace(text); }

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// The letters before a colon: "user" of "user: fred", nothing of "MO 12:00".
absl::string_view KeyOf(absl::string_view line) {
  const size_t colon = line.find(':');
  const absl::string_view key = line.substr(0, colon);
  if (colon == line.npos || key.empty()) return {};
  return std::all_of(key.begin(), key.end(), absl::ascii_isalpha) ? key : absl::string_view();
}

class Parser {
 public:
  Parser(Syntax syntax, absl::TimeZone zone) : syntax_(syntax), zone_(zone) {}

  absl::StatusOr<Schedule> Read(absl::string_view text);

 private:
  // What has been read of a section, beside its values.
  struct Seen {
    size_t line = 0;
    bool user = false, password = false, domain = false, type = false, tz = false;
    bool entry = false;
  };

  absl::Status ReadLine();
  absl::Status ReadHeader(absl::string_view header);
  absl::Status ReadAttribute(absl::string_view key);
  absl::Status SetAttribute(absl::string_view key, absl::string_view value);
  absl::Status SetZone(absl::string_view name);
  absl::Status SetType(absl::string_view type);
  absl::Status ReadEntry(absl::string_view entry);
  absl::Status AddCount(absl::string_view number, Days days);
  absl::Status AddTimes(absl::string_view time, Days days);
  absl::Status NeedSection(absl::string_view at);
  void EndSection();

  absl::Status Wrong(absl::string_view at, const words::Wording& reason) const;
  void Warn(absl::string_view at, const char* text);
  // Where `at`, a part of the line, begins; in characters, from 1.
  size_t Column(absl::string_view at) const;

  const Syntax syntax_;
  const absl::TimeZone zone_;
  Schedule schedule_;
  absl::string_view line_;
  size_t number_ = 0;
  Seen seen_;
};

absl::StatusOr<Schedule> Parser::Read(absl::string_view text) {
  line_ = text;
  number_ = 1;
  if (text.size() > kMaxScheduleBytes) {
    return Wrong(text, words::Word("must have at most $0 bytes", kMaxScheduleBytes));
  }
  number_ = 0;
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");  // a byte order mark
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number_;
    line_ = absl::EndsWith(line, "\r") ? line.substr(0, line.size() - 1) : line;
    if (auto s = ReadLine(); !s.ok()) return s;
  }
  EndSection();
  return std::move(schedule_);
}

absl::Status Parser::ReadLine() {
  const auto control = std::find_if(line_.begin(), line_.end(),
                                    [](char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
  if (control != line_.end()) {
    return Wrong(line_.substr(control - line_.begin()),
                 words::Word("must not hold control characters"));
  }
  const absl::string_view line = Trim(line_);
  if (line.empty() || line.front() == '#') return absl::OkStatus();
  if (line.front() == '[') return ReadHeader(line);
  if (const absl::string_view key = KeyOf(line); !key.empty()) return ReadAttribute(key);
  return ReadEntry(line);
}

absl::Status Parser::ReadHeader(absl::string_view header) {
  const size_t end = header.find(']');
  if (end == header.npos) {
    return Wrong(header.substr(header.size()), words::Word("a \"]\" is missing"));
  }
  if (end + 1 != header.size()) {
    return Wrong(header.substr(end + 1), words::Word("nothing may follow the \"]\""));
  }
  absl::string_view name = header.substr(1, end - 1);
  const bool any_connection = absl::ConsumePrefix(&name, "#");
  name = Trim(name);
  if (name.empty()) return Wrong(header.substr(end), words::Word("the section has no name"));
  if (name.size() > kMaxNameBytes || absl::StrContains(name, '[')) {
    return Wrong(name, words::Word("this can't be the name of a section"));
  }
  EndSection();
  if (schedule_.sections.size() == kMaxSections) {
    return Wrong(header, words::Word("there may be at most $0 sections", kMaxSections));
  }
  Section& section = schedule_.sections.emplace_back();
  section.name = std::string(name);
  section.no_dialling = absl::EqualsIgnoreCase(name, "LAN");
  section.any_connection = any_connection;
  section.zone = zone_;
  seen_ = Seen();
  seen_.line = number_;
  return absl::OkStatus();
}

// What JSMail did not have: entries that belong to no section.
absl::Status Parser::NeedSection(absl::string_view at) {
  if (!schedule_.sections.empty()) return absl::OkStatus();
  if (syntax_ == Syntax::kStrict) {
    return Wrong(at, words::Word("a section has to come first, like $0", "[LAN]"));
  }
  Section& section = schedule_.sections.emplace_back();
  section.no_dialling = true;
  section.zone = zone_;
  seen_.line = number_;
  return absl::OkStatus();
}

void Parser::EndSection() {
  if (schedule_.sections.empty()) return;
  const Section& section = schedule_.sections.back();
  const auto warn = [this](const char* text) {
    schedule_.warnings.push_back({seen_.line, 1, text});
  };
  if (!seen_.entry && !section.any_connection) {
    warn("the section has neither a time nor a number of mails: it never runs");
  }
  if (section.traffic == Traffic::kFetch && !section.triggers.empty()) {
    warn("mails that wait to be sent mean nothing to a section of type POP3");
  }
}

absl::Status Parser::ReadAttribute(absl::string_view key) {
  if (auto s = NeedSection(key); !s.ok()) return s;
  if (seen_.entry) {
    Warn(key, "this belongs in front of the section's times; it holds for all of them");
  }
  absl::string_view value = line_.substr(key.data() - line_.data() + key.size() + 1);
  absl::ConsumePrefix(&value, " ");  // more blanks may be part of a password
  return SetAttribute(key, value);
}

absl::Status Parser::SetAttribute(absl::string_view key, absl::string_view value) {
  Section& section = schedule_.sections.back();
  bool* seen = nullptr;
  if (absl::EqualsIgnoreCase(key, "user")) seen = &seen_.user;
  if (absl::EqualsIgnoreCase(key, "password")) seen = &seen_.password;
  if (absl::EqualsIgnoreCase(key, "domain")) seen = &seen_.domain;
  if (absl::EqualsIgnoreCase(key, "type")) seen = &seen_.type;
  if (absl::EqualsIgnoreCase(key, "tz") && syntax_ == Syntax::kExtended) seen = &seen_.tz;
  if (seen == nullptr) {
    return syntax_ == Syntax::kStrict
               ? Wrong(key, words::Word("must be one of $0", "user, password, domain, type"))
               : Wrong(key, words::Word("must be one of $0", "user, password, domain, type, tz"));
  }
  if (*seen) return Wrong(key, words::Word("this is given twice in one section"));
  *seen = true;
  if (seen == &seen_.type) return SetType(Trim(value));
  if (seen == &seen_.tz) return SetZone(Trim(value));
  if (seen == &seen_.user) section.user = std::string(value);
  if (seen == &seen_.domain) section.domain = std::string(value);
  if (seen == &seen_.password) {
    section.password = crypto::Secret(value);
    section.password_line = number_;
  }
  return absl::OkStatus();
}

absl::Status Parser::SetType(absl::string_view type) {
  Section& section = schedule_.sections.back();
  if (absl::EqualsIgnoreCase(type, "SMTP")) {
    section.traffic = Traffic::kSend;
  } else if (absl::EqualsIgnoreCase(type, "POP3")) {
    section.traffic = Traffic::kFetch;
  } else if (absl::EqualsIgnoreCase(type, "BOTH")) {
    section.traffic = Traffic::kBoth;
  } else {
    return Wrong(type, words::Word("must be one of $0", "SMTP, POP3, BOTH"));
  }
  return absl::OkStatus();
}

absl::Status Parser::SetZone(absl::string_view name) {
  auto zone = FindZone(name);
  if (!zone.ok()) return Wrong(name, *words::WordingOf(zone.status()));
  schedule_.sections.back().zone = *zone;
  return absl::OkStatus();
}

absl::Status Parser::ReadEntry(absl::string_view entry) {
  if (auto s = NeedSection(entry); !s.ok()) return s;
  const size_t blank = entry.find_first_of(kBlanks);
  const absl::string_view first = entry.substr(0, blank);
  const bool alone = blank == entry.npos;
  const absl::string_view second =
      alone ? first : absl::StripLeadingAsciiWhitespace(entry.substr(blank));
  const size_t more = second.find_first_of(kBlanks);
  if (more != second.npos) {
    return Wrong(absl::StripLeadingAsciiWhitespace(second.substr(more)),
                 words::Word("nothing may follow the time"));
  }
  const bool is_time = absl::StrContains(second, ':');
  auto days = alone ? kEveryDay : ReadDays(first);
  if (!days) {
    return Wrong(first, words::Word("must be a day ($0), a range of days ($1) or $2",
                                    "MO, TU, WE, TH, FR, SA, SU", "MO-FR", "*"));
  }
  if (alone && is_time) Warn(entry, "there is no day: taken for every day");
  seen_.entry = true;
  if (is_time) return AddTimes(second, *days);
  if (IsNumber(second)) return AddCount(second, *days);
  return Wrong(second, words::Word("must be a time ($0) or a number of mails that wait ($1)",
                                   "12:00, 12:*5, *:00", "5"));
}

absl::Status Parser::AddCount(absl::string_view number, Days days) {
  uint32_t waiting = 0;
  for (const char digit : number.substr(0, kMaxDigits)) waiting = waiting * 10 + (digit - '0');
  if (waiting == 0 || number.size() > kMaxDigits) {
    return Wrong(number, words::Word("must be a number of mails from $0 to $1", 1, 999999));
  }
  schedule_.sections.back().triggers.push_back({days, waiting});
  return absl::OkStatus();
}

absl::Status Parser::AddTimes(absl::string_view time, Days days) {
  const size_t colon = time.find(':');
  const absl::string_view hour = time.substr(0, colon), minute = time.substr(colon + 1);
  const bool ranges = syntax_ == Syntax::kExtended;
  const auto hours = ranges ? ReadHours(hour) : ReadPattern(hour, 24);
  if (!hours) {
    return Wrong(hour, words::Word("must be an hour from $0 to $1, or a pattern like $2", "00",
                                   "23", "*, 1*, *5"));
  }
  const size_t extra = minute.find(':');
  if (extra != minute.npos) {
    return Wrong(minute.substr(extra), words::Word("there are no seconds"));
  }
  const auto minutes = ReadPattern(minute, 60);
  if (!minutes) {
    return Wrong(minute, words::Word("must be a minute from $0 to $1, or a pattern like $2", "00",
                                     "59", "*, 1*, *5"));
  }
  AddTo(schedule_.sections.back().times, days, *hours, *minutes);
  return absl::OkStatus();
}

absl::Status Parser::Wrong(absl::string_view at, const words::Wording& reason) const {
  return words::Error(absl::StatusCode::kInvalidArgument, reason,
                      absl::StrCat(number_, ":", Column(at)));
}

void Parser::Warn(absl::string_view at, const char* text) {
  schedule_.warnings.push_back({number_, Column(at), text});
}

size_t Parser::Column(absl::string_view at) const {
  const absl::string_view before = line_.substr(0, at.data() - line_.data());
  return 1 + std::count_if(before.begin(), before.end(), [](char c) {
           return (c & 0xc0) != 0x80;
         });  // of each character one byte
}

}  // namespace

absl::StatusOr<Schedule> ParseSchedule(absl::string_view text, Syntax syntax, absl::TimeZone zone) {
  return Parser(syntax, zone).Read(text);
}

}  // namespace postern::schedule
