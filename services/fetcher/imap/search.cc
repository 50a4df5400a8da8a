// Looking for mails: SEARCH, ESEARCH (RFC 4731), SORT (RFC 5256).
#include "services/fetcher/imap/search.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap/session.h"

namespace postern::fetcher::imap {

namespace {

constexpr size_t kMaxText = 1000;
constexpr int64_t kLastDay = 253402300799;  // of the year 9999

// The answer to a search is one line, which has to be below the 64 KiB of a line: a UID and
// its comma or space are 11 bytes at most. ESEARCH writes neighbours as one.
constexpr uint32_t kWindow = 5'500;
constexpr uint32_t kWideWindow = 11'000;
constexpr int kMaxWindows = 200;

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Writes one key after the other; each with "OR UID 9 " before it where the mail 9 is to be
// found in any case. (In parentheses it could be said once; not all servers read them.)
class CriteriaWriter {
 public:
  CriteriaWriter(Command& command, uint32_t or_uid) : command_(command) {
    if (or_uid != 0) before_each_ = absl::StrCat("OR UID ", or_uid, " ");
  }

  void Add(absl::string_view key) {
    command_.AddWords(absl::StrCat(before_each_, key));
    empty_ = false;
  }

  void AddText(absl::string_view key, const std::string& text, absl::string_view field) {
    if (text.empty()) return;
    if (text.size() > kMaxText) {
      Refuse(absl::StrCat(field, " is longer than ", kMaxText, " bytes"));
      return;
    }
    Add(key);
    status_.Update(command_.AddString(text, field));
  }

  void AddDay(absl::string_view key, int64_t unix, absl::string_view field) {
    if (unix == 0) return;
    if (unix < 0 || unix > kLastDay) {
      Refuse(absl::StrCat(field, " is no time of these days: ", unix));
      return;
    }
    const absl::Time time = absl::FromUnixSeconds(unix);
    Add(absl::StrCat(key, " ", absl::FormatTime("%d-%b-%Y", time, absl::UTCTimeZone())));
  }

  bool empty() const { return empty_; }
  const absl::Status& status() const { return status_; }

 private:
  void Refuse(absl::string_view why) { status_.Update(absl::InvalidArgumentError(why)); }

  Command& command_;
  std::string before_each_;
  absl::Status status_;
  bool empty_ = true;
};

// "(TAG "A4") UID ALL 2,4:7 COUNT 5": the part that matters.
absl::Status AddExtended(const Response& response, UidSet& found) {
  const absl::StatusOr<std::vector<Value>> values = ParseValues(response.text);
  if (!values.ok()) return values.status();
  for (size_t i = 0; i + 1 < values->size(); ++i) {
    if ((*values)[i].IsList() || !absl::EqualsIgnoreCase((*values)[i].text, "ALL")) continue;
    if (found.Add((*values)[i + 1].text)) return absl::OkStatus();
    return absl::DataLossError("imap: the server found mails that are no UIDs");
  }
  return absl::OkStatus();  // none
}

// A server that never ends its answer is not kept in memory.
absl::Status MoreThanThereAre() {
  return absl::DataLossError("imap: the server found more mails than were looked through");
}

absl::Status EachUid(const Response& response, const std::function<void(uint32_t)>& take) {
  for (absl::string_view word : absl::StrSplit(response.text, ' ', absl::SkipEmpty())) {
    uint32_t uid = 0;
    // "(MODSEQ 917162500)" may follow (RFC 7162).
    if (absl::StartsWith(word, "(")) break;
    if (!absl::SimpleAtoi(word, &uid) || uid == 0) {
      return absl::DataLossError("imap: the server found a mail that is no UID");
    }
    take(uid);
  }
  return absl::OkStatus();
}

}  // namespace

bool NeedsCharset(const SearchCriteria& criteria) {
  return !IsAscii(criteria.text) || !IsAscii(criteria.from) || !IsAscii(criteria.to) ||
         !IsAscii(criteria.subject);
}

absl::Status AddCriteria(const SearchCriteria& criteria, Command& command, uint32_t or_uid) {
  CriteriaWriter writer(command, or_uid);
  if (criteria.unseen) writer.Add("UNSEEN");
  if (criteria.flagged) writer.Add("FLAGGED");
  writer.AddDay("SINCE", criteria.since_unix, "since_unix");
  writer.AddDay("BEFORE", criteria.before_unix, "before_unix");
  writer.AddText("FROM", criteria.from, "from");
  writer.AddText("TO", criteria.to, "to");
  writer.AddText("SUBJECT", criteria.subject, "subject");
  writer.AddText("TEXT", criteria.text, "text");
  if (writer.empty()) writer.Add("ALL");
  return writer.status();
}

// --- the dialogue ---------------------------------------------------------------------

absl::Status Session::SearchRefusal(const Response& answer) {
  if (answer.name == "NO" && answer.code == "BADCHARSET") {
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("the mail server can't look for letters beyond ASCII"));
  }
  return Refusal("SEARCH", answer);
}

net::Task<absl::Status> Session::SearchWindow(const SearchCriteria& criteria, uint32_t first,
                                              uint32_t last, UidSet& found) {
  const bool extended = capabilities_.Has(Capability::kEsearch);
  Command command(extended ? "UID SEARCH RETURN (ALL)" : "UID SEARCH", wire_form());
  // RFC 6855 section 3: where names are UTF-8, all is, and naming it is an error.
  if (NeedsCharset(criteria) && !enabled_.utf8) command.AddWords("CHARSET UTF-8");
  command.AddWords(absl::StrCat(first, ":", last));
  if (absl::Status s = AddCriteria(criteria, command); !s.ok()) co_return s;
  absl::Status read;
  const size_t most = found.ranges() + (last - first) + 1;
  data_sink_ = [&](const Response& response) {
    if (found.ranges() > most) read.Update(MoreThanThereAre());
    if (!read.ok()) return;
    if (response.name == "ESEARCH") read.Update(AddExtended(response, found));
    if (response.name == "SEARCH") {
      read.Update(EachUid(response, [&found](uint32_t uid) { found.Add(uid, uid); }));
    }
  };
  auto answer = co_await Execute(command);
  data_sink_ = nullptr;
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = SearchRefusal(*answer); !s.ok()) co_return s;
  co_return read;
}

// From the newest to the oldest: mails that another client removes meanwhile move others
// down, which are then found twice, but none is missed.
net::Task<absl::StatusOr<UidSet>> Session::Search(const SearchCriteria& criteria) {
  const bool extended = capabilities_.Has(Capability::kEsearch);
  const uint32_t width = extended ? kWideWindow : kWindow;
  UidSet found;
  uint32_t last = mailbox_.exists;
  for (int windows = 0; last > 0; ++windows) {
    if (windows == kMaxWindows) {
      co_return words::Error(absl::StatusCode::kResourceExhausted,
                             words::Word("the folder holds too many mails to be searched"));
    }
    const uint32_t first = last > width ? last - width + 1 : 1;
    absl::Status searched = co_await SearchWindow(criteria, first, last, found);
    if (!searched.ok()) co_return searched;
    last = first - 1;
  }
  co_return found;
}

bool Session::CanSort() const {
  return capabilities_.Has(Capability::kSort) && mailbox_.exists <= kWindow;
}

net::Task<absl::StatusOr<std::vector<uint32_t>>> Session::SortByArrival(
    const SearchCriteria& criteria, uint32_t or_uid) {
  Command command("UID SORT (ARRIVAL) UTF-8", wire_form());
  if (absl::Status s = AddCriteria(criteria, command, or_uid); !s.ok()) co_return s;
  std::vector<uint32_t> uids;
  absl::Status read;
  data_sink_ = [&](const Response& response) {
    // CanSort(): there are half as many, but for those that have come meanwhile.
    if (uids.size() > 2 * kWindow) read.Update(MoreThanThereAre());
    if (!read.ok() || response.name != "SORT") return;
    read.Update(EachUid(response, [&uids](uint32_t uid) { uids.push_back(uid); }));
  };
  auto answer = co_await Execute(command);
  data_sink_ = nullptr;
  if (!answer.ok()) co_return answer.status();
  if (absl::Status s = SearchRefusal(*answer); !s.ok()) co_return s;
  if (!read.ok()) co_return read;
  // Not by REVERSE: of mails of one second the oldest would stand first (RFC 5256 section 3).
  std::reverse(uids.begin(), uids.end());
  co_return uids;
}

}  // namespace postern::fetcher::imap
