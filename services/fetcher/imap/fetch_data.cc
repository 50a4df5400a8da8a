#include "services/fetcher/imap/fetch_data.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
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
  absl::Time time;
  std::string error;
  const absl::string_view date = absl::StripAsciiWhitespace(text);
  if (!absl::ParseTime("%d-%b-%Y %H:%M:%S %z", date, &time, &error)) return std::nullopt;
  return absl::ToUnixSeconds(time);
}

}  // namespace postern::fetcher::imap
