#include "services/rules/managesieve/reply.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::rules::managesieve {
namespace {

constexpr size_t kMostQuoted = 1024;  // RFC 5804 section 4

const char* Word(Reply::Result result) {
  switch (result) {
    case Reply::Result::kOk:
      return "OK";
    case Reply::Result::kNo:
      return "NO";
    case Reply::Result::kBye:
      return "BYE";
  }
  return "NO";
}

}  // namespace

Reply Ok(std::string text) { return {Reply::Result::kOk, "", std::move(text)}; }
Reply No(std::string code, std::string text) {
  return {Reply::Result::kNo, std::move(code), std::move(text)};
}
Reply Bye(std::string code, std::string text) {
  return {Reply::Result::kBye, std::move(code), std::move(text)};
}

std::string Literal(absl::string_view text) {
  return absl::StrCat("{", text.size(), "}\r\n", text);
}

std::string Quote(absl::string_view text) {
  const bool quotable = text.size() <= kMostQuoted &&
                        std::none_of(text.begin(), text.end(),
                                     [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  if (!quotable) return Literal(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string ToText(const Reply& reply) {
  std::string line = Word(reply.result);
  if (!reply.code.empty()) absl::StrAppend(&line, " (", reply.code, ")");
  if (!reply.text.empty())
    absl::StrAppend(&line, " ", Quote(absl::StrReplaceAll(reply.text, {{"\n", "\r\n"}})));
  return absl::StrCat(line, "\r\n");
}

}  // namespace postern::rules::managesieve
