// Whatever an author's fields hold: a mail that is written has the header lines that we write and
// no others, no bare CR or LF, and the recipients that the draft has.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/mail/address_reader.h"
#include "lib/mail/domain_name.h"
#include "lib/mail/mime_parser.h"
#include "services/sender/compose/copy.h"
#include "services/sender/compose/letter.h"
#include "services/sender/compose/mail_composer.h"

namespace {

using postern::sender::ComposedMail;
using postern::sender::Draft;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Text(FuzzedDataProvider& data) { return data.ConsumeRandomLengthString(200); }

postern::mail::Address Mailbox(FuzzedDataProvider& data) {
  postern::mail::Address address{"", "a", "b.example"};
  const int odd = data.ConsumeIntegralInRange(0, 7);
  if ((odd & 1) != 0) address.display_name = Text(data);
  if ((odd & 2) != 0) address.local_part = data.ConsumeRandomLengthString(70);
  if ((odd & 4) != 0) address.domain = data.ConsumeRandomLengthString(70);
  return address;
}

std::vector<postern::mail::Address> Mailboxes(FuzzedDataProvider& data) {
  std::vector<postern::mail::Address> all(data.ConsumeIntegralInRange(0, 3));
  for (auto& address : all) address = Mailbox(data);
  return all;
}

Draft SomeDraft(FuzzedDataProvider& data, std::vector<std::string>& contents) {
  Draft draft;
  draft.from = Mailbox(data);
  draft.to = Mailboxes(data);
  draft.cc = Mailboxes(data);
  draft.bcc = Mailboxes(data);
  draft.subject = Text(data);
  draft.text = data.ConsumeRandomLengthString(2000);
  draft.in_reply_to = Text(data);
  for (int i = data.ConsumeIntegralInRange(0, 3); i > 0; --i)
    draft.references.push_back(Text(data));
  contents.resize(data.ConsumeIntegralInRange(0, 3));
  for (std::string& content : contents) {
    content = Text(data);
    draft.attachments.push_back({content, Text(data), Text(data), ""});
    if (data.ConsumeBool()) draft.attachments.back().content_id = Text(data);
    if (data.ConsumeBool()) draft.attachments.back().content_type = "message/rfc822";
  }
  if (data.ConsumeBool()) {
    draft.quote.emplace();
    draft.quote->kind = data.ConsumeBool() ? postern::sender::Quote::Kind::kReply
                                           : postern::sender::Quote::Kind::kForward;
    draft.quote->from = Mailboxes(data);
    draft.quote->to = Mailboxes(data);
    draft.quote->date_unix = data.ConsumeIntegral<int64_t>();
    draft.quote->subject = Text(data);
    draft.quote->text = Text(data);
  }
  draft.signature = Text(data);
  draft.html = data.ConsumeBool();
  if (data.ConsumeBool()) draft.jabber_id = Text(data);
  draft.auto_submitted =
      static_cast<postern::sender::AutoSubmitted>(data.ConsumeIntegralInRange(0, 2));
  return draft;
}

// The lines of a mail; nothing but CRLF ends one, and none is too long.
std::vector<absl::string_view> Lines(absl::string_view content) {
  Require(absl::EndsWith(content, "\r\n") && !absl::StrContains(content, '\0'));
  std::vector<absl::string_view> lines = absl::StrSplit(content, "\r\n");
  for (absl::string_view line : lines) {
    Require(line.find_first_of("\r\n") == line.npos && line.size() <= 998);
  }
  return lines;
}

// Each field that we write, once, and nothing else.
void RequireOurHeader(const std::vector<absl::string_view>& lines) {
  std::vector<std::string> names = {"Date",
                                    "From",
                                    "To",
                                    "Cc",
                                    "Subject",
                                    "Message-ID",
                                    "In-Reply-To",
                                    "References",
                                    "Auto-Submitted",
                                    "Jabber-ID",
                                    "User-Agent",
                                    "MIME-Version",
                                    "Content-Type",
                                    "Content-Transfer-Encoding"};
  size_t at = 0;
  for (absl::string_view line : lines) {
    if (line.empty()) return;
    if (line[0] == ' ') continue;
    const std::string name(line.substr(0, line.find(':')));
    while (at < names.size() && names[at] != name) ++at;
    Require(at < names.size());
    ++at;
  }
  std::abort();
}

// No tag is there that we don't write, and no value leaves its quotes.
void RequireOurTags(absl::string_view html) {
  const absl::flat_hash_set<std::string> ours = {"!DOCTYPE html",
                                                 "html",
                                                 "/html",
                                                 "head",
                                                 "/head",
                                                 "meta charset=\"\"",
                                                 "body dir=\"\"",
                                                 "/body",
                                                 "strong",
                                                 "/strong",
                                                 "em",
                                                 "/em",
                                                 "s",
                                                 "/s",
                                                 "code",
                                                 "/code",
                                                 "pre",
                                                 "/pre",
                                                 "br",
                                                 "a href=\"\"",
                                                 "/a",
                                                 "blockquote type=\"\" style=\"\"",
                                                 "/blockquote",
                                                 "img src=\"\" alt=\"\""};
  for (size_t at = html.find('<'); at != html.npos; at = html.find('<', at)) {
    std::string tag;
    bool quoted = false;
    for (++at; at < html.size() && html[at] != '>'; ++at) {
      Require(html[at] != '<');
      const bool is_quote = html[at] == '"';
      if (is_quote || !quoted) tag.push_back(html[at]);
      quoted = quoted != is_quote;
    }
    Require(ours.contains(tag));
  }
}

void RequireRecipients(const Draft& draft, const ComposedMail& composed) {
  for (const std::string& recipient : composed.envelope.to) {
    const auto address = postern::mail::ParseSpec(recipient);
    Require(address.ok() && address->Spec() == recipient);
    Require(recipient.find_first_of("<>\r\n") == recipient.npos);
    bool meant = false;
    for (const auto* list : {&draft.to, &draft.cc, &draft.bcc}) {
      for (const postern::mail::Address& wanted : *list) {
        const auto form = postern::mail::TravellingForm(wanted);
        meant = meant || (form.ok() && form->Spec() == recipient);
      }
    }
    Require(meant);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  std::vector<std::string> contents;
  const Draft draft = SomeDraft(data, contents);
  RequireOurTags(postern::sender::WriteLetter(draft).html);
  const auto composed = postern::sender::Compose(draft, "key", 1'700'000'000);
  if (composed.ok()) {
    RequireOurHeader(Lines(composed->content));
    RequireRecipients(draft, *composed);
    const postern::mail::Mail back = postern::mail::ParseMail(composed->content);
    Require(back.from.size() == 1 && back.message_id == composed->message_id);
    Require(back.to.size() == draft.to.size() && back.cc.size() == draft.cc.size());
  }

  postern::sender::CopyOrder order;
  order.account_id = "work";
  order.from = {"", "a", "b.example"};
  order.recipients = {{"", "c", "d.example"}};
  order.headers_only = data.ConsumeBool();
  const std::string mail = data.ConsumeRemainingBytesAsString();
  order.mail = mail;
  const auto copy = postern::sender::ComposeCopy(order, "key", 1'700'000'000);
  if (!copy.ok()) return 0;
  Require(absl::StartsWith(copy->content, "X-Postern-Copied: "));
  order.mail = copy->content;
  Require(!postern::sender::ComposeCopy(order, "key", 1'700'000'000).ok());
  return 0;
}
