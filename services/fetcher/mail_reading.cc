#include "services/fetcher/mail_reading.h"

#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/mime_parser.h"
#include "services/fetcher/imap/body_structure.h"
#include "services/fetcher/mail_outline.h"

namespace postern::fetcher {

namespace {

constexpr uint64_t kWholeBytes = 1024 * 1024;  // mails up to this size are fetched whole
constexpr size_t kHeaderBytes = 256 * 1024;
constexpr size_t kTextBytes = 512 * 1024;  // of each text part of a larger mail, encoded

using MaybeMail = absl::StatusOr<std::optional<mail::Mail>>;

mail::Mail Unreadable(absl::string_view why) {
  mail::Mail mail;
  mail.defects.push_back(std::string(why));
  return mail;
}

// BODY.PEEK leaves \Seen alone (RFC 3501 section 6.4.5), and so does EXAMINE.
std::string Peek(absl::string_view section, size_t bytes) {
  return absl::StrCat("BODY.PEEK[", section, "]<0.", bytes, ">");
}

net::Task<MaybeMail> ReadHeaderOnly(imap::Session& session, MailFacts facts) {
  const std::string items = absl::StrCat("UID ", Peek("HEADER", kHeaderBytes));
  auto data = co_await session.FetchOne(facts.uid, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* header = (*data)->Find("HEADER");
  mail::Mail mail = header ? mail::ParseMail(*header) : mail::Mail();
  mail.defects.push_back("Only the header of this mail could be read.");
  co_return mail;
}

net::Task<MaybeMail> ReadWhole(imap::Session& session, MailFacts facts) {
  const std::string items = absl::StrCat("UID ", Peek("", kWholeBytes));
  auto data = co_await session.FetchOne(facts.uid, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* bytes = (*data)->Find("");
  if (bytes == nullptr) co_return Unreadable("The mail server keeps no content for this mail.");
  // A server may understate a size: what fills the limit goes on behind it.
  const bool cut = bytes->size() >= kWholeBytes && facts.size != bytes->size();
  co_return mail::ParseMail(*bytes, cut ? std::max(facts.size, kWholeBytes + 1) : 0);
}

net::Task<MaybeMail> ReadLarge(imap::Session& session, MailFacts facts) {
  const std::string items = absl::StrCat("UID BODYSTRUCTURE ", Peek("HEADER", kHeaderBytes));
  auto data = co_await session.FetchOne(facts.uid, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* header = (*data)->Find("HEADER");
  if (header == nullptr || !(*data)->structure) co_return co_await ReadWhole(session, facts);
  const auto root = imap::ParseBodyStructure(*(*data)->structure);
  if (!root.ok()) co_return co_await ReadWhole(session, facts);

  absl::btree_map<std::string, std::string> texts;
  for (const std::string& section : TextSections(*root)) {
    const std::string text_items = absl::StrCat("UID ", Peek(section, kTextBytes));
    auto text = co_await session.FetchOne(facts.uid, text_items);
    if (!text.ok()) co_return text.status();
    if (!text->has_value()) co_return std::nullopt;
    if (const std::string* bytes = (*text)->Find(section)) texts[section] = *bytes;
  }
  co_return ReadOutline(*header, *root, texts);
}

net::Task<MaybeMail> ReadToDepth(imap::Session& session, MailFacts facts, Depth depth) {
  if (depth == Depth::kNothing) {
    co_return Unreadable("This mail could not be read from the mail server.");
  }
  if (depth == Depth::kHeader) co_return co_await ReadHeaderOnly(session, facts);
  if (facts.size > kWholeBytes) co_return co_await ReadLarge(session, facts);
  co_return co_await ReadWhole(session, facts);
}

}  // namespace

net::Task<MaybeMail> ReadMail(imap::Session& session, MailFacts facts, Depth depth) {
  auto mail = co_await ReadToDepth(session, facts, depth);
  if (!mail.ok() || !mail->has_value()) co_return mail;
  (*mail)->size = facts.size;
  (*mail)->received_unix = facts.received_unix;
  co_return mail;
}

}  // namespace postern::fetcher
