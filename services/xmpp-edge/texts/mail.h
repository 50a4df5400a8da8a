#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/words.h"

// A mail as a message: mail_to_message.
namespace postern::xmpp_edge::texts {

inline std::string From(const Words& words, absl::string_view sender) {
  return words.Say("From: $0", sender);
}
inline std::string Subject(const Words& words, absl::string_view subject) {
  return words.Say("Subject: $0", subject);
}
inline std::string To(const Words& words, absl::string_view addresses) {
  return words.Say("To: $0", addresses);
}
inline std::string Cc(const Words& words, absl::string_view addresses) {
  return words.Say("Cc: $0", addresses);
}
inline std::string Date(const Words& words, absl::string_view date) {
  return words.Say("Date: $0", date);
}
inline std::string AnswersGoTo(const Words& words, absl::string_view addresses) {
  return words.Say("Answers go to: $0", addresses);
}
inline std::string NoSender(const Words& words) { return words.Say("(no sender)"); }
inline std::string NoSubject(const Words& words) { return words.Say("(no subject)"); }
inline std::string NoText(const Words& words) { return words.Say("(no text)"); }

// In UTC: nobody tells the gateway where its user is.
inline absl::CivilSecond UtcOf(int64_t unix_seconds) {
  return absl::ToCivilSecond(absl::FromUnixSeconds(unix_seconds), absl::UTCTimeZone());
}
inline std::string TwoDigits(int number) { return absl::StrFormat("%02d", number); }
inline std::string DateAndTime(const Words& words, const absl::CivilSecond& at,
                               absl::string_view time) {
  // TRANSLATORS: a date: $0 is the year, $1 the month, $2 the day (numbers of two digits), $3 the
  // time of day ("14:05").
  return words.Say("$0-$1-$2 $3 UTC", at.year(), TwoDigits(at.month()), TwoDigits(at.day()), time);
}
inline std::string ReadableDate(const Words& words, int64_t unix_seconds) {
  const absl::CivilSecond at = UtcOf(unix_seconds);
  return DateAndTime(words, at, absl::StrFormat("%02d:%02d", at.hour(), at.minute()));
}
inline std::string ExactDate(const Words& words, int64_t unix_seconds) {
  const absl::CivilSecond at = UtcOf(unix_seconds);
  return DateAndTime(words, at,
                     absl::StrFormat("%02d:%02d:%02d", at.hour(), at.minute(), at.second()));
}
inline std::string ShortDate(const Words& words, int64_t unix_seconds) {
  const absl::CivilSecond at = UtcOf(unix_seconds);
  // TRANSLATORS: a date: $0 is the year, $1 the month, $2 the day (numbers of two digits).
  return words.Say("$0-$1-$2", at.year(), TwoDigits(at.month()), TwoDigits(at.day()));
}

inline std::string ReadableSize(const Words& words, uint64_t bytes) {
  if (bytes < 1024) return words.Plural("$0 byte", "$0 bytes", bytes);
  if (bytes < 1024 * 1024) return words.Say("$0 KB", (bytes + 512) / 1024);
  const uint64_t tenths = bytes * 10 / (1024 * 1024);
  // TRANSLATORS: a number with one decimal: the point between $0 and $1 is your language's.
  return words.Say("$0.$1 MB", tenths / 10, tenths % 10);
}

inline std::string Attachments(const Words& words) { return words.Say("Attachments:"); }
inline std::string UnnamedAttachment(const Words& words) { return words.Say("without a name"); }

inline std::string Cut(const Words& words, uint64_t more_bytes) {
  return words.Say("… cut; $0 KB more in your mailbox", (more_bytes + 1023) / 1024);
}
inline std::string CutByReader(const Words& words) {
  return words.Say("… cut; the rest is in your mailbox");
}
// A rule wants the header alone.
inline std::string TextLeftOut(const Words& words, absl::string_view size) {
  // TRANSLATORS: in place of a mail's text. $0 is its size ("12 KB").
  return words.Say("(its text is in your mailbox: $0)", size);
}
inline std::string AndMore(const Words& words, size_t count) {
  return words.Plural("… and $0 more", "… and $0 more", count);
}
// What is wrong with a mail. lib/mail and the fetcher mark their words with Word().
inline std::string Note(const Words& words, absl::string_view defect) {
  return words.Say("Note: $0", words.Say(words::Wording{std::string(defect), {}}));
}
inline std::string NewMails(const Words& words, size_t count) {
  return words.Plural("$0 new mail", "$0 new mails", count);
}

}  // namespace postern::xmpp_edge::texts
