#include "lib/mail/html_to_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/html_element.h"
#include "lib/mail/html_tree.h"
#include "lib/mail/text_flow.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

// Deeper quotes and lists get no further marks: a line of "> > > >" tells nobody anything.
constexpr size_t kMaxPrefixes = 20;
constexpr size_t kMaxLinkText = 8 * 1024;

// Walks the tree with a stack of its own and writes it to a TextFlow.
class Renderer {
 public:
  explicit Renderer(size_t max_bytes) : flow_(max_bytes) {}

  ReadableHtml Render(const GumboNode& root) {
    Enter(root);
    while (!open_.empty() && !flow_.full()) {
      Element& element = open_.back();
      const GumboVector& children = element.node->v.element.children;
      if (element.next_child < children.length) {
        Enter(*static_cast<const GumboNode*>(children.data[element.next_child++]));
      } else {
        Leave(element);
        open_.pop_back();
      }
    }
    return {flow_.Take(), flow_.full()};
  }

 private:
  // An element whose end has not come yet.
  struct Element {
    const GumboNode* node;
    unsigned next_child = 0;
    int number = 0;             // of the next item of a list (0: bullets) or cell of a row
    bool has_prefix = false;    // pushed one
    bool is_row = false;        // a table row written on one line
    bool has_headings = false;  // of a table: its columns matter
  };

  void Enter(const GumboNode& node) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        AddText(node.v.text.text);
        return;
      case GUMBO_NODE_ELEMENT:
        if (!IsInvisible(node)) EnterElement(node);
        return;
      default:
        return;
    }
  }

  void AddText(absl::string_view text) {
    const std::string clean = CleanText(text);
    if (in_link_ && link_text_.size() < kMaxLinkText) link_text_ += clean;
    flow_.Add(clean, preformatted_ > 0);
  }

  void EnterElement(const GumboNode& node) {
    Element element{&node};
    const GumboTag tag = node.v.element.tag;
    if (const int breaks = BreaksAround(tag); breaks > 0) flow_.Break(breaks);
    switch (tag) {
      case GUMBO_TAG_BR:
        flow_.BreakLine();
        break;
      case GUMBO_TAG_HR:
        flow_.Add("---", false);
        break;
      case GUMBO_TAG_IMG:
        AddText(AttributeOf(node, "alt"));
        has_image_ = true;
        break;
      case GUMBO_TAG_A:
        in_link_ = true;
        has_image_ = false;
        link_text_.clear();
        break;
      case GUMBO_TAG_PRE:
      case GUMBO_TAG_TEXTAREA:
        ++preformatted_;
        break;
      case GUMBO_TAG_OL:
        if (!absl::SimpleAtoi(AttributeOf(node, "start"), &element.number)) element.number = 1;
        break;
      case GUMBO_TAG_BLOCKQUOTE:
        element.has_prefix = PushPrefix("> ", "> ");
        break;
      case GUMBO_TAG_DD:
        element.has_prefix = PushPrefix("  ", "  ");
        break;
      case GUMBO_TAG_LI:
        element.has_prefix = PushItem();
        break;
      case GUMBO_TAG_TR:
        element.is_row = !in_row_ && FitsOneLine(node);
        if (element.is_row) flow_.SetSingleLine(in_row_ = true);
        break;
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
        EnterCell(tag == GUMBO_TAG_TH);
        break;
      default:
        break;
    }
    open_.push_back(element);
  }

  bool PushPrefix(absl::string_view first, absl::string_view rest) {
    if (prefixes_ >= kMaxPrefixes) return false;
    ++prefixes_;
    flow_.PushPrefix(first, rest);
    return true;
  }

  bool PushItem() {
    int* number = open_.empty() ? nullptr : &open_.back().number;
    const std::string mark =
        number != nullptr && *number > 0 ? absl::StrCat((*number)++, ". ") : "- ";
    return PushPrefix(mark, std::string(mark.size(), ' '));
  }

  // Puts " | " between the cells of a row. Empty cells of a layout table are
  // skipped; where the table has headings they hold their column's place.
  void EnterCell(bool is_heading) {
    if (!in_row_) return;
    const auto table = std::find_if(open_.rbegin(), open_.rend(), [](const Element& element) {
      return element.node->v.element.tag == GUMBO_TAG_TABLE;
    });
    if (table != open_.rend() && is_heading) table->has_headings = true;
    Element& row = open_.back();
    if (row.number++ > 0) flow_.OweBar(table != open_.rend() && table->has_headings);
  }

  void Leave(const Element& element) {
    const GumboTag tag = element.node->v.element.tag;
    if (tag == GUMBO_TAG_A) EndLink(*element.node);
    if (tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_TEXTAREA) --preformatted_;
    if (element.has_prefix) {
      --prefixes_;
      flow_.PopPrefix();
    }
    if (element.is_row) flow_.SetSingleLine(in_row_ = false);
    if (const int breaks = BreaksAround(tag); breaks > 0) flow_.Break(breaks);
  }

  void EndLink(const GumboNode& link) {
    in_link_ = false;
    const std::string target = ReadableTarget(link);
    const absl::string_view text = absl::StripAsciiWhitespace(link_text_);
    // A link around nothing is for machines; one around a mute image may be the button to press.
    if (target.empty() || (text.empty() && !has_image_) || SaysTarget(text, target)) return;
    flow_.Add(absl::StrCat(" <", target, ">"), false);
  }

  TextFlow flow_;
  std::vector<Element> open_;
  size_t prefixes_ = 0;
  int preformatted_ = 0;
  bool in_row_ = false;
  bool in_link_ = false;
  bool has_image_ = false;  // in the link
  std::string link_text_;
};

}  // namespace

ReadableHtml ReadHtml(absl::string_view html, size_t max_bytes) {
  const HtmlTree tree(html);
  if (tree.root() == nullptr) return {"", tree.truncated()};
  ReadableHtml readable = Renderer(max_bytes).Render(*tree.root());
  readable.truncated |= tree.truncated();
  return readable;
}

std::string HtmlToText(absl::string_view html, size_t max_bytes) {
  return ReadHtml(html, max_bytes).text;
}

}  // namespace postern::mail
