#include "services/fetcher/imap_summary.h"

#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxFlags = 50;
constexpr size_t kMaxFlag = 100;

}  // namespace

MailSummary SummaryOf(const imap::FetchData& data) {
  MailSummary summary;
  summary.size = data.size.value_or(0);
  const std::string* fields = data.FindHeaderFields();
  const mail::Mail header = fields ? mail::ParseMail(*fields) : mail::Mail();
  if (!header.from.empty()) summary.from = header.from.front();
  summary.subject = header.subject;
  summary.received_unix = data.received_unix.value_or(header.date_unix);
  if (!data.flags) return summary;
  for (const std::string& flag : *data.flags) {
    if (summary.flags.size() == kMaxFlags) break;
    const bool readable = flag.size() <= kMaxFlag && mail::IsUtf8(flag) && !mail::HasControls(flag);
    if (readable) summary.flags.push_back(flag);
  }
  return summary;
}

}  // namespace postern::fetcher
