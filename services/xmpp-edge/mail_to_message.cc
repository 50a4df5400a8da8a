#include "services/xmpp-edge/mail_to_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "lib/crypto/digest.h"
#include "services/xmpp-edge/jid_escaping.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {

namespace {

constexpr int64_t kOldAfterSeconds = 5 * 60;  // then the date is worth showing
constexpr size_t kMaxLineBytes = 1024;
constexpr size_t kMaxAddressesShown = 10;
constexpr size_t kMaxAttachmentsShown = 20;
constexpr size_t kMaxDefectsShown = 5;
constexpr size_t kMaxReplyTo = 10;
constexpr size_t kMaxListId = 255;           // RFC 2919 section 3
constexpr size_t kMaxLocalpartBytes = 1023;  // RFC 7622 section 3.3
// What text and body may grow to when they are escaped ("&" is five bytes), so that
// a mail of markup still fits into a stanza.
constexpr size_t kMaxEscapedText = 128 * 1024;
constexpr size_t kMaxEscapedBody = 200 * 1024;
constexpr absl::string_view kAddressesNs = "http://jabber.org/protocol/address";

// Cuts at a code point.
absl::string_view Head(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

// The longest head of valid text that is no longer than `escaped_bytes` in XML.
absl::string_view FittingHead(absl::string_view text, size_t escaped_bytes) {
  size_t escaped = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    escaped += text[i] == '&' || text[i] == '\r' ? 5 : text[i] == '<' || text[i] == '>' ? 4 : 1;
    if (escaped > escaped_bytes) return Head(text, i);
  }
  return text;
}

// Characters that would begin a new line or turn the line around on some screen,
// and so let a subject pass for another header line.
constexpr absl::string_view kForbiddenInLine[] = {
    "\xC2\x85",                                                       // U+0085 next line
    "\xE2\x80\xA8", "\xE2\x80\xA9",                                   // U+2028, U+2029
    "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD",   // bidi embedding
    "\xE2\x80\xAE",                                                   // bidi override
    "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};  // bidi isolates

std::string OneLine(absl::string_view text) {
  std::string line;
  text = Head(text, kMaxLineBytes);
  while (!text.empty()) {
    size_t skip = static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F ? 1 : 0;
    for (const absl::string_view forbidden : kForbiddenInLine) {
      if (text.substr(0, forbidden.size()) == forbidden) skip = forbidden.size();
    }
    line.push_back(skip == 0 ? text[0] : ' ');
    text.remove_prefix(std::max<size_t>(skip, 1));
  }
  return line;
}

std::string AddressLine(const std::vector<mail::Address>& addresses, const Words& words) {
  std::vector<std::string> shown;
  for (const mail::Address& address : addresses) {
    if (shown.size() == kMaxAddressesShown) {
      shown.push_back(texts::AndMore(words, addresses.size() - kMaxAddressesShown));
      break;
    }
    shown.push_back(OneLine(address.Readable()));
  }
  return absl::StrJoin(shown, ", ");
}

std::string SenderLine(const mail::Mail& mail, const Words& words) {
  return mail.from.empty() ? texts::NoSender(words) : AddressLine(mail.from, words);
}

std::string SubjectLine(const mail::Mail& mail, const Words& words) {
  const std::string subject = OneLine(mail.subject);
  return subject.empty() ? texts::NoSubject(words) : subject;
}

// When the mail came; 0 when it is new, or when nobody knows. The server's clock
// counts, not the sender's.
int64_t OldDate(const mail::Mail& mail, int64_t now_unix) {
  const int64_t date = mail.received_unix != 0 ? mail.received_unix : mail.date_unix;
  return date > 0 && now_unix - date > kOldAfterSeconds ? date : 0;
}

// "Ann" writes, and answers go to a list or to somebody else: worth knowing before
// one answers. Names don't matter, addresses do.
bool AnswersGoElsewhere(const mail::Mail& mail) {
  const auto same = [](const mail::Address& a, const mail::Address& b) {
    return a.local_part == b.local_part && a.domain == b.domain;
  };
  if (mail.reply_to.empty()) return false;
  // To compare lists of thousands would take a hostile mail's fancy of time.
  return mail.reply_to.size() > kMaxReplyTo ||
         !std::is_permutation(mail.reply_to.begin(), mail.reply_to.end(), mail.from.begin(),
                              mail.from.end(), same);
}

std::string HeaderBlock(const mail::Mail& mail, int64_t now_unix, const Words& words) {
  std::vector<std::string> lines;
  lines.push_back(texts::From(words, SenderLine(mail, words)));
  lines.push_back(texts::Subject(words, SubjectLine(mail, words)));
  if (AnswersGoElsewhere(mail)) {
    lines.push_back(texts::AnswersGoTo(words, AddressLine(mail.reply_to, words)));
  }
  // One recipient is the reader; more are worth knowing before one answers.
  if (mail.to.size() + mail.cc.size() > 1) {
    if (!mail.to.empty()) lines.push_back(texts::To(words, AddressLine(mail.to, words)));
    if (!mail.cc.empty()) lines.push_back(texts::Cc(words, AddressLine(mail.cc, words)));
  }
  if (const int64_t date = OldDate(mail, now_unix); date != 0) {
    lines.push_back(texts::Date(words, texts::ReadableDate(words, date)));
  }
  return absl::StrJoin(lines, "\n");
}

std::string AttachmentBlock(const std::vector<mail::Attachment>& attachments, const Words& words) {
  if (attachments.empty()) return "";
  std::string block = absl::StrCat("\n\n", texts::Attachments(words));
  for (size_t i = 0; i < attachments.size(); ++i) {
    if (i == kMaxAttachmentsShown) {
      absl::StrAppend(&block, "\n", texts::AndMore(words, attachments.size() - i));
      break;
    }
    const mail::Attachment& attachment = attachments[i];
    const std::string name = OneLine(Head(attachment.file_name, 255));
    absl::StrAppend(&block, "\n- ", name.empty() ? texts::UnnamedAttachment(words) : name, " (",
                    OneLine(Head(attachment.content_type, 127)), ", ",
                    texts::ReadableSize(words, attachment.size), ")");
  }
  return block;
}

std::string NoteBlock(const mail::Mail& mail, const Words& words) {
  std::string block;
  for (size_t i = 0; i < std::min(mail.defects.size(), kMaxDefectsShown); ++i) {
    absl::StrAppend(&block, "\n", texts::Note(words, OneLine(Head(mail.defects[i], 300))));
  }
  return block.empty() ? block : absl::StrCat("\n", block);
}

std::string Body(const mail::Mail& mail, const Envelope& envelope, const Words& words) {
  const std::string head = HeaderBlock(mail, envelope.now_unix, words);
  if (envelope.headers_only) {
    return absl::StrCat(head, "\n\n",
                        texts::TextLeftOut(words, texts::ReadableSize(words, mail.size)));
  }
  const std::string tail = AttachmentBlock(mail.attachments, words) + NoteBlock(mail, words);
  constexpr size_t kRoomForCut = 200;
  const size_t room =
      kMaxBodyBytes - std::min(kMaxBodyBytes, head.size() + tail.size() + kRoomForCut);
  const absl::string_view shown = FittingHead(Head(mail.text, room), kMaxEscapedText);
  std::string text = shown.empty() ? texts::NoText(words) : std::string(shown);
  if (shown.size() < mail.text.size()) {
    absl::StrAppend(&text, "\n\n", texts::Cut(words, mail.text.size() - shown.size()));
  } else if (mail.text_truncated) {
    absl::StrAppend(&text, "\n\n", texts::CutByReader(words));
  }
  return absl::StrCat(head, "\n\n", text, tail);
}

const std::vector<mail::Address>& AnswerTo(const mail::Mail& mail) {
  return mail.reply_to.empty() ? mail.from : mail.reply_to;
}

// XEP-0033 section 4.2: clients that know it answer to these.
Element ReplyAddresses(const mail::Mail& mail, const std::string& domain) {
  Element addresses = MakeElement("addresses", kAddressesNs);
  for (const mail::Address& address : AnswerTo(mail)) {
    if (addresses.children.size() == kMaxReplyTo) break;
    const std::string localpart = LocalpartOfAddress(address);
    if (localpart.size() > kMaxLocalpartBytes) continue;
    Element entry = MakeElement("address");
    entry.Set("type", "replyto");
    entry.Set("jid", absl::StrCat(localpart, "@", domain));
    addresses.Add(std::move(entry));
  }
  return addresses;
}

// What both kinds of message have.
Element ChatMessage(const Envelope& envelope, absl::string_view body) {
  Element message =
      MakeStanza("message", envelope.contact, envelope.user, "chat", envelope.stanza_id);
  message.AddText("body", FittingHead(SanitizeXmlText(body), kMaxEscapedBody));
  message.Add(MakeElement("origin-id", "urn:xmpp:sid:0").Set("id", envelope.stanza_id));
  message.Add(MakeElement("store", "urn:xmpp:hints"));  // XEP-0334: keep it for the absent
  return message;
}

}  // namespace

std::string ThreadIdOf(const mail::Mail& mail) {
  const std::string& root = !mail.references.empty()    ? mail.references.front()
                            : !mail.in_reply_to.empty() ? mail.in_reply_to.front()
                                                        : mail.message_id;
  return root.empty() ? "" : crypto::Sha256Hex(root).substr(0, 32);
}

Element MailToMessage(const mail::Mail& mail, const Envelope& envelope, const Words& words) {
  Element message = ChatMessage(envelope, Body(mail, envelope, words));
  message.AddText("subject", SubjectLine(mail, words));
  const std::string thread = ThreadIdOf(mail);
  message.AddText("thread", thread.empty() ? envelope.stanza_id : thread);
  Element addresses = ReplyAddresses(mail, envelope.domain);
  if (!addresses.children.empty()) message.Add(std::move(addresses));
  if (const int64_t date = OldDate(mail, envelope.now_unix); date != 0) {
    Element delay = MakeElement("delay", "urn:xmpp:delay");
    delay.Set("from", envelope.contact);
    delay.Set("stamp", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(date),
                                        absl::UTCTimeZone()));
    message.Add(std::move(delay));
  }
  return message;
}

Element MailsToDigest(const std::vector<mail::Mail>& mails, const Envelope& envelope,
                      const Words& words) {
  std::string body = absl::StrCat(texts::NewMails(words, mails.size()), "\n");
  for (size_t i = 0; i < mails.size(); ++i) {
    const mail::Mail& mail = mails[i];
    std::string entry =
        absl::StrCat("\n", i + 1, ". ", SenderLine(mail, words), "\n   ", SubjectLine(mail, words));
    if (const int64_t date = OldDate(mail, envelope.now_unix); date != 0) {
      absl::StrAppend(&entry, " (", texts::ReadableDate(words, date), ")");
    }
    constexpr size_t kRoomForMore = 100;
    if (body.size() + entry.size() + kRoomForMore > kMaxBodyBytes) {
      absl::StrAppend(&body, "\n", texts::AndMore(words, mails.size() - i));
      break;
    }
    body += entry;
  }
  return ChatMessage(envelope, body);
}

// RFC 2919 section 2: "The list <list.example.org>".
std::string ListIdOf(const mail::Mail& mail) {
  for (const mail::Header& header : mail.headers) {
    if (!absl::EqualsIgnoreCase(header.name, "List-Id")) continue;
    const size_t open = header.value.rfind('<'), close = header.value.rfind('>');
    if (open == std::string::npos || close == std::string::npos || close < open) return "";
    const std::string id = header.value.substr(open + 1, close - open - 1);
    return id.size() <= kMaxListId ? id : "";
  }
  return "";
}

MailThread ThreadOf(const mail::Mail& mail, absl::string_view account_id,
                    const Envelope& envelope) {
  MailThread thread;
  thread.account_id = std::string(account_id);
  thread.contact = envelope.contact;
  thread.message_id = mail.message_id;
  thread.references = mail.references;
  // RFC 5322 section 3.6.4: without References, a lone In-Reply-To takes its place.
  if (thread.references.empty() && mail.in_reply_to.size() == 1) {
    thread.references = mail.in_reply_to;
  }
  thread.answer_to = AnswerTo(mail);
  if (!mail.from.empty()) thread.from = mail.from.front();
  thread.list_id = ListIdOf(mail);
  thread.subject = mail.subject;
  thread.at_unix = envelope.now_unix;
  const std::string id = ThreadIdOf(mail);
  thread.thread_id = id.empty() ? envelope.stanza_id : id;
  return thread;
}

}  // namespace postern::xmpp_edge
