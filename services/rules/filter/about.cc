#include "services/rules/filter/about.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace postern::rules::filter {
namespace {

constexpr struct {
  absl::string_view name;
  About about;
} kSubjects[] = {
    {"body", About::kBody},
    {"text", About::kBody},
    {"size", About::kSize},
    {"attachment", About::kAttachment},
    {"attachments", About::kAttachment},
    {"file", About::kFile},
    {"files", About::kFile},
    {"filename", About::kFile},
    {"filenamed", About::kFile},
    {"attachmentname", About::kFile},
    {"attachmentnamed", About::kFile},
    {"attachmentfilename", About::kFile},
    {"infected", About::kInfected},
    {"virus", About::kInfected},
    {"exitcode", About::kExitCode},
    {"exitcodefrompreviousrunprocess", About::kExitCode},
    {"runprocessexitcode", About::kExitCode},
    {"signed", About::kSigned},
    {"digitallysigned", About::kSigned},
    {"digitalsignature", About::kSigned},
};

}  // namespace

About AboutWhat(absl::string_view what, Comparing how) {
  std::string letters = absl::AsciiStrToLower(what);
  std::erase_if(letters, [](unsigned char c) { return !absl::ascii_isalnum(c); });
  for (absl::string_view all :
       {"all", "allmessages", "allmails", "everymessage", "ifallmessages"}) {
    if (letters == all) return About::kAll;
  }
  absl::string_view key = letters;
  absl::ConsumePrefix(&key, "if");
  const bool group = how == Comparing::kMember || absl::StrContains(key, "group");
  if (group && (absl::StartsWith(key, "sender") || key == "from")) return About::kSenderGroup;
  if (group && (absl::StartsWith(key, "recipient") || key == "to" || key == "rcpt")) {
    return About::kRecipientGroup;
  }
  const std::string joined = Joined(what);
  key = joined;
  for (absl::string_view filler : {"if", "has", "is"}) absl::ConsumePrefix(&key, filler);
  for (const auto& subject : kSubjects) {
    if (subject.name == key) return subject.about;
  }
  return About::kHeader;
}

std::string FieldName(absl::string_view what) {
  if (absl::StartsWithIgnoreCase(what, "HEADER:")) what.remove_prefix(7);
  absl::ConsumePrefix(&what, "\"");
  absl::ConsumeSuffix(&what, "\"");
  absl::ConsumeSuffix(&what, ":");
  const bool good =
      !what.empty() && what.size() <= 100 && std::all_of(what.begin(), what.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != ':' && c != '"';
      });
  return good ? std::string(what) : "";
}

}  // namespace postern::rules::filter
