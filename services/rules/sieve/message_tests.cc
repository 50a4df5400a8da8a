#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/rules/sieve/constants.h"
#include "services/rules/sieve/matching.h"
#include "services/rules/sieve/reading.h"
#include "services/rules/sieve/tests.h"

// Tests of what a mail says.
namespace postern::rules::sieve {
namespace {

using Made = std::optional<std::vector<Test>>;

constexpr Place kHeaders = {Shape::kStrings, "header names"};
constexpr Place kKeys = {Shape::kStrings, "key list"};

// header [MIME] [INDEX] [COMPARATOR] [MATCH-TYPE] <names> <keys>
Made MakeHeader(Scope& scope, const Arguments& arguments) {
  auto names = scope.MakeTexts(arguments.At(0));
  const auto index = ReadIndex(scope, arguments);
  auto mime = ReadMimeScope(scope, arguments);
  auto matching = ReadMatching(scope, arguments, 1);
  if (!names || !index || !mime || !matching) return std::nullopt;
  WarnOfHeaderNames(scope, *names, arguments.At(0).at);
  return One(HeaderTest{*std::move(names), *index, *std::move(mime), matching->match,
                        std::move(matching->keys)});
}

// address [MIME] [INDEX] [ADDRESS-PART] [COMPARATOR] [MATCH-TYPE] <header list> <keys>
Made MakeAddress(Scope& scope, const Arguments& arguments) {
  auto names = scope.MakeTexts(arguments.At(0));
  const auto index = ReadIndex(scope, arguments);
  auto mime = ReadMimeScope(scope, arguments);
  auto matching = ReadMatching(scope, arguments, 1);
  if (!names || !index || !mime || !matching) return std::nullopt;
  const Position at = arguments.At(0).at;
  const bool mime_part = mime->aspect != MimeAspect::kNone;
  if (!(mime_part ? CheckHeaderNames(scope, *names, at) : CheckAddressHeaders(scope, *names, at)))
    return std::nullopt;
  return One(AddressTest{*std::move(names), ReadAddressPart(arguments), *index, *std::move(mime),
                         matching->match, std::move(matching->keys)});
}

// envelope [COMPARATOR] [ADDRESS-PART] [MATCH-TYPE] <parts> <keys>
Made MakeEnvelope(Scope& scope, const Arguments& arguments) {
  auto fields = scope.MakeTexts(arguments.At(0));
  auto matching = ReadMatching(scope, arguments, 1);
  if (!fields || !matching) return std::nullopt;
  for (Text& field : *fields) {
    if (!field.constant()) continue;
    field = Text::Literal(absl::AsciiStrToLower(field.literal()));
    const std::string name = field.literal();
    if (name != "from" && name != "to" && name != "auth")
      return scope.Error(
          arguments.At(0).at,
          absl::StrCat("\"", name, "\" is no part of the envelope; there are from and to"));
  }
  return One(EnvelopeTest{*std::move(fields), ReadAddressPart(arguments), matching->match,
                          std::move(matching->keys)});
}

// exists [MIME] <names>
Made MakeExists(Scope& scope, const Arguments& arguments) {
  auto names = scope.MakeTexts(arguments.At(0));
  auto mime = ReadMimeScope(scope, arguments);
  if (!names || !mime) return std::nullopt;
  WarnOfHeaderNames(scope, *names, arguments.At(0).at);
  return One(ExistsTest{*std::move(names), *std::move(mime)});
}

// size <:over / :under> <limit>
Made MakeSize(Scope& scope, const Arguments& arguments) {
  if (arguments.OfGroup("comparison").empty())
    return scope.Error(arguments.at, "the size test needs ':over' or ':under' before its number");
  return One(SizeTest{arguments.Has("over"), arguments.At(0).number});
}

// body [COMPARATOR] [MATCH-TYPE] [:raw / :content <types> / :text] <keys>
Made MakeBody(Scope& scope, const Arguments& arguments) {
  BodyTest test;
  auto matching = ReadMatching(scope, arguments, 0);
  if (!matching) return std::nullopt;
  if (arguments.Has("raw")) test.transform = BodyTransform::kRaw;
  if (const Argument* types = arguments.Value("content")) {
    auto texts = scope.MakeTexts(*types);
    if (!texts) return std::nullopt;
    for (Text& type : *texts)
      if (type.constant()) type = Text::Literal(absl::AsciiStrToLower(type.literal()));
    test.transform = BodyTransform::kContent;
    test.content_types = *std::move(texts);
  }
  if (test.transform != BodyTransform::kText) scope.program().needs_message = true;
  scope.program().needs_body = true;
  test.match = matching->match;
  test.keys = std::move(matching->keys);
  return One(std::move(test));
}

// What date and currentdate have in common; the part stands at `place`.
std::optional<DateTest> ReadDate(Scope& scope, const Arguments& arguments, size_t place) {
  DateTest test;
  auto part = TextAt(scope, arguments, place);
  auto matching = ReadMatching(scope, arguments, place + 1);
  if (!part || !matching || !CheckDatePart(scope, *part, arguments.At(place).at))
    return std::nullopt;
  if (!ReadText(scope, arguments, "zone", test.zone)) return std::nullopt;
  if (test.zone && !CheckZone(scope, *test.zone, arguments.Value("zone")->at)) return std::nullopt;
  test.original_zone = arguments.Has("originalzone");
  test.part = *std::move(part);
  test.match = matching->match;
  test.keys = std::move(matching->keys);
  return test;
}

// date [INDEX] [:zone <offset> / :originalzone] [COMPARATOR] [MATCH-TYPE] <header> <part> <keys>
Made MakeDate(Scope& scope, const Arguments& arguments) {
  const auto index = ReadIndex(scope, arguments);
  auto header = TextAt(scope, arguments, 0);
  std::optional<DateTest> test = ReadDate(scope, arguments, 1);
  if (!index || !header || !test) return std::nullopt;
  if (!CheckHeaderNames(scope, {*header}, arguments.At(0).at)) return std::nullopt;
  test->index = *index;
  test->header = *std::move(header);
  return One(*std::move(test));
}

// currentdate [:zone <offset>] [COMPARATOR] [MATCH-TYPE] <part> <keys>
Made MakeCurrentDate(Scope& scope, const Arguments& arguments) {
  std::optional<DateTest> test = ReadDate(scope, arguments, 0);
  if (!test) return std::nullopt;
  return One(*std::move(test));
}

// spamtest [:percent] [COMPARATOR] [MATCH-TYPE] <value>; virustest [COMPARATOR] [MATCH-TYPE]
// <value>
Made MakeVerdict(Scope& scope, const Arguments& arguments, VerdictKind kind) {
  auto matching = ReadMatching(scope, arguments, 0);
  if (!matching) return std::nullopt;
  return One(VerdictTest{kind, matching->match, std::move(matching->keys)});
}
Made MakeSpam(Scope& scope, const Arguments& arguments) {
  const bool percent = arguments.Has("percent");
  return MakeVerdict(scope, arguments, percent ? VerdictKind::kSpamPercent : VerdictKind::kSpam);
}
Made MakeVirus(Scope& scope, const Arguments& arguments) {
  return MakeVerdict(scope, arguments, VerdictKind::kVirus);
}

// attachment [:name <pattern>]: ours
Made MakeAttachment(Scope& scope, const Arguments& arguments) {
  AttachmentTest test;
  if (!ReadText(scope, arguments, "name", test.name)) return std::nullopt;
  scope.program().needs_message = true;
  return One(std::move(test));
}

}  // namespace

std::vector<TestRow> MessageTests() {
  constexpr absl::string_view kTransform = "body transform";
  const Tag zone = {"zone", Shape::kString, "", "time zone"};
  return {
      {{"header", "", kMatching | kIndexed | kMime | kMimeAspect, {}, {kHeaders, kKeys}},
       MakeHeader},
      {{"address",
        "",
        kMatching | kAddressPart | kIndexed | kMime,
        {},
        {{Shape::kStrings, "header list"}, kKeys}},
       MakeAddress},
      {{"envelope",
        "envelope",
        kMatching | kAddressPart,
        {},
        {{Shape::kStrings, "envelope parts"}, kKeys}},
       MakeEnvelope},
      {{"exists", "", kMime, {}, {kHeaders}}, MakeExists},
      {{"size",
        "",
        0,
        {{"over", Shape::kNothing, "", "comparison"}, {"under", Shape::kNothing, "", "comparison"}},
        {{Shape::kNumber, "limit"}}},
       MakeSize},
      {{"body",
        "body",
        kMatching,
        {{"raw", Shape::kNothing, "", kTransform},
         {"content", Shape::kStrings, "", kTransform},
         {"text", Shape::kNothing, "", kTransform}},
        {kKeys}},
       MakeBody},
      {{"date",
        "date",
        kMatching | kIndexed,
        {zone, {"originalzone", Shape::kNothing, "", "time zone"}},
        {{Shape::kString, "header name"}, {Shape::kString, "date part"}, kKeys}},
       MakeDate},
      {{"currentdate", "date", kMatching, {zone}, {{Shape::kString, "date part"}, kKeys}},
       MakeCurrentDate},
      {{"spamtest",
        "spamtest",
        kMatching,
        {{"percent", Shape::kNothing, "spamtestplus"}},
        {{Shape::kString, "value"}}},
       MakeSpam},
      {{"virustest", "virustest", kMatching, {}, {{Shape::kString, "value"}}}, MakeVirus},
      {{"attachment", "vnd.postern.attachment", 0, {{"name", Shape::kString}}, {}}, MakeAttachment},
  };
}

}  // namespace postern::rules::sieve
