#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/program_builder.h"
#include "services/rules/jsmail/responder_lines.h"

namespace postern::rules::jsmail {
namespace {

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

// "Look for": anywhere in it, in whatever case.
Test SubjectHolds(const std::string& words) {
  HeaderTest test;
  test.names = {Text::Literal("subject")};
  test.match.type = MatchType::kContains;
  test.match.collation = IsAscii(words) ? Collation::kAsciiCasemap : Collation::kUnicodeCasemap;
  test.keys.texts = {Text::Literal(words)};
  return test;
}

// RFC 3834 section 2: Auto-Submitted with any value but "no". Such a mail gets no answer and
// runs nothing; further reasons to be silent are found where answers are made.
constexpr char kAutomatic[] = R"((?i)^\s*([^n\s]|n([^o]|$)|no[^\s;(]))";

Test IsAutomatic(const std::shared_ptr<const RE2>& pattern) {
  HeaderTest test;
  test.names = {Text::Literal("auto-submitted")};
  test.match = RegexMatch();
  test.keys = RegexKeys(pattern);
  return test;
}

Test HasNoSender() {
  EnvelopeTest test;
  test.fields = {Text::Literal("from")};
  test.keys.texts.emplace_back();
  return test;
}

class ResponderCompiler {
 public:
  ResponderCompiler(absl::string_view source, const CompileOptions& options)
      : options_(options), source_(source, options.file_name) {}

  Compiled Run() {
    auto automatic = CompilePattern(kAutomatic, PatternMemory(1));
    if (!automatic.ok()) return {};  // it is the same for ever, and tests compile it
    automatic_ = *std::move(automatic);
    const ResponderLines read = ReadResponders(source_);
    ProgramBuilder builder(source_, "jsmail-responders");
    for (const ResponderLine& entry : read.entries) Add(entry, read, builder);
    Compiled compiled;
    if (!source_.failed()) {
      builder.program().runs = runs_;
      compiled.program = builder.Finish();
    }
    compiled.problems = source_.TakeProblems();
    return compiled;
  }

 private:
  void Add(const ResponderLine& entry, const ResponderLines& read, ProgramBuilder& builder) {
    if (!entry.program.empty() && !options_.operator_rule) {
      return source_.Fail(entry.line, entry.program_at,
                          "only rules of the site may run programs; write \"!\" in its place");
    }
    builder.BeginRule(entry.line, absl::StripAsciiWhitespace(entry.line.text));
    builder.If(SubjectHolds(entry.subject));
    if (!entry.text_file.empty()) AddAnswer(entry, read, builder);
    if (!entry.forward.empty()) AddForward(entry, builder);
    builder.Stop();
    builder.EndRule();
  }

  void AddAnswer(const ResponderLine& entry, const ResponderLines& read, ProgramBuilder& builder) {
    const auto text = FindText(entry, read);
    if (!text && entry.program.empty()) {
      return source_.Fail(entry.line, entry.text_at,
                          absl::StrCat("there is no text ", entry.text_file,
                                       " beside this file, and no program that makes it"));
    }
    builder.IfNotHere(IsAutomatic(automatic_));
    Reply reply;
    reply.text = Text::Literal(text.value_or(""));
    reply.file_name = entry.text_file;
    reply.handle = HandleOf(entry);
    if (!entry.program.empty()) {
      reply.run = runs_++;
      RunProgram run;
      run.id = *reply.run;
      run.program = entry.program;
      builder.Do(std::move(run));
      builder.IfHere(ExitCodeTest{*reply.run, 0});
    }
    builder.IfNotHere(HasNoSender());
    builder.Do(std::move(reply));
    builder.EndIf();
  }

  // In the file itself, else beside it. As UTF-8 with LF.
  std::optional<std::string> FindText(const ResponderLine& entry, const ResponderLines& read) {
    const auto embedded = read.texts.find(entry.text_file);
    if (embedded != read.texts.end()) return embedded->second;
    if (!options_.read_text) return std::nullopt;
    auto text = options_.read_text(entry.text_file);
    if (!text) return std::nullopt;
    if (text->size() > kMaxReplyBytes) {
      source_.Fail(entry.line, entry.text_at,
                   absl::StrCat("the text is larger than ", kMaxReplyBytes / 1024, " KiB"));
    }
    if (!mail::IsUtf8(*text)) text = mail::ToUtf8(*text, "windows-1252");
    return mail::CleanText(*text);
  }

  void AddForward(const ResponderLine& entry, ProgramBuilder& builder) {
    std::string address = entry.forward;
    if (!absl::StrContains(address, '@')) {
      if (options_.local_domain.empty()) {
        return source_.Fail(entry.line, entry.forward_at,
                            "the domain of this user is not known: write a whole address, or name "
                            "the domain with --jsmail-domain of the rules service");
      }
      absl::StrAppend(&address, "@", options_.local_domain);
    }
    const auto parsed = mail::ParseAddress(address);
    if (!parsed.ok() || !parsed->display_name.empty()) {
      return source_.Fail(entry.line, entry.forward_at,
                          "must be a user, like ann, or an address, like ann@example.net");
    }
    Redirect redirect;
    redirect.address = Text::Literal(parsed->Spec());
    redirect.copy = true;
    builder.Do(std::move(redirect));
  }

  // Another text of the same name is another answer.
  static std::string HandleOf(const ResponderLine& entry) {
    const std::string what = absl::StrCat(entry.subject, "\n", entry.text_file);
    return absl::StrCat("responder:", crypto::Sha256Hex(what).substr(0, 16));
  }

  const CompileOptions& options_;
  Source source_;
  std::shared_ptr<const RE2> automatic_;
  uint32_t runs_ = 0;
};

}  // namespace

Compiled CompileResponders(absl::string_view source, const CompileOptions& options) {
  return ResponderCompiler(source, options).Run();
}

}  // namespace postern::rules::jsmail
