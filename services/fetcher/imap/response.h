#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher::imap {

// What one response of a server may cost us, whoever wrote that server.
constexpr size_t kMaxLiteralBytes = 2 * 1024 * 1024;
constexpr size_t kMaxResponseBytes = kMaxLiteralBytes + 256 * 1024;
constexpr int kMaxLiterals = 200;   // in one response
constexpr int kMaxNesting = 150;    // parentheses; a BODYSTRUCTURE needs two a level
constexpr int kMaxValues = 20'000;  // in one response

// One datum: NIL, atom, string (quoted or literal) or list. RFC 3501 section 4.
struct Value {
  enum class Kind { kNil, kAtom, kString, kList };
  Kind kind = Kind::kNil;
  std::string text;
  std::vector<Value> items;

  bool IsList() const { return kind == Kind::kList; }
};

// One response, taken apart as far as every response can be. RFC 3501 section 7.
struct Response {
  enum class Kind { kContinuation, kTagged, kUntagged };
  Kind kind = Kind::kUntagged;
  std::string tag;            // kTagged
  std::string name;           // upper case: "OK", "CAPABILITY", "EXISTS", "FETCH"
  uint32_t number = 0;        // of "* 23 EXISTS"
  std::string code;           // of a status response, upper case: "UIDVALIDITY"
  std::string code_text;      // what follows the code: "3857529045"
  std::string text;           // the human words of a status response; else the rest of the line
  std::vector<Value> values;  // of a FETCH: item names and their values in turn; of a LIST

  // OK, NO, BAD, BYE or PREAUTH.
  bool IsStatus() const;
};

// kDataLoss: the bytes are no IMAP response, or go past a limit above. `bytes`
// is what a ResponseAssembler put together.
absl::StatusOr<Response> ParseResponse(absl::string_view bytes);

// The values of data that Response doesn't take apart: of its text.
absl::StatusOr<std::vector<Value>> ParseValues(absl::string_view bytes);

// Puts lines and literals together until a response is whole. It keeps what it
// has, so a reader may be interrupted between two pieces and go on later.
class ResponseAssembler {
 public:
  // Takes a line without its CRLF. Answers how many bytes of literal the server
  // sends next; nothing when the response is whole. kDataLoss past a limit.
  absl::StatusOr<std::optional<size_t>> TakeLine(absl::string_view line);
  void TakeLiteral(absl::string_view bytes);
  // The literal that is due; nothing when a line is.
  std::optional<size_t> due() const { return due_; }
  // The whole response, and an empty assembler.
  std::string Finish();

 private:
  std::string bytes_;
  std::optional<size_t> due_;
  int literals_ = 0;
};

}  // namespace postern::fetcher::imap
