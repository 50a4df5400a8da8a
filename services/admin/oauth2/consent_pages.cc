#include "services/admin/oauth2/consent_pages.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::admin {
namespace {

std::string Page(absl::string_view title, absl::string_view body) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      EscapeHtml(title), "</title>\n</head>\n<body>\n<h1>", EscapeHtml(title), "</h1>\n", body,
      "</body>\n</html>\n");
}

std::string Paragraph(absl::string_view text) {
  return absl::StrCat("<p>", EscapeHtml(text), "</p>\n");
}

std::string Describe(const ConsentDesk::Errand& errand) {
  return absl::StrCat("<dl>\n<dt>Mailbox</dt><dd>", EscapeHtml(errand.account.login()), " at ",
                      EscapeHtml(errand.account.host()), "</dd>\n<dt>Jabber address</dt><dd>",
                      EscapeHtml(errand.account.owner()), "</dd>\n<dt>Account</dt><dd>",
                      EscapeHtml(errand.account.name()), "</dd>\n</dl>\n");
}

constexpr char kNewLink[] =
    "To get a new link, send the word \"consent\" to the gateway in your chat client.";

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string AskingPage(const ConsentDesk::Errand& errand, absl::string_view key) {
  return Page(
      "Mail as chat",
      absl::StrCat(
          Paragraph(absl::StrCat("This gateway asks for access to a mailbox at ", errand.provider,
                                 ", to show its mail as chat.")),
          Describe(errand),
          Paragraph("Go on only if this Jabber address is yours: whoever owns it will read the "
                    "mail."),
          "<form method=\"post\">\n<input type=\"hidden\" name=\"key\" value=\"", EscapeHtml(key),
          "\">\n<button type=\"submit\">Go on to ", EscapeHtml(errand.provider),
          "</button>\n</form>\n"));
}

std::string ThankingPage(const ConsentDesk::Errand& errand) {
  return Page("Thank you",
              absl::StrCat(Paragraph("The gateway now tries to open the mailbox, and tells you "
                                     "by chat. You may close this page."),
                           Describe(errand)));
}

std::string ProblemPage(const absl::Status& problem) {
  switch (problem.code()) {
    case absl::StatusCode::kNotFound:
      return Page("This link can't be used any more",
                  absl::StrCat(Paragraph("It was used already, it has expired, or the account "
                                         "has changed."),
                               Paragraph(kNewLink)));
    case absl::StatusCode::kResourceExhausted:
      return Page("This link was tried too often", Paragraph(kNewLink));
    case absl::StatusCode::kPermissionDenied:
      return Page("Another browser",
                  absl::StrCat(Paragraph("Consent was not begun in this browser, or it keeps no "
                                         "cookies. If you followed a link from somebody else, "
                                         "close this page."),
                               Paragraph(kNewLink)));
    case absl::StatusCode::kFailedPrecondition:
      return Page("No access was given", absl::StrCat(Paragraph("The mail provider says:"),
                                                      "<blockquote>", EscapeHtml(problem.message()),
                                                      "</blockquote>\n", Paragraph(kNewLink)));
    default:
      return Page("Not now", Paragraph("The gateway or the mail provider can't be reached at the "
                                       "moment. Open the link from your chat again in a minute."));
  }
}

}  // namespace postern::admin
