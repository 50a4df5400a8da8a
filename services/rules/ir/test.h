#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/rules/ir/text.h"

// What a rule can ask about a mail. All front ends compile to these; what they mean is said
// by the RFC in the comment, whichever language the rule was written in.
namespace postern::rules {

enum class MatchType : uint8_t {
  kIs,        // RFC 5228 section 2.7.1
  kContains,  //
  kMatches,   // with * and ?
  kRegex,     // draft-ietf-sieve-regex, on RE2; JSMail's and the content filter's dialects come
              // translated
  kPrefix,    // "starts with" of content filters
  kSuffix,    //
  kValue,     // RFC 5231
  kCount,     //
  kList,      // RFC 6134: the keys are names of lists
};
enum class Collation : uint8_t {  // RFC 4790, RFC 5051
  kAsciiCasemap,
  kOctet,
  kAsciiNumeric,
  kUnicodeCasemap,
};
enum class Relation : uint8_t { kGreater, kGreaterOrEqual, kLess, kLessOrEqual, kEqual, kNotEqual };

struct Match {
  MatchType type = MatchType::kIs;
  Collation collation = Collation::kAsciiCasemap;
  Relation relation = Relation::kEqual;  // kValue, kCount
  bool captures = false;                 // a later text uses ${n}: they have to be found out
};

// Any of them will do.
struct Keys {
  std::vector<Text> texts;
  std::vector<std::shared_ptr<const RE2>>
      patterns;  // kRegex: one for each text; null where it is not constant
};

// Which of several fields of one name (RFC 5260 section 6). 0: all.
struct Index {
  int32_t number = 0;  // from 1
  bool from_last = false;
};

// RFC 5703 section 4: tests of the parts' own headers.
enum class MimeAspect : uint8_t { kNone, kWhole, kType, kSubtype, kContentType, kParameter };
struct MimeScope {
  MimeAspect aspect = MimeAspect::kNone;  // kNone: the mail's own header
  bool any_child = false;
  std::vector<Text> parameters;  // kParameter
};

enum class AddressPart : uint8_t {
  kAll,
  kLocalPart,
  kDomain,
  kUser,
  kDetail
};  // RFC 5228, RFC 5233

struct HeaderTest {
  std::vector<Text> names;
  Index index;
  MimeScope mime;
  Match match;
  Keys keys;
};
struct AddressTest {
  std::vector<Text> names;
  AddressPart part = AddressPart::kAll;
  Index index;
  MimeScope mime;
  Match match;
  Keys keys;
};
struct EnvelopeTest {
  std::vector<Text> fields;  // "from", "to", "auth"; lower case where constant
  AddressPart part = AddressPart::kAll;
  Match match;
  Keys keys;
};
// Both spellings of each address are tried: as written, and with its domain in lower case.
// JSMail's reject files; `sender` takes the envelope's and those of From and Sender together.
struct CorrespondentTest {
  bool sender = false;  // else the one recipient that is being judged
  Match match;
  Keys keys;
};
struct ExistsTest {  // all of them
  std::vector<Text> names;
  MimeScope mime;
};
struct SizeTest {
  bool over = false;  // else under
  uint64_t bytes = 0;
};
enum class BodyTransform : uint8_t { kRaw, kContent, kText };  // RFC 5173
struct BodyTest {
  BodyTransform transform = BodyTransform::kText;
  std::vector<Text> content_types;  // kContent
  Match match;
  Keys keys;
};
struct StringTest {  // RFC 5229 section 5
  std::vector<Text> sources;
  Match match;
  Keys keys;
};
struct DateTest {              // RFC 5260
  std::optional<Text> header;  // unset: currentdate
  Index index;
  std::optional<Text> zone;  // "+0100"
  bool original_zone = false;
  Text part;  // "year", "weekday", …
  Match match;
  Keys keys;
};
struct FlagTest {               // RFC 5232 section 4
  std::vector<Text> variables;  // none: the internal one
  Match match;
  Keys keys;
};
struct EnvironmentTest {  // RFC 5183
  Text item;              // "vnd.postern.presence", …
  Match match;
  Keys keys;
};
enum class MailboxAspect : uint8_t { kExists, kMetadata, kServerMetadata, kSpecialUse, kId };
struct MailboxTest {  // RFC 5490, RFC 8579, RFC 9042
  MailboxAspect aspect = MailboxAspect::kExists;
  std::vector<Text> mailboxes;
  Text annotation;  // kMetadata, kServerMetadata
  Match match;
  Keys keys;
};
struct DuplicateTest {                            // RFC 7352
  std::optional<Text> handle, header, unique_id;  // header, else unique_id, else Message-ID
  uint64_t seconds = 12 * 3600;
  bool last = false;
};
enum class NotifyAspect : uint8_t { kValid, kCapability };
struct NotifyTest {  // RFC 5435 sections 4 and 5
  NotifyAspect aspect = NotifyAspect::kValid;
  std::vector<Text> methods;
  Text capability;
  Match match;
  Keys keys;
};
struct ListTest {  // valid_ext_list, RFC 6134
  std::vector<Text> lists;
};
enum class VerdictKind : uint8_t { kSpam, kSpamPercent, kVirus };
struct VerdictTest {  // RFC 5235
  VerdictKind kind = VerdictKind::kSpam;
  Match match;
  Keys keys;
};
struct AttachmentTest {      // content filters: "has file named", "has attachment"
  std::optional<Text> name;  // with * and ?; unset: any
};
struct ExitCodeTest {  // of a program that was run before (RunAction::id)
  uint32_t run = 0;
  int64_t code = 0;
};

using Test = std::variant<HeaderTest, AddressTest, EnvelopeTest, CorrespondentTest, ExistsTest,
                          SizeTest, BodyTest, StringTest, DateTest, FlagTest, EnvironmentTest,
                          MailboxTest, DuplicateTest, NotifyTest, ListTest, VerdictTest,
                          AttachmentTest, ExitCodeTest, ForeignCall>;

}  // namespace postern::rules
