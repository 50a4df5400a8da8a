#include "services/fetcher/effects/letter.h"

#include <re2/re2.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/utf8.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxHeaderBytes = 1024 * 1024, kMaxFields = 10'000;
constexpr size_t kMaxValueBytes = 64 * 1024, kMaxNameBytes = 200;
constexpr size_t kMatchesAtOnce = 64;  // between two looks at the clock

double SecondsSince(std::clock_t begun) {
  return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
}

size_t OffsetIn(absl::string_view whole, absl::string_view part) {
  return static_cast<size_t>(part.data() - whole.data());
}

bool IsFieldName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

std::string FieldLine(absl::string_view name, absl::string_view value) {
  const std::string clean = mail::CleanLine(mail::CutUtf8(value, kMaxValueBytes));
  return mail::HeaderLine(name, mail::TextWords(clean));
}

}  // namespace

bool ReplaceAll(const re2::RE2& pattern, const std::string& with, ReplacingLimits& left,
                std::string& text) {
  const uint64_t steps = text.size() * static_cast<uint64_t>(std::max(pattern.ProgramSize(), 1));
  if (steps > left.steps || left.seconds <= 0) return false;
  left.steps -= steps;
  // What "\1" stands for is, of all matches together, no more than the text.
  const size_t groups = std::count(with.begin(), with.end(), '\\');
  size_t longest = text.size() * (1 + groups);
  const std::clock_t begun = std::clock();
  size_t matches = 0;
  re2::StringPiece match;
  for (size_t at = 0; at <= text.size() && longest <= left.bytes; longest += with.size()) {
    if (!pattern.Match(text, at, text.size(), RE2::UNANCHORED, &match, 1)) break;
    if (++matches % kMatchesAtOnce == 0 && SecondsSince(begun) > left.seconds) {
      left.seconds = 0;
      return false;
    }
    const size_t end = static_cast<size_t>(match.data() - text.data()) + match.size();
    at = match.empty() ? end + 1 : end;
  }
  const bool replaces = matches > 0 && longest <= left.bytes;
  if (replaces) RE2::GlobalReplace(&text, pattern, with);
  left.seconds -= SecondsSince(begun);
  if (!replaces) return false;
  left.bytes -= std::min(left.bytes, text.size());
  return true;
}

Letter::Letter(absl::string_view mail) {
  const mail::HeaderFields header = mail::ReadHeaderFields(mail, kMaxHeaderBytes, kMaxFields);
  size_t end = header.fields.empty() ? 0 : OffsetIn(mail, header.fields.front().name);
  for (const mail::RawField& field : header.fields) {
    const size_t begin = OffsetIn(mail, field.name);
    end = mail::NextLine(mail, OffsetIn(mail, field.body) + field.body.size());
    std::string text(mail.substr(begin, end - begin));
    if (!absl::EndsWith(text, "\n")) text += "\r\n";
    fields_.push_back({std::string(field.name), std::move(text)});
  }
  rest_ = std::string(mail.substr(end));
}

std::string Letter::Join() const {
  std::string all;
  for (const Field& field : fields_) all += field.text;
  return all + rest_;
}

void Letter::Add(absl::string_view name, absl::string_view value, bool last) {
  if (!IsFieldName(name)) return;
  Field field{std::string(name), FieldLine(name, value)};
  fields_.insert(last ? fields_.end() : fields_.begin(), std::move(field));
}

void Letter::Remove(absl::string_view name, size_t occurrence) {
  size_t seen = 0;
  for (auto at = fields_.begin(); at != fields_.end(); ++at) {
    if (!absl::EqualsIgnoreCase(at->name, name) || seen++ != occurrence) continue;
    fields_.erase(at);
    return;
  }
}

void Letter::Replace(absl::string_view name, const re2::RE2& pattern, const std::string& with,
                     ReplacingLimits& left) {
  if (!IsFieldName(name)) return;
  for (Field& field : fields_) {
    if (!absl::EqualsIgnoreCase(field.name, name)) continue;
    const absl::string_view text = field.text;
    std::string value = mail::DecodeHeaderText(mail::Unfold(text.substr(text.find(':') + 1)));
    if (ReplaceAll(pattern, with, left, value)) field.text = FieldLine(field.name, value);
  }
}

}  // namespace postern::fetcher
