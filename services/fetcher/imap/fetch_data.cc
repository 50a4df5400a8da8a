#include "services/fetcher/imap/fetch_data.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace postern::fetcher::imap {

namespace {

// "BODY[1.2]<0>" -> "1.2"; nothing when the item is no body section.
std::optional<std::string> SectionOf(absl::string_view item) {
  if (!absl::ConsumePrefix(&item, "BODY[")) return std::nullopt;
  const size_t close = item.rfind(']');
  if (close == absl::string_view::npos) return std::nullopt;
  return std::string(item.substr(0, close));
}

// Two digits, the first of which may be a space; -1: they are none.
int TwoDigits(const char* at) {
  const bool digits = (at[0] == ' ' || absl::ascii_isdigit(at[0])) && absl::ascii_isdigit(at[1]);
  return digits ? (at[0] == ' ' ? 0 : at[0] - '0') * 10 + at[1] - '0' : -1;
}

// What servers send, "17-Jul-1996 02:44:25 -0700": one for each mail, and Abseil's general
// way takes longer than all else with a line. Nothing when it is anything else.
std::optional<int64_t> ParseUsualDate(absl::string_view text) {
  constexpr absl::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 26 || text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[14] != ':' ||
      text[17] != ':' || text[20] != ' ' || (text[21] != '+' && text[21] != '-')) {
    return std::nullopt;
  }
  const size_t month = kMonths.find(text.substr(3, 3));
  const int day = TwoDigits(&text[0]), century = TwoDigits(&text[7]), year = TwoDigits(&text[9]);
  const int hour = TwoDigits(&text[12]), minute = TwoDigits(&text[15]);
  const int second = TwoDigits(&text[18]);
  const int zone_hours = TwoDigits(&text[22]), zone_minutes = TwoDigits(&text[24]);
  if (month == kMonths.npos || month % 3 != 0 || day < 1 || century < 10 || year < 0 || hour < 0 ||
      hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || zone_hours < 0 ||
      zone_hours > 23 || zone_minutes < 0 || zone_minutes > 59) {
    return std::nullopt;
  }
  const absl::CivilDay date(century * 100 + year, static_cast<int>(month / 3) + 1, day);
  if (date.day() != day) return std::nullopt;
  const int64_t days = date - absl::CivilDay(1970, 1, 1);
  const int east = (zone_hours * 60 + zone_minutes) * (text[21] == '-' ? -1 : 1);
  return ((days * 24 + hour) * 60 + minute - east) * 60 + second;
}

absl::Status TakeItem(const std::string& item, Value value, FetchData& data) {
  if (item == "UID" && !absl::SimpleAtoi(value.text, &data.uid)) {
    return absl::DataLossError("imap: the server sent a UID that is no number");
  }
  if (item == "RFC822.SIZE") {
    uint64_t size = 0;
    if (absl::SimpleAtoi(value.text, &size)) data.size = size;
  }
  if (item == "FLAGS" && value.IsList()) {
    data.flags.emplace();
    for (Value& flag : value.items) data.flags->push_back(std::move(flag.text));
  }
  if (item == "INTERNALDATE") data.received_unix = ParseInternalDate(value.text);
  if (item == "BODYSTRUCTURE" && value.IsList()) data.structure = std::move(value);
  if (std::optional<std::string> section = SectionOf(item);
      section && value.kind == Value::Kind::kString) {
    FetchData::Section found{*std::move(section), std::move(value.text)};
    data.sections.push_back(std::move(found));
  }
  return absl::OkStatus();
}

}  // namespace

const std::string* FetchData::Find(absl::string_view section) const {
  for (const Section& s : sections) {
    if (s.name == section) return &s.bytes;
  }
  return nullptr;
}

const std::string* FetchData::FindHeaderFields() const {
  for (const Section& s : sections) {
    if (absl::StartsWith(s.name, "HEADER.FIELDS")) return &s.bytes;
  }
  return nullptr;
}

void Merge(FetchData data, FetchData& into) {
  if (!into.size) into.size = data.size;
  if (!into.received_unix) into.received_unix = data.received_unix;
  if (!into.flags) into.flags = std::move(data.flags);
  if (!into.structure) into.structure = std::move(data.structure);
  for (FetchData::Section& section : data.sections) {
    if (into.Find(section.name) == nullptr) into.sections.push_back(std::move(section));
  }
}

absl::StatusOr<FetchData> ParseFetch(Response response) {
  if (response.values.size() % 2 != 0) {
    return absl::DataLossError("imap: the server sent a FETCH item without a value");
  }
  FetchData data;
  data.number = response.number;
  for (size_t i = 0; i < response.values.size(); i += 2) {
    const std::string item = absl::AsciiStrToUpper(response.values[i].text);
    if (absl::Status s = TakeItem(item, std::move(response.values[i + 1]), data); !s.ok()) return s;
  }
  return data;
}

std::optional<int64_t> ParseInternalDate(absl::string_view text) {
  if (const std::optional<int64_t> usual = ParseUsualDate(text)) return usual;
  absl::Time time;
  std::string error;
  const absl::string_view date = absl::StripAsciiWhitespace(text);
  if (!absl::ParseTime("%d-%b-%Y %H:%M:%S %z", date, &time, &error)) return std::nullopt;
  return absl::ToUnixSeconds(time);
}

}  // namespace postern::fetcher::imap
