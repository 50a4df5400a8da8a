#pragma once

#include <gumbo.h>

#include <csetjmp>
#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"

namespace postern::mail {

// gumbo's memory for one document, freed as a whole. It sees every node and
// attribute as it is allocated, and so can tell when the document becomes too
// deep or too much. gumbo can't report a failed allocation; the way out is a
// longjmp over its C frames, which own nothing but this memory.
class HtmlArena {
 public:
  // Parses `html`, which must outlive the tree; nullptr when a limit was hit. Once only.
  const GumboNode* Parse(absl::string_view html);

  // After a failure: how much of the document was within the limits.
  size_t good_bytes() const { return good_bytes_; }

 private:
  struct Free {
    void operator()(char* memory) const;
  };

  static void* AllocateFor(void* arena, size_t size);
  void* Allocate(size_t size);
  bool IsNode(const GumboNode* candidate) const;
  void WatchNode(const GumboNode* node);
  [[noreturn]] void GiveUp();

  std::jmp_buf escape_;
  std::unique_ptr<char, Free> memory_;
  size_t capacity_ = 0;
  size_t used_ = 0;
  const GumboNode* newest_ = nullptr;                // has the size of a node, but may be a string
  const GumboAttribute* first_attribute_ = nullptr;  // since the last node; may be a string too
  size_t attributes_ = 0;                            // since the last node
  size_t cut_in_tag_ = 0;                            // position in the tag with too many attributes
  size_t insert_work_ = 0;
  size_t until_depth_check_ = 0;  // nodes
  size_t good_bytes_ = 0;
};

}  // namespace postern::mail
