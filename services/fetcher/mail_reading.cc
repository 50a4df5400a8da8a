#include "services/fetcher/mail_reading.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/date.h"
#include "lib/mail/mime_parser.h"
#include "lib/words/wording.h"
#include "services/fetcher/imap/body_structure.h"
#include "services/fetcher/mail_outline.h"

namespace postern::fetcher {

namespace {

constexpr size_t kHeaderBytes = 256 * 1024;
constexpr size_t kTextBytes = 512 * 1024;  // of each text part of a larger mail, encoded

constexpr uint32_t kTopLines = 8000;                   // of a larger mail's body, by POP3
constexpr size_t kMostRead = 8 * 1024 * 1024;          // to get at what is kept
constexpr uint64_t kMostRetrieved = 32 * 1024 * 1024;  // of a larger mail, where there is no TOP

using MaybeMail = absl::StatusOr<std::optional<mail::Mail>>;

mail::Mail Unreadable(const words::Wording& why) {
  mail::Mail mail;
  mail.defects.push_back(why.text);
  return mail;
}

mail::Mail WithoutContent() {
  return Unreadable(words::Word("The mail server keeps no content for this mail."));
}

mail::Mail ParseHeaderOnly(absl::string_view header) {
  mail::Mail mail = mail::ParseMail(header);
  mail.defects.push_back(words::Word("Only the header of this mail could be read.").text);
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
  const absl::string_view bytes = header ? absl::string_view(*header) : absl::string_view();
  co_return ParseHeaderOnly(bytes);
}

net::Task<MaybeMail> ReadWhole(imap::Session& session, MailFacts facts, std::string* raw) {
  const std::string items = absl::StrCat("UID ", Peek("", kWholeBytes));
  auto data = co_await session.FetchOne(facts.uid, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* bytes = (*data)->Find("");
  if (bytes == nullptr) co_return WithoutContent();
  // A server may understate a size: what fills the limit goes on behind it.
  const bool cut = bytes->size() >= kWholeBytes && facts.size != bytes->size();
  if (raw != nullptr) *raw = *bytes;
  co_return mail::ParseMail(*bytes, cut ? std::max(facts.size, kWholeBytes + 1) : 0);
}

net::Task<MaybeMail> ReadLarge(imap::Session& session, MailFacts facts, std::string* raw) {
  const std::string items = absl::StrCat("UID BODYSTRUCTURE ", Peek("HEADER", kHeaderBytes));
  auto data = co_await session.FetchOne(facts.uid, items);
  if (!data.ok()) co_return data.status();
  if (!data->has_value()) co_return std::nullopt;
  const std::string* header = (*data)->Find("HEADER");
  if (header == nullptr || !(*data)->structure) co_return co_await ReadWhole(session, facts, raw);
  const auto root = imap::ParseBodyStructure(*(*data)->structure);
  if (!root.ok()) co_return co_await ReadWhole(session, facts, raw);

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

net::Task<MaybeMail> ReadToDepth(imap::Session& session, MailFacts facts, Depth depth,
                                 std::string* raw) {
  if (depth == Depth::kNothing) {
    co_return NotRead();
  }
  if (depth == Depth::kHeader) co_return co_await ReadHeaderOnly(session, facts);
  if (facts.size <= kWholeBytes) co_return co_await ReadWhole(session, facts, raw);
  auto large = co_await ReadLarge(session, facts, raw);
  if (raw == nullptr || !raw->empty() || !large.ok() || !large->has_value()) co_return large;
  auto beginning = co_await ReadBeginning(session, facts.uid, kWholeBytes);
  if (!beginning.ok()) co_return beginning.status();
  *raw = beginning->value_or("");
  co_return large;
}

// --- POP3 ---------------------------------------------------------------------------

mail::Mail ParseText(const pop3::MailText& text, const MailFacts& facts) {
  if (text.bytes.empty()) return WithoutContent();
  // A server may understate a size.
  return mail::ParseMail(text.bytes, text.cut ? std::max(facts.size, kWholeBytes + 1) : 0);
}

// Its time is that of its topmost Received field, else what is known already.
void Complete(mail::Mail& mail, const MailFacts& facts) {
  mail.size = facts.size;
  const int64_t received = mail::ReceivedTime(mail);
  mail.received_unix = received != 0 ? received : facts.received_unix;
}

net::Task<MaybeMail> RetrieveMail(pop3::Session& session, MailFacts facts, size_t most,
                                  std::string* raw) {
  auto text = co_await session.Retrieve(facts.uid, facts.size, kWholeBytes, most);
  if (!text.ok()) co_return text.status();
  if (raw != nullptr) *raw = text->bytes;
  co_return ParseText(*text, facts);
}

net::Task<MaybeMail> ReadBeginning(pop3::Session& session, MailFacts facts, std::string* raw) {
  auto text = co_await session.Top(facts.uid, kTopLines, kWholeBytes, 2 * kMostRetrieved);
  if (text.ok()) {
    if (raw != nullptr) *raw = text->bytes;
    co_return mail::ParseMail(text->bytes, facts.size);
  }
  if (!absl::IsFailedPrecondition(text.status())) co_return text.status();
  // TOP is optional (RFC 1939 section 7).
  if (facts.size <= kMostRetrieved) {
    co_return co_await RetrieveMail(session, facts, 2 * kMostRetrieved, raw);
  }
  co_return NotRead();
}

net::Task<absl::StatusOr<pop3::MailText>> TopOfHeader(pop3::Session& session, uint32_t number) {
  co_return co_await session.Top(number, 0, kHeaderBytes, kMostRead);
}

net::Task<MaybeMail> ReadToDepth(pop3::Session& session, MailFacts& facts, Depth depth,
                                 std::string* raw) {
  if (depth == Depth::kNothing) {
    co_return NotRead();
  }
  if (depth == Depth::kHeader) {
    auto header = co_await TopOfHeader(session, facts.uid);
    if (!header.ok()) co_return header.status();
    co_return ParseHeaderOnly(header->bytes);
  }
  auto size = co_await session.SizeOf(facts.uid);
  if (!size.ok()) co_return size.status();
  facts.size = *size;
  if (facts.size > kWholeBytes) co_return co_await ReadBeginning(session, facts, raw);
  co_return co_await RetrieveMail(session, facts, kMostRead, raw);
}

}  // namespace

mail::Mail MailOf(const pop3::MailText& text, const MailFacts& facts) {
  mail::Mail mail = ParseText(text, facts);
  Complete(mail, facts);
  return mail;
}

ReadMails JustOne(MaybeMail mail) {
  ReadMails read;
  read.status = mail.status();
  if (mail.ok()) read.mails.push_back(*std::move(mail));
  return read;
}

mail::Mail NotRead() {
  return Unreadable(words::Word("This mail could not be read from the mail server."));
}

net::Task<absl::StatusOr<mail::Mail>> ReadHeader(pop3::Session& session, uint32_t number) {
  auto header = co_await TopOfHeader(session, number);
  if (!header.ok()) co_return header.status();
  co_return mail::ParseMail(header->bytes);
}

net::Task<MaybeMail> ReadMail(pop3::Session& session, WantedMail wanted) {
  MailFacts facts = wanted.facts;
  auto mail = co_await ReadToDepth(session, facts, wanted.depth, wanted.raw.get());
  if (!mail.ok() || !mail->has_value()) co_return mail;
  Complete(**mail, facts);
  co_return mail;
}

net::Task<MaybeMail> ReadMail(pop3::Session& session, MailFacts facts, Depth depth) {
  WantedMail wanted{facts, depth};
  co_return co_await ReadMail(session, std::move(wanted));
}

net::Task<MaybeMail> ReadMail(imap::Session& session, WantedMail wanted) {
  const MailFacts facts = wanted.facts;
  auto mail = co_await ReadToDepth(session, facts, wanted.depth, wanted.raw.get());
  if (!mail.ok() || !mail->has_value()) co_return mail;
  (*mail)->size = facts.size;
  (*mail)->received_unix = facts.received_unix;
  co_return mail;
}

net::Task<MaybeMail> ReadMail(imap::Session& session, MailFacts facts, Depth depth) {
  WantedMail wanted{facts, depth};
  co_return co_await ReadMail(session, std::move(wanted));
}

// In pieces, for no line of a server's answer may be longer.
net::Task<absl::StatusOr<std::optional<std::string>>> ReadBeginning(imap::Session& session,
                                                                    uint32_t uid, size_t most) {
  std::string bytes;
  while (bytes.size() < most) {
    const size_t piece = std::min<size_t>(most - bytes.size(), kWholeBytes);
    const std::string items = absl::StrCat("UID BODY.PEEK[]<", bytes.size(), ".", piece, ">");
    auto data = co_await session.FetchOne(uid, items);
    if (!data.ok()) co_return data.status();
    if (!data->has_value()) co_return std::nullopt;
    const std::string* part = (*data)->Find("");
    if (part == nullptr || part->empty()) break;
    bytes += *part;
    if (part->size() < piece) break;
  }
  co_return std::optional<std::string>(std::move(bytes));
}

}  // namespace postern::fetcher
