#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/rules/sieve/compile.h"

// Scripts such as the RFCs' sections show; some are adapted. Each has to compile.
namespace postern::rules::sieve {
namespace {

TEST(SieveRfcExamples, Compile) {
  struct {
    const char* section;
    const char* source;
  } const cases[] = {
      {"RFC 5228 section 1.1", "if address :all :is \"from\" \"tim@example.com\" { discard; }"},
      {"RFC 5228 section 2.4.2.1", R"(if anyof (not exists ["From", "Date"],
          header :contains "from" "fool@example.com") { discard; })"},
      {"RFC 5228 section 2.4.2.4", R"(require "encoded-character";
          if header :contains "Subject" "$${hex:24 24}" { discard; })"},
      {"RFC 5228 section 5.1", R"(if address :is :all "from" "tim@example.com" { discard; })"},
      {"RFC 5228 section 9", R"(
         # Example Sieve Filter
         require ["fileinto"];
         if header :is "Sender" "owner-ietf-mta-filters@imc.org" { fileinto "filter"; }
         elsif address :DOMAIN :is ["From", "To"] "example.com" { keep; }
         elsif anyof (NOT address :all :contains ["To", "Cc", "Bcc"] "me@example.com",
                      header :matches "subject" ["*make*money*fast*", "*university*dipl*mas*"])
         { fileinto "spam"; }
         else { fileinto "personal"; })"},
      {"RFC 5229 section 3", R"(require ["fileinto", "variables"];
         if header :matches "List-ID" "*<*@*" { fileinto "INBOX.lists.${2}"; stop; }
         if header :matches "Subject" "[*] *" { fileinto "INBOX.lists.${1}"; set "x" "${2}"; })"},
      {"RFC 5229 section 4", R"(require "variables"; set "honorific" "Mr"; set "first_name" "Wile";
         set :length "b" "${first_name}"; set :lower :upperfirst "b" "${honorific}";
         set :quotewildcard "b" "Rock*";)"},
      {"RFC 5230 section 4", R"(require "vacation"; vacation :days 23 :addresses ["tjs@example.edu",
         "ts4z@landru.example.edu"] "I'm away until October 19. If it's an emergency, call 911, I guess.";)"},
      {"RFC 5231 section 9", R"(require ["relational", "comparator-i;ascii-numeric", "fileinto"];
         if header :value "lt" :comparator "i;ascii-numeric" ["x-priority"] ["3"] { fileinto "Priority"; }
         elsif address :count "gt" :comparator "i;ascii-numeric" ["to"] ["5"] { fileinto "SPAM"; })"},
      {"RFC 5232 section 5", R"(require ["fileinto", "imap4flags", "relational", "variables"];
         if size :over 1M { addflag "MyFlags" "Big"; }
         if hasflag :count "ge" "MyFlags" "2" { fileinto :flags "${MyFlags}" "Big Mail"; })"},
      {"RFC 5233 section 4", R"(require ["envelope", "subaddress", "fileinto"];
         if envelope :detail "to" "spam" { fileinto "Spam"; })"},
      {"RFC 5260 section 4", R"(require ["date", "relational", "fileinto", "index"];
         if allof (currentdate :value "ge" "date" "2007-06-30", currentdate :value "ge" "hour" "09")
         { keep; }
         if date :index 1 :last :zone "-0800" :is "received" "weekday" "0" { fileinto "weekend"; })"},
      {"RFC 5293 section 4",
       R"(require ["editheader"]; addheader "X-Sieve-Filtered" "<kim@job.example.com>";
         deleteheader :index 1 :contains "Delivered-To" "bob@example.com";)"},
      {"RFC 5429 section 2.2", R"(require ["reject", "ereject"]; if size :over 100K { reject text:
Your message is too large.
.
; } ereject "no";)"},
      {"RFC 5435 section 3", R"(require ["enotify", "fileinto", "variables"];
         if header :contains "from" "boss@example.org" {
           notify :importance "1" :message "This is probably very important"
                  "mailto:alm@example.com"; stop; }
         if header :matches "Subject" "*" { set "subject" "${1}"; }
         notify :message "[SIEVE] ${subject}" "mailto:alm@example.com?cc=bob@example.com";)"},
      {"RFC 5437 section 4", R"(require ["enotify"];
         notify :importance "1" :message "Wake up!"
                "xmpp:romeo@im.example.com?message;subject=SIEVE;body=You%20got%20mail.";)"},
      {"RFC 5463 section 5", R"(require ["ihave"];
         if not ihave "x-unknown" { error "it is not here"; })"},
      {"RFC 5490 section 3", R"(require ["fileinto", "mailbox", "mboxmetadata"];
         if mailboxexists "Partners" { fileinto "Partners"; } else { fileinto :create "Partners2"; }
         if metadata :is "INBOX" "/private/vendor/v/filter" "on" { keep; })"},
      {"RFC 5703 section 4", R"(require ["mime", "fileinto"];
         if header :mime :anychild :contenttype "Content-Type" "text/calendar" { fileinto "calendar"; })"},
      {"RFC 6134 section 2.8",
       R"(require ["envelope", "extlists", "fileinto", "spamtest", "relational",
            "comparator-i;ascii-numeric"];
         if envelope :list "from" ":addrbook:default" {
           if allof (spamtest :value "ge" :comparator "i;ascii-numeric" "8") { fileinto "spam"; } }
         redirect :list "tag:example.com,2010-05-28:mylist";)"},
      {"RFC 7352 section 6", R"(require ["duplicate", "fileinto", "enotify"];
         if duplicate :seconds 1800 :handle "notifications" { stop; }
         if duplicate :header "x-event-id" :last { discard; })"},
      {"RFC 8579 section 5", R"(require ["fileinto", "special-use"];
         if specialuse_exists "\\Junk" { fileinto :specialuse "\\Junk" "Spam"; })"},
      {"RFC 8580 section 5", R"(require ["enotify", "fcc", "vacation"];
         vacation :days 7 :from "hemingway@example.com" :fcc "INBOX.Sent" "Gone Fishin'";)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.section);
    const Compiled compiled = Compile(c.source, CompileOptions());
    std::string told;
    for (const Problem& problem : compiled.problems)
      absl::StrAppend(&told, ToString(problem), "\n");
    EXPECT_EQ(told, "");
    EXPECT_NE(compiled.program, nullptr);
    const std::string printed = Print(Parse(c.source, CompileOptions()).script);
    EXPECT_EQ(Print(Parse(printed, CompileOptions()).script), printed);
  }
}

}  // namespace
}  // namespace postern::rules::sieve
