#include "services/rules/filter/words.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::rules::filter {
namespace {

std::vector<std::string> WordsOf(absl::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const bool part = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '\'';
    if (part && !inside) words.emplace_back();
    if (part && c != '\'') words.back() += absl::ascii_tolower(static_cast<unsigned char>(c));
    inside = part;
  }
  return words;
}

bool IsOneOf(absl::string_view word, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "contains" and "contain" are one word.
std::string Stem(const std::string& word) {
  if (IsOneOf(word, {"matches", "matching"})) return "match";
  if (word.size() > 3 && word.back() == 's' && word[word.size() - 2] != 's') {
    return word.substr(0, word.size() - 1);
  }
  return word;
}

constexpr struct {
  absl::string_view words;
  Comparing how;
} kOperators[] = {
    {"", Comparing::kIs},           {"equal", Comparing::kIs},
    {"exactly", Comparing::kIs},    {"contain", Comparing::kContains},
    {"begin", Comparing::kBegins},  {"start", Comparing::kBegins},
    {"end", Comparing::kEnds},      {"exist", Comparing::kExists},
    {"greater", Comparing::kMore},  {"larger", Comparing::kMore},
    {"bigger", Comparing::kMore},   {"more", Comparing::kMore},
    {"over", Comparing::kMore},     {"less", Comparing::kLess},
    {"smaller", Comparing::kLess},  {"under", Comparing::kLess},
    {"member", Comparing::kMember}, {"membergroup", Comparing::kMember},
    {"group", Comparing::kMember},
};

constexpr struct {
  absl::string_view name;
  Deed deed;
} kDeeds[] = {
    {"delete", Deed::kDelete},
    {"stripattachment", Deed::kStripAttachments},
    {"stripattachments", Deed::kStripAttachments},
    {"stripattachmentsfrom", Deed::kStripAttachments},
    {"badqueue", Deed::kBadQueue},
    {"movetobadqueue", Deed::kBadQueue},
    {"movetobaddirectory", Deed::kBadQueue},
    {"quarantine", Deed::kBadQueue},
    {"movetoquarantine", Deed::kBadQueue},
    {"skip", Deed::kSkip},
    {"skiprules", Deed::kSkip},
    {"skiprule", Deed::kSkip},
    {"skipnrules", Deed::kSkip},
    {"stop", Deed::kStop},
    {"stopprocessing", Deed::kStop},
    {"stopprocessingrules", Deed::kStop},
    {"jump", Deed::kJump},
    {"jumpto", Deed::kJump},
    {"jumptorule", Deed::kJump},
    {"goto", Deed::kJump},
    {"gotorule", Deed::kJump},
    {"copy", Deed::kCopyTo},
    {"copyto", Deed::kCopyTo},
    {"copytouser", Deed::kCopyTo},
    {"copytousers", Deed::kCopyTo},
    {"redirect", Deed::kRedirect},
    {"redirectto", Deed::kRedirect},
    {"forward", Deed::kRedirect},
    {"forwardto", Deed::kRedirect},
    {"append", Deed::kAppend},
    {"appendtext", Deed::kAppend},
    {"appendtextfile", Deed::kAppend},
    {"appendfile", Deed::kAppend},
    {"appenddisclaimer", Deed::kAppend},
    {"appendstandarddisclaimer", Deed::kAppend},
    {"appendcorporatedisclaimer", Deed::kAppend},
    {"addheader", Deed::kAddHeader},
    {"addheaderto", Deed::kAddHeader},
    {"addextraheader", Deed::kAddHeader},
    {"addextraheaderitem", Deed::kAddHeader},
    {"addextraheaderitemto", Deed::kAddHeader},
    {"deleteheader", Deed::kDeleteHeader},
    {"deleteheaderfrom", Deed::kDeleteHeader},
    {"deleteheaderitem", Deed::kDeleteHeader},
    {"deleteheaderitemfrom", Deed::kDeleteHeader},
    {"removeheader", Deed::kDeleteHeader},
    {"sendnote", Deed::kSendNote},
    {"sendnoteto", Deed::kSendNote},
    {"note", Deed::kSendNote},
    {"removesignature", Deed::kRemoveSignature},
    {"removedigitalsignature", Deed::kRemoveSignature},
    {"runprocess", Deed::kRunProcess},
    {"runprogram", Deed::kRunProcess},
    {"copytofolder", Deed::kCopyToFolder},
    {"copytofolders", Deed::kCopyToFolder},
    {"movetofolder", Deed::kMoveToFolder},
    {"movetofolders", Deed::kMoveToFolder},
    {"movetopublicfolder", Deed::kMoveToFolder},
    {"movetopublicfolders", Deed::kMoveToFolder},
    {"movetoqueue", Deed::kMoveToQueue},
    {"movetocustomqueue", Deed::kMoveToQueue},
    {"addline", Deed::kAddLine},
    {"addlinetofile", Deed::kAddLine},
    {"addlinetotextfile", Deed::kAddLine},
    {"replaceinheader", Deed::kReplaceInHeader},
    {"replaceheader", Deed::kReplaceInHeader},
    {"replacewordsinheader", Deed::kReplaceInHeader},
    {"searchreplaceheader", Deed::kReplaceInHeader},
    {"searchreplaceinheader", Deed::kReplaceInHeader},
    {"searchreplacewordsinheader", Deed::kReplaceInHeader},
    {"replaceinbody", Deed::kReplaceInBody},
    {"replacebody", Deed::kReplaceInBody},
    {"replacewordsinbody", Deed::kReplaceInBody},
    {"searchreplacebody", Deed::kReplaceInBody},
    {"searchreplaceinbody", Deed::kReplaceInBody},
    {"searchreplacewordsinbody", Deed::kReplaceInBody},
    {"sendinstant", Deed::kInstantMessage},
    {"sendinstantto", Deed::kInstantMessage},
    {"instant", Deed::kInstantMessage},
    {"sendim", Deed::kInstantMessage},
    {"sms", Deed::kShortMessage},
    {"sendsms", Deed::kShortMessage},
    {"smsgateway", Deed::kShortMessage},
    {"sendthroughsmsgatewayserver", Deed::kShortMessage},
    {"signdomainkeys", Deed::kSign},
    {"signwithdomainkeys", Deed::kSign},
    {"signwithdomainkeysselector", Deed::kSign},
    {"signdkim", Deed::kSign},
    {"signdkimselector", Deed::kSign},
    {"signwithdkim", Deed::kSign},
    {"signwithdkimselector", Deed::kSign},
};

}  // namespace

std::string Joined(absl::string_view name) {
  std::string joined;
  for (const std::string& word : WordsOf(name)) {
    const bool filler = IsOneOf(word, {"a", "an", "the", "all", "of", "and", "message", "messages",
                                       "specified", "mail", "s"});
    if (!filler) joined += word;
  }
  return joined;
}

Operator ReadOperator(absl::string_view text) {
  Operator read;
  std::string rest;
  for (const std::string& word : WordsOf(text)) {
    if (IsOneOf(word, {"not", "no", "doesnt", "isnt"})) {
      read.negated = true;
    } else if (IsOneOf(word, {"regex", "regexp", "regular", "match", "matches"})) {
      read.how = Comparing::kMatches;
    } else if (!IsOneOf(word, {"does", "do", "is", "are", "a", "an", "the", "to", "than", "of",
                               "with", "has", "have", "in", "named", "called", "size"})) {
      rest += Stem(word);
    }
  }
  if (read.how == Comparing::kMatches) return read;
  for (const auto& known : kOperators) {
    if (known.words == rest) read.how = known.how;
  }
  return read;
}

Deed ReadDeed(absl::string_view name) {
  std::string joined = Joined(name);
  // "skip 2 rules"
  std::erase_if(joined, [](unsigned char c) { return absl::ascii_isdigit(c); });
  for (const auto& known : kDeeds) {
    if (known.name == joined) return known.deed;
  }
  return Deed::kUnknown;
}

bool IsYes(absl::string_view text) {
  return IsOneOf(absl::AsciiStrToLower(text), {"yes", "true", "1", "on", "y", "checked"});
}
bool IsNo(absl::string_view text) {
  return IsOneOf(absl::AsciiStrToLower(text), {"no", "false", "0", "off", "n"});
}

}  // namespace postern::rules::filter
