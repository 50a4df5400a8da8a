#include "lib/mail/html_writer.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/link_finder.h"
#include "lib/mail/quoted_line.h"
#include "lib/mail/text_spans.h"

namespace postern::mail {
namespace {

constexpr absl::string_view kHead =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n<body dir=\"auto\">\n";
constexpr absl::string_view kTail = "</body></html>\n";
// Mail clients fold quotes away by the type, and draw them by the style.
constexpr absl::string_view kOpenQuote =
    "<blockquote type=\"cite\" style=\"margin:0 0 0 0.8ex;border-left:2px solid "
    "#ccc;padding-left:1ex\">\n";
constexpr absl::string_view kFence = "```";

absl::string_view TagOf(Span::Style style) {
  switch (style) {
    case Span::Style::kStrong:
      return "strong";
    case Span::Style::kEmphasis:
      return "em";
    case Span::Style::kStrike:
      return "s";
    case Span::Style::kCode:
      return "code";
    case Span::Style::kNone:
      break;
  }
  return "";
}

std::string EscapedAttribute(absl::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

}  // namespace

void HtmlWriter::AddEscaped(absl::string_view text) {
  for (char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (c == '&') {
      out_ += "&amp;";
    } else if (c == '<') {
      out_ += "&lt;";
    } else if (c == '>') {
      out_ += "&gt;";
    } else if (preformatted_ || !blank) {
      out_.push_back(c);
    } else if (c == '\t') {
      out_ += "&nbsp;&nbsp;&nbsp; ";
    } else {
      out_ += after_blank_ ? "&nbsp;" : " ";
    }
    after_blank_ = blank;
  }
}

void HtmlWriter::AddLinks(absl::string_view text) {
  while (std::optional<Link> link = FindLink(text)) {
    AddEscaped(text.substr(0, link->begin));
    const absl::string_view address = text.substr(link->begin, link->end - link->begin);
    absl::StrAppend(&out_, "<a href=\"", EscapedAttribute(address), "\">");
    AddEscaped(address);
    out_ += "</a>";
    rich_ = true;
    text.remove_prefix(link->end);
  }
  AddEscaped(text);
}

void HtmlWriter::AddSpans(absl::string_view text) {
  for (const Span& span : ReadSpans(text)) {
    const absl::string_view tag = TagOf(span.style);
    if (span.style != Span::Style::kNone) {
      rich_ = true;
      absl::StrAppend(&out_, span.opens ? "<" : "</", tag, ">");
    } else if (span.in_code) {
      AddEscaped(span.text);
    } else {
      AddLinks(span.text);
    }
  }
}

void HtmlWriter::SetDepth(size_t depth) {
  for (; depth_ < depth; ++depth_) {
    rich_ = true;
    out_.append(kOpenQuote.data(), kOpenQuote.size());
  }
  for (; depth_ > depth; --depth_) out_ += "</blockquote>\n";
}

void HtmlWriter::EndPreformatted() {
  if (preformatted_) out_ += "</pre>\n";
  preformatted_ = false;
}

// XEP-0393 section 5.1.2: it ends with a line of its own, or with the quote around it.
bool HtmlWriter::ContinuesPreformatted(absl::string_view line, size_t deeper) {
  if (!preformatted_) return false;
  const QuotedLine inner = SplitQuote(line, preformatted_depth_ - deeper);
  if (inner.depth + deeper < preformatted_depth_) {
    EndPreformatted();
    return false;
  }
  if (inner.content == kFence) {
    EndPreformatted();
    return true;
  }
  AddEscaped(inner.content);
  out_.push_back('\n');
  return true;
}

void HtmlWriter::AddLine(absl::string_view line, size_t deeper, bool styled) {
  if (ContinuesPreformatted(line, deeper)) return;
  const QuotedLine quoted = SplitQuote(line);
  SetDepth(quoted.depth + deeper);
  if (styled && absl::StartsWith(quoted.content, kFence)) {
    rich_ = preformatted_ = true;
    preformatted_depth_ = depth_;
    out_ += "<pre>";
    return;
  }
  after_blank_ = true;
  if (styled) {
    AddSpans(quoted.content);
  } else {
    AddLinks(quoted.content);
  }
  out_ += "<br>\n";
}

void HtmlWriter::AddStyled(absl::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  if (text.empty()) return;
  for (absl::string_view line : absl::StrSplit(text, '\n')) AddLine(line, 0, true);
  EndPreformatted();
  SetDepth(0);
}

void HtmlWriter::AddPlain(absl::string_view text, size_t deeper) {
  absl::ConsumeSuffix(&text, "\n");
  if (text.empty()) return;
  for (absl::string_view line : absl::StrSplit(text, '\n')) AddLine(line, deeper, false);
  SetDepth(0);
}

void HtmlWriter::AddImage(absl::string_view content_id, absl::string_view description) {
  rich_ = true;
  // A URL: RFC 2392 section 2.
  const std::string id = absl::StrReplaceAll(content_id, {{"%", "%25"}});
  absl::StrAppend(&out_, "<img src=\"cid:", EscapedAttribute(id), "\" alt=\"",
                  EscapedAttribute(description), "\"><br>\n");
}

std::string HtmlWriter::Take() && { return absl::StrCat(kHead, out_, kTail); }

}  // namespace postern::mail
