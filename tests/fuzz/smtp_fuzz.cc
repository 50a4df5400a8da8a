// Any bytes must be read as SMTP replies, or refused; what is read is fit for a chat and a log.
// And any bytes make a content that no server can mistake for more than one.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/content_form.h"
#include "services/sender/smtp/mail_commands.h"
#include "services/sender/smtp/reply.h"

namespace {

using namespace postern::sender::smtp;

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadReplies(absl::string_view bytes) {
  ReplyAssembler assembler;
  for (absl::string_view line : absl::StrSplit(bytes, '\n')) {
    const auto complete = assembler.Add(line);
    if (!complete.ok()) return;
    if (!*complete) continue;
    const Reply reply = assembler.Take();
    Require(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty());
    Require(reply.lines.size() <= 200);
    const std::string text = reply.Text();
    Require(text.size() <= 410 && postern::mail::IsUtf8(text) && !postern::mail::HasControls(text));
    Require(reply.enhanced.empty() || reply.enhanced[0] == '0' + reply.code / 100);
    const Capabilities offered = ParseCapabilities(reply);
    for (const std::string& word : offered.auth) Require(!word.empty());
  }
}

std::string Form(ContentForm::Dots dots, absl::string_view bytes, size_t cut) {
  ContentForm form(dots);
  std::string out;
  form.Add(bytes.substr(0, cut), out);
  form.Add(bytes.substr(cut), out);
  form.End(out);
  return out;
}

void WriteContent(absl::string_view bytes) {
  const size_t cut = bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]) % bytes.size();
  for (const auto dots : {ContentForm::Dots::kDoubled, ContentForm::Dots::kAsTheyAre}) {
    const std::string wire = Form(dots, bytes, cut);
    Require(wire == Form(dots, bytes, 0));
    const bool doubled = dots == ContentForm::Dots::kDoubled;
    size_t column = 0;
    for (size_t i = 0; i < wire.size(); ++i) {
      Require(wire[i] != '\0');
      if (wire[i] == '\r') Require(i + 1 < wire.size() && wire[i + 1] == '\n');
      if (wire[i] == '\n') {
        Require(i > 0 && wire[i - 1] == '\r');
        const bool lone_dot = column == 2 && wire[i - 2] == '.';
        if (doubled) Require(lone_dot == (i + 1 == wire.size()));
        column = 0;
      } else {
        Require(++column <= 1000);
      }
    }
    Require(column == 0);
    if (!doubled) Require(Form(dots, wire, 0) == wire);
  }
}

void WriteCommands(absl::string_view bytes) {
  const std::string id = XText(bytes);
  for (char c : id) Require(c > ' ' && c < 0x7F && c != '=');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadReplies(bytes);
  WriteContent(bytes);
  WriteCommands(bytes);
  return 0;
}
