// Any bytes are a spooled message or are refused with a reason; none of it injects, and none is
// larger than what is told.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/mail/utf8.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/spool/spool_view.h"
#include "services/xmpp-edge/spool/spooled_message.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadName(const std::string& text) {
  using namespace postern::xmpp_edge;
  const auto name = ReadSpoolName(text);
  if (!name) return;
  Require(name->file.find('/') == std::string::npos && name->stem.size() > 3);
  const auto work = ReadSpoolName(WorkName(name->file, "0123456789abcdef0123"));
  Require(name->kind == SpoolName::Kind::kLock || (work && work->file == name->file));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::xmpp_edge;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadName(bytes);
  const auto read = ParseSpooledMessage(bytes);
  if (!read.ok()) {
    Require(!read.status().message().empty());
    return 0;
  }
  Require(!read->to.empty() && read->to.size() <= kMaxSpooledReceivers);
  for (const std::string& to : read->to) {
    const auto jid = ParseJid(to);
    Require(jid.ok() && jid->resource.empty() && !jid->local.empty() && jid->Bare() == to);
  }
  Require(!read->text.empty() && read->text.size() <= kMaxSpooledText);
  Require(postern::mail::IsUtf8(read->text));
  // Written as it was read, it is the same.
  std::string again = "From: " + read->from.Spec() + "\n";
  for (const std::string& to : read->to) again += "To: " + to + "\n";
  const auto twice = ParseSpooledMessage(again + "\n" + read->text);
  Require(twice.ok() && twice->to == read->to && twice->text == read->text);
  return 0;
}
