// Any bytes must be read as POP3 answers, or refused; what is read obeys the grammar.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "services/fetcher/pop3/response.h"

namespace {

using namespace postern::fetcher::pop3;

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadOne(absl::string_view line, Capabilities& offered) {
  if (const auto answer = ParseStatusLine(line); answer.ok()) {
    Require(answer->text.size() <= line.size() && answer->code.size() <= 64);
    Require(!RefusalOf("RETR", *answer).ok() && !LoginRefusal(*answer, offered).ok());
  }
  if (const auto unique = ParseUniqueId(line); unique.ok()) {
    Require(unique->number > 0 && !unique->id.empty() && unique->id.size() <= 512);
    Require(unique->id.find_first_of(" \t\r\n") == std::string::npos);
  }
  if (const auto pair = ParseNumberAndOctets(line); pair.ok()) Require(line.size() >= 3);
  if (const auto stamp = TimestampOf(line)) {
    Require(stamp->front() == '<' && stamp->back() == '>' && stamp->size() <= 129);
    Require(stamp->find_first_of(" \t\r\n") == std::string::npos);
  }
  offered.Learn(line);
  Require(!offered.expire_days || *offered.expire_days >= 0);
  Require(offered.login_delay_seconds >= 0 && offered.login_delay_seconds <= 3600);
  std::string text(line);
  if (Unstuff(text)) {
    Require(line.size() - text.size() == (!line.empty() && line.front() == '.' ? 1u : 0u));
  } else {
    Require(line == ".");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Capabilities offered;
  for (absl::string_view line : absl::StrSplit(bytes, '\n')) ReadOne(line, offered);
  return 0;
}
