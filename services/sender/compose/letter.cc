#include "services/sender/compose/letter.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/html_writer.h"
#include "lib/mail/quoted_line.h"
#include "lib/mail/utf8.h"

namespace postern::sender {
namespace {

std::string WithoutBlankEnd(std::string text) {
  while (absl::EndsWith(text, "\n")) text.pop_back();
  return text;
}

// No name makes a line of its own.
std::string Names(const std::vector<mail::Address>& addresses) {
  return absl::StrJoin(addresses, ", ", [](std::string* out, const mail::Address& address) {
    absl::StrAppend(out, mail::CleanLine(address.Readable()));
  });
}

// "On Sun, 22 Nov 2026 at 17:34 +0100, Ann wrote:": what mail clients know a quote by.
std::string Attribution(const Quote& quote, absl::TimeZone zone) {
  std::string date, name;
  if (quote.date_unix != 0) {
    date = absl::FormatTime("On %a, %d %b %Y at %H:%M %z", absl::FromUnixSeconds(quote.date_unix),
                            zone);
  }
  if (!quote.from.empty()) {
    const mail::Address& from = quote.from.front();
    name = mail::CleanLine(from.display_name.empty() ? from.Spec() : from.display_name);
  }
  if (name.empty()) return date.empty() ? "" : absl::StrCat(date, ":\n");
  return absl::StrCat(date, date.empty() ? "" : ", ", name, " wrote:\n");
}

std::string ForwardHead(const Quote& quote, absl::TimeZone zone) {
  std::string head = "---------- Forwarded message ----------\n";
  if (!quote.from.empty()) absl::StrAppend(&head, "From: ", Names(quote.from), "\n");
  if (quote.date_unix != 0) {
    absl::StrAppend(&head, absl::FormatTime("Date: %a, %d %b %Y %H:%M:%S %z\n",
                                            absl::FromUnixSeconds(quote.date_unix), zone));
  }
  absl::StrAppend(&head, "Subject: ", mail::CleanLine(quote.subject), "\n");
  if (!quote.to.empty()) absl::StrAppend(&head, "To: ", Names(quote.to), "\n");
  return head + "\n";
}

// Whole lines, as many as fit.
std::string CutQuote(std::string text) {
  if (text.size() <= kMaxReplyQuote) return text;
  const absl::string_view kept = mail::CutUtf8(text, kMaxReplyQuote);
  const size_t end = kept.rfind('\n');
  return absl::StrCat(kept.substr(0, end), "\n[...]");
}

std::string Quoted(absl::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16 + 64);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const mail::QuotedLine quoted = mail::SplitQuote(line, mail::kMaxQuoteDepth - 1);
    out.append(quoted.depth + 1, '>');
    if (!quoted.content.empty()) absl::StrAppend(&out, " ", quoted.content);
    out.push_back('\n');
  }
  return out;
}

// The two forms of one letter, piece by piece.
class LetterWriter {
 public:
  explicit LetterWriter(const Draft& draft) : draft_(draft) {}

  Letter Write() {
    AddText();
    AddSignature();
    if (draft_.quote.has_value()) AddQuote(*draft_.quote);
    Letter letter;
    letter.text = std::move(text_);
    if (draft_.html && html_.rich()) letter.html = std::move(html_).Take();
    return letter;
  }

 private:
  void AddText() {
    text_ = WithoutBlankEnd(mail::CleanText(draft_.text));
    if (!text_.empty()) text_.push_back('\n');
    if (!draft_.html) return;
    html_.AddStyled(text_);
    for (const mail::OutgoingPart& part : draft_.attachments) {
      if (mail::IsInlineImage(part)) {
        html_.AddImage(part.content_id, mail::SafeFileName(part.file_name));
      }
    }
  }

  void AddSignature() {
    const std::string signature = WithoutBlankEnd(mail::CleanText(draft_.signature));
    if (signature.empty()) return;
    const absl::string_view mark = draft_.quote.has_value() ? "\n" : "-- \n";
    Add(absl::StrCat(mark, signature, "\n"));
  }

  void AddQuote(const Quote& quote) {
    const std::string text = WithoutBlankEnd(mail::CleanText(quote.text));
    const absl::string_view gap = text_.empty() ? "" : "\n";
    if (quote.kind == Quote::Kind::kForward) {
      Add(absl::StrCat(gap, ForwardHead(quote, draft_.zone)));
      if (!text.empty()) Add(text + "\n");
      return;
    }
    if (text.empty()) return;
    Add(absl::StrCat(gap, Attribution(quote, draft_.zone)));
    const std::string cut = CutQuote(text);
    text_ += Quoted(cut);
    if (draft_.html) html_.AddPlain(cut, 1);
  }

  void Add(absl::string_view lines) {
    absl::StrAppend(&text_, lines);
    if (draft_.html) html_.AddPlain(lines);
  }

  const Draft& draft_;
  std::string text_;
  mail::HtmlWriter html_;
};

}  // namespace

Letter WriteLetter(const Draft& draft) { return LetterWriter(draft).Write(); }

}  // namespace postern::sender
