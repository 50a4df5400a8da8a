#include "services/admin/oauth2/consent_endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "services/admin/oauth2/consent_pages.h"
#include "services/admin/oauth2/url.h"

namespace postern::admin {
namespace {

using process::HttpRequest;
using process::HttpResponse;

// By this name no other host of the domain can set it, and so make a browser take part in a
// consent that was begun elsewhere (RFC 6265bis section 4.1.3.2); it wants the path "/".
constexpr absl::string_view kCookie = "__Host-postern";
constexpr absl::string_view kFolder = "/oauth2/", kCallback = "callback";
constexpr size_t kIdBytes = 20;

// As crypto::RandomId makes them.
bool IsId(absl::string_view text) {
  return text.size() == 2 * kIdBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

// "" when there is none of ours.
std::string BrowserOf(absl::string_view cookies) {
  for (absl::string_view cookie : absl::StrSplit(cookies, ';')) {
    cookie = absl::StripAsciiWhitespace(cookie);
    const bool ours = absl::ConsumePrefix(&cookie, kCookie) && absl::ConsumePrefix(&cookie, "=");
    if (ours && IsId(cookie)) return std::string(cookie);
  }
  return "";
}

// That the page of this link was shown in this browser.
std::string FormKey(absl::string_view link, absl::string_view browser) {
  return crypto::Sha256Hex(absl::StrCat("go on\n", link, "\n", browser));
}

HttpResponse Html(int status, std::string page, bool has_form = false) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  // Browsers hold a form's redirects to it too, and providers redirect among hosts of theirs.
  const char* forms = has_form ? "'self' https:" : "'none'";
  response.headers = {{"Cache-Control", "no-store"},
                      {"Content-Security-Policy",
                       absl::StrCat("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
                                    "form-action ",
                                    forms)},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"}};
  response.body = std::move(page);
  return response;
}

HttpResponse Problem(const absl::Status& problem) {
  switch (problem.code()) {
    case absl::StatusCode::kNotFound:
      return Html(404, ProblemPage(problem));
    case absl::StatusCode::kResourceExhausted:
      return Html(429, ProblemPage(problem));
    case absl::StatusCode::kPermissionDenied:
      return Html(403, ProblemPage(problem));
    case absl::StatusCode::kFailedPrecondition:
      return Html(400, ProblemPage(problem));
    default:
      return Html(503, ProblemPage(problem));
  }
}

HttpResponse NoSuchPage() { return Problem(absl::NotFoundError("")); }

}  // namespace

ConsentEndpoint::ConsentEndpoint(ConsentDesk& desk, const std::string& public_url)
    : desk_(desk), path_(PathOf(public_url)) {}

net::Task<HttpResponse> ConsentEndpoint::Answer(HttpRequest request) {
  absl::string_view target = request.target;
  // Some proxies take the prefix away, some don't.
  if (absl::StartsWith(target, absl::StrCat(path_, kFolder))) target.remove_prefix(path_.size());
  if (!absl::ConsumePrefix(&target, kFolder)) co_return NoSuchPage();
  const std::pair<std::string, std::string> parts = absl::StrSplit(target, absl::MaxSplits('?', 1));
  std::string browser = BrowserOf(request.cookie);
  const bool get = request.method == "GET", post = request.method == "POST";
  if (parts.first == kCallback && get) {
    co_return co_await ComeBack(parts.second, std::move(browser));
  }
  if (!IsId(parts.first)) co_return NoSuchPage();
  if (get) co_return co_await Ask(parts.first, std::move(browser));
  if (post) co_return co_await GoOn(parts.first, std::move(browser), std::move(request.body));
  HttpResponse response = Html(405, "");
  response.headers.emplace_back("Allow", "GET, POST");
  co_return response;
}

net::Task<HttpResponse> ConsentEndpoint::Ask(std::string link, std::string browser) {
  auto errand = co_await desk_.Find(link);
  if (!errand.ok()) co_return Problem(errand.status());
  const bool is_new = browser.empty();
  if (is_new) browser = crypto::RandomId(kIdBytes);
  HttpResponse response = Html(200, AskingPage(*errand, FormKey(link, browser)), true);
  if (is_new) {
    response.headers.emplace_back(
        "Set-Cookie", absl::StrCat(kCookie, "=", browser,
                                   "; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"));
  }
  co_return response;
}

net::Task<HttpResponse> ConsentEndpoint::GoOn(std::string link, std::string browser,
                                              std::string form) {
  const bool seen = !browser.empty() && FieldOf(DecodeForm(form), "key") == FormKey(link, browser);
  if (!seen) co_return Problem(absl::PermissionDeniedError(""));
  auto url = co_await desk_.GoOn(std::move(link), std::move(browser));
  if (!url.ok()) co_return Problem(url.status());
  HttpResponse response = Html(303, "", true);
  response.headers.emplace_back("Location", *std::move(url));
  co_return response;
}

net::Task<HttpResponse> ConsentEndpoint::ComeBack(std::string query, std::string browser) {
  FormFields fields = DecodeForm(query);
  crypto::Wipe(query);
  ConsentDesk::Return came;
  came.state = FieldOf(fields, "state");
  came.browser = std::move(browser);
  came.code = crypto::Secret(FieldOf(fields, "code"));
  came.error = FieldOf(fields, "error");
  came.description = FieldOf(fields, "error_description");
  if (!IsId(came.state)) co_return NoSuchPage();
  auto errand = co_await desk_.ComeBack(std::move(came));
  if (!errand.ok()) co_return Problem(errand.status());
  co_return Html(200, ThankingPage(*errand));
}

}  // namespace postern::admin
