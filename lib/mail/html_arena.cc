#include "lib/mail/html_arena.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace postern::mail {
namespace {

// Room for a document: real ones need 10 to 40 bytes for each of theirs.
constexpr size_t kMinCapacity = 1 << 20;
constexpr size_t kMaxCapacity = 128 << 20;
constexpr size_t kCapacityPerByte = 128;

constexpr size_t kMaxDepth = 400;            // the longest threads quote about 100 deep
constexpr size_t kMaxAttributes = 256;       // gumbo compares each with all before it
constexpr size_t kMaxInsertWork = 50 << 20;  // siblings moved when text is taken out of a table

size_t DepthOf(const GumboNode* node) {
  size_t depth = 0;
  for (; node != nullptr && depth <= kMaxDepth; node = node->parent) ++depth;
  return depth;
}

// Where its tag, or it, ends in the document.
size_t EndOf(const GumboNode& node) {
  if (node.type == GUMBO_NODE_DOCUMENT) return 0;
  if (node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE) {
    return node.v.element.start_pos.offset + node.v.element.original_tag.length;
  }
  return node.v.text.start_pos.offset + node.v.text.original_text.length;
}

void KeepForNow(void*, void*) {}

}  // namespace

void HtmlArena::Free::operator()(char* memory) const { std::free(memory); }

const GumboNode* HtmlArena::Parse(absl::string_view html) {
  capacity_ = std::clamp(html.size() * kCapacityPerByte, kMinCapacity, kMaxCapacity);
  // Zeroed, so that a node which gumbo has not filled yet reads as an empty one. The kernel
  // gives only the pages that are touched.
  memory_.reset(static_cast<char*>(std::calloc(1, capacity_)));
  if (memory_ == nullptr) return nullptr;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &HtmlArena::AllocateFor;
  options.deallocator = &KeepForNow;
  options.userdata = this;
  options.max_errors = 0;
  if (setjmp(escape_) != 0) {
    const size_t tag = cut_in_tag_ > 0 ? html.rfind('<', cut_in_tag_) : html.npos;
    if (tag != html.npos) good_bytes_ = std::max(good_bytes_, tag);
    good_bytes_ = std::min(good_bytes_, html.size());
    return nullptr;
  }
  return gumbo_parse_with_options(&options, html.data(), html.size())->root;
}

void* HtmlArena::AllocateFor(void* arena, size_t size) {
  return static_cast<HtmlArena*>(arena)->Allocate(size);
}

// No object with a destructor may live here: GiveUp does not return.
void* HtmlArena::Allocate(size_t size) {
  constexpr size_t kAlign = alignof(std::max_align_t);
  if (size == sizeof(GumboAttribute) && ++attributes_ > kMaxAttributes) {
    cut_in_tag_ = first_attribute_->name_start.offset;
    GiveUp();
  }
  if (size == sizeof(GumboNode)) {
    // By the time the next one is made, gumbo has filled this one.
    if (IsNode(newest_)) WatchNode(newest_);
    newest_ = nullptr;
  }
  const size_t rounded = (size + kAlign - 1) / kAlign * kAlign;
  if (size > capacity_ || rounded > capacity_ - used_) GiveUp();
  char* result = memory_.get() + used_;
  used_ += rounded;
  if (size == sizeof(GumboNode)) newest_ = reinterpret_cast<const GumboNode*>(result);
  if (size == sizeof(GumboAttribute) && attributes_ == 1) {
    first_attribute_ = reinterpret_cast<const GumboAttribute*>(result);
  }
  return result;
}

// A string of the same size is text, which has no zero bytes and so can't look like a small number
// or a pointer into our memory; an array of pointers does not begin with a small number.
bool HtmlArena::IsNode(const GumboNode* candidate) const {
  if (candidate == nullptr) return false;
  unsigned type = 0;  // copied: read as the enum, any other number would be undefined
  std::memcpy(&type, &candidate->type, sizeof type);
  if (type > GUMBO_NODE_TEMPLATE) return false;
  const auto parent = reinterpret_cast<uintptr_t>(candidate->parent);
  const auto begin = reinterpret_cast<uintptr_t>(memory_.get());
  return parent == 0 || (parent >= begin && parent < begin + used_);
}

void HtmlArena::WatchNode(const GumboNode* node) {
  attributes_ = 0;
  good_bytes_ = std::max(good_bytes_, EndOf(*node));
  // An element that text was found before is not in the tree yet; that text will be, the next time.
  if (node->parent == nullptr) return;
  if (node->parent->type == GUMBO_NODE_ELEMENT) {
    const size_t siblings = node->parent->v.element.children.length;
    if (node->index_within_parent + 1 != siblings) insert_work_ += siblings;
    if (insert_work_ > kMaxInsertWork) GiveUp();
  }
  // One more node is one more level at most.
  if (until_depth_check_ > 0) {
    --until_depth_check_;
    return;
  }
  const size_t depth = DepthOf(node);
  if (depth > kMaxDepth) GiveUp();
  until_depth_check_ = (kMaxDepth - depth) / 2;
}

void HtmlArena::GiveUp() { std::longjmp(escape_, 1); }

}  // namespace postern::mail
