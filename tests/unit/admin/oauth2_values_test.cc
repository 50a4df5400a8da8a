// OAuth2's values: the operator's file, what is said to providers, what they answer, the pages.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "lib/net/host_pattern.h"
#include "services/admin/oauth2/consent_pages.h"
#include "services/admin/oauth2/provider_file.h"
#include "services/admin/oauth2/token_words.h"
#include "services/admin/oauth2/url.h"

namespace postern::admin {
namespace {

absl::StatusOr<std::string> SecretOf(const std::string& path) {
  if (path == "/secret") return std::string("from the file");
  return absl::InvalidArgumentError(path + ": No such file or directory");
}

ProviderFile Parse(const std::string& text) { return ParseProviderFile(text, &SecretOf); }

TEST(ProviderFile, PresetsNeedAnIdAlone) {
  const ProviderFile file = Parse(
      "# ours\n[google]\nclient-id = me.apps\nclient-secret-file = /secret\n"
      "[microsoft]\nclient-id=id\nclient-secret=a = b\n");
  ASSERT_EQ(absl::StrJoin(file.problems, "\n"), "");
  ASSERT_EQ(file.providers.size(), 2u);
  const OAuth2Provider& google = file.providers[0];
  EXPECT_EQ(google.label, "Google");
  EXPECT_EQ(google.client_secret.Reveal(), "from the file");
  EXPECT_EQ(google.scope, "https://mail.google.com/");
  EXPECT_EQ(google.device_url, "") << "Google gives no mail scope to devices";
  EXPECT_EQ(google.client_auth, OAuth2Provider::ClientAuth::kPost);
  ASSERT_EQ(google.parameters.size(), 2u);
  EXPECT_EQ(google.parameters[0].first, "access_type");
  EXPECT_EQ(file.providers[1].client_secret.Reveal(), "a = b");
  EXPECT_NE(file.providers[1].device_url, "");
}

TEST(ProviderFile, APresetCanBeSetAnewAndAnyOtherBeDescribed) {
  const ProviderFile file = Parse(
      "[google]\nclient-id = x\nhosts = imap.other.example\n"
      "[ours]\nclient-id = y\nhosts = IMAP.example.org., *.Mail.example.org\n"
      "authorization-url = https://id.example.org/a?b=c\ntoken-url = https://id.example.org/t\n"
      "client-authentication = post\nparameters = a=b c=d=e\n");
  ASSERT_EQ(absl::StrJoin(file.problems, "\n"), "");
  EXPECT_EQ(file.providers[0].hosts, std::vector<std::string>{"imap.other.example"});
  const OAuth2Provider& ours = file.providers[1];
  EXPECT_EQ(ours.label, "ours");
  EXPECT_EQ(ours.hosts, (std::vector<std::string>{"imap.example.org", "*.mail.example.org"}));
  EXPECT_TRUE(ours.client_secret.empty());
  EXPECT_EQ(ours.parameters[1], (std::pair<std::string, std::string>("c", "d=e")));
}

TEST(ProviderFile, EveryProblemIsToldWithItsLineAndNoSecret) {
  const char kWhole[] =
      "hosts = imap.example.org\nauthorization-url = https://a.example\n"
      "token-url = https://t.example\nclient-id = x\n";
  struct {
    const char* name;
    std::string text;
    const char* problems;
  } const cases[] = {
      {"empty", "", "1: there is no [provider]"},
      {"no section", "label = x", "1: a [provider] has to come first"},
      {"neither", "[google]\nclient-id = x\nwhat",
       "3: is neither [provider] nor 'setting = value'"},
      {"unknown", "[google]\nclient-id = x\nhots = y", "3: there is no setting 'hots'"},
      {"twice", "[google]\nclient-id = x\nclient-id = y", "3: 'client-id' is set twice"},
      {"two of a name", "[google]\nclient-id = x\n[google]\nclient-id = x",
       "3: [google] stands there twice"},
      {"bad name", std::string("[Our Mail]\n") + kWhole,
       "1: must be [NAME]: small letters, digits and dashes, at most 32"},
      {"no bracket", std::string("[ours\n") + kWhole,
       "1: must be [NAME]: small letters, digits and dashes, at most 32"},
      {"missing", "[ours]\nhosts = a.example",
       "1: [ours] needs 'client-id'\n1: [ours] needs 'authorization-url'\n"
       "1: [ours] needs 'token-url'"},
      {"in the clear", std::string("[ours]\n") + kWhole + "device-url = http://d.example",
       "6: device-url: must begin with https:// and a host, and have no blank and no #fragment"},
      {"bad host", "[google]\nclient-id = x\nhosts = a.example, *",
       "3: hosts: ' *' is neither a host name nor *.example.org"},
      {"two secrets", "[google]\nclient-id = x\nclient-secret = hush\nclient-secret-file = /secret",
       "4: client-secret and client-secret-file can't both be given"},
      {"no such file", "[google]\nclient-id = x\nclient-secret-file = /none",
       "3: /none: No such file or directory"},
      {"control character", "[google]\nclient-id = x\nclient-secret = hu\x01sh",
       "3: client-secret: must be at most 4096 bytes of UTF-8, without control characters"},
      {"authentication", "[google]\nclient-id = x\nclient-authentication = jwt",
       "3: client-authentication: must be basic or post"},
      {"parameter", "[google]\nclient-id = x\nparameters = prompt",
       "3: parameters: 'prompt' is not NAME=VALUE"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(absl::StrJoin(Parse(c.text).problems, "\n"), c.problems);
  }
}

TEST(HostPattern, NamesAHostOrAllBelow) {
  EXPECT_TRUE(net::MatchesHost("imap.example.org", "IMAP.example.org"));
  EXPECT_FALSE(net::MatchesHost("imap.example.org", "ximap.example.org"));
  EXPECT_TRUE(net::MatchesHost("*.example.org", "a.b.example.org"));
  EXPECT_FALSE(net::MatchesHost("*.example.org", "example.org"));
  EXPECT_FALSE(net::MatchesHost("*.example.org", ".example.org"));
  EXPECT_FALSE(net::MatchesHost("*.example.org", "badexample.org"));
  EXPECT_FALSE(net::MatchesHost("*.example.org", "a.example.org.evil.example"));
}

TEST(Url, FormsAreReadAsTheyAreWritten) {
  const FormFields fields = {{"a b", "c&d=e+f%"}, {"ü", "\x01<>"}, {"empty", ""}};
  EXPECT_EQ(EncodeForm(fields), "a%20b=c%26d%3De%2Bf%25&%C3%BC=%01%3C%3E&empty=");
  EXPECT_EQ(DecodeForm(EncodeForm(fields)), fields);
  EXPECT_EQ(FieldOf(DecodeForm("a=1+2&a=3"), "a"), "1 2");
  EXPECT_EQ(DecodeForm("a=%&b=%4&c=%zz&d"), (FormFields{{"d", ""}}));
  EXPECT_EQ(PathOf("https://example.org/mail//?x"), "/mail");
  EXPECT_EQ(PathOf("https://example.org"), "");
  for (const char* bad : {"http://a.example", "https://", "https:///a", "https://a.example/ b",
                          "https://a.example/#b", "https://a.example/\"", "HTTPS"}) {
    EXPECT_FALSE(IsHttpsUrl(bad)) << bad;
  }
}

OAuth2Provider Provider() {
  OAuth2Provider provider;
  provider.name = "ours";
  provider.client_id = "our id";
  provider.client_secret = crypto::Secret("s:cret");
  provider.authorization_url = "https://id.example.org/auth?tenant=1";
  provider.token_url = "https://id.example.org/token";
  provider.scope = "mail offline_access";
  provider.parameters = {{"prompt", "consent"}};
  return provider;
}

TEST(TokenWords, TheConsentUrlHasAPkceChallenge) {
  // RFC 7636 appendix B.
  EXPECT_EQ(ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  ConsentRequest request{"https://mail.example.org/oauth2/callback", "state", "verifier",
                         "ann@example.org"};
  EXPECT_EQ(ConsentUrl(Provider(), request),
            "https://id.example.org/auth?tenant=1&response_type=code&client_id=our%20id&"
            "redirect_uri=https%3A%2F%2Fmail.example.org%2Foauth2%2Fcallback&state=state&"
            "code_challenge=iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ&"
            "code_challenge_method=S256&scope=mail%20offline_access&"
            "login_hint=ann%40example.org&prompt=consent");
}

TEST(TokenWords, TheClientSaysWhoItIsInTheWayThatIsConfigured) {
  OAuth2Provider provider = Provider();
  HttpPost post = RefreshPost(provider, crypto::Secret("r&t"));
  EXPECT_EQ(post.form.Reveal(), "grant_type=refresh_token&refresh_token=r%26t");
  EXPECT_EQ(post.authorization.Reveal(), "Basic b3VyJTIwaWQ6cyUzQWNyZXQ=");  // "our%20id:s%3Acret"
  provider.client_auth = OAuth2Provider::ClientAuth::kPost;
  post = RefreshPost(provider, crypto::Secret("r"));
  EXPECT_TRUE(post.authorization.empty());
  EXPECT_EQ(post.form.Reveal(),
            "grant_type=refresh_token&refresh_token=r&client_id=our%20id&client_secret=s%3Acret");
  provider.client_secret = crypto::Secret();
  EXPECT_EQ(RefreshPost(provider, crypto::Secret("r")).form.Reveal(),
            "grant_type=refresh_token&refresh_token=r&client_id=our%20id");
}

TEST(TokenWords, AnAnswerHasItsMeaning) {
  using Kind = TokenAnswer::Kind;
  struct {
    const char* name;
    int status;
    const char* body;
    Kind kind;
  } const cases[] = {
      {"granted", 200, R"({"access_token":"t","token_type":"bearer","expires_in":10})",
       Kind::kGranted},
      {"nothing but a token", 200, R"({"access_token":"t"})", Kind::kGranted},
      {"of another type", 200, R"({"access_token":"t","token_type":"mac"})", Kind::kNonsense},
      {"breaks out", 200, "{\"access_token\":\"t\\r\\nA LOGOUT\"}", Kind::kNonsense},
      {"separator of XOAUTH2", 200, "{\"access_token\":\"t\\u0001\"}", Kind::kNonsense},
      {"a number for a token", 200, R"({"access_token":5})", Kind::kNonsense},
      {"bad refresh token", 200, R"({"access_token":"t","refresh_token":"a b"})", Kind::kNonsense},
      {"revoked", 400, R"({"error":"invalid_grant"})", Kind::kRefused},
      {"revoked, Microsoft's", 400, R"({"error":"interaction_required"})", Kind::kRefused},
      {"denied", 400, R"({"error":"access_denied"})", Kind::kRefused},
      {"pending", 400, R"({"error":"authorization_pending"})", Kind::kPending},
      {"slow down", 400, R"({"error":"slow_down"})", Kind::kSlowDown},
      {"wrong client", 401, R"({"error":"invalid_client"})", Kind::kWrongClient},
      {"trouble in words", 400, R"({"error":"temporarily_unavailable"})", Kind::kNotNow},
      {"trouble", 503, "<html>", Kind::kNotNow},
      {"too many", 429, "{}", Kind::kNotNow},
      {"moved", 302, "", Kind::kNonsense},
      {"not JSON", 200, "access_token=t", Kind::kNonsense},
      {"no object", 200, "[1]", Kind::kNonsense},
      {"deep", 200, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[", Kind::kNonsense},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReadTokenAnswer(HttpAnswer{c.status, c.body}).kind, c.kind);
  }
}

TEST(TokenWords, WhatAProviderRepeatsOfARequestIsNotTold) {
  const struct {
    const char* name;
    HttpPost post;
    std::string says;
  } cases[] = {
      {"a token", RefreshPost(Provider(), crypto::Secret("1//a-refresh+token/of=ours")),
       "unknown: 1//a-refresh+token/of=ours"},
      {"as it was sent", RefreshPost(Provider(), crypto::Secret("1//a-refresh+token/of=ours")),
       "unknown: 1%2F%2Fa-refresh%2Btoken%2Fof%3Dours"},
      {"a code",
       CodePost(Provider(), crypto::Secret("4/the-code-of-today"), "verifier", "https://x"),
       "unknown: 4/the-code-of-today"},
      {"beyond where it is cut",
       RefreshPost(Provider(), crypto::Secret("1//a-refresh+token/of=ours")),
       std::string(270, 'x') + " 1//a-refresh+token/of=ours"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string body = R"({"error":"invalid_grant","error_description":")" + c.says + R"("})";
    const TokenAnswer answer = ReadTokenAnswer(HttpAnswer{400, body}, MaskFor(c.post));
    EXPECT_EQ(answer.kind, TokenAnswer::Kind::kRefused);
    EXPECT_TRUE(absl::StrContains(answer.why, "***")) << answer.why;
    EXPECT_FALSE(absl::StrContains(answer.why, "a-refresh")) << answer.why;
    EXPECT_FALSE(absl::StrContains(answer.why, "the-code")) << answer.why;
  }
}

TEST(TokenWords, LifetimesAreWithinReason) {
  struct {
    const char* expires;
    int seconds;
  } const cases[] = {{"3600", 3600},  {"\"3599\"", 3599}, {"-5", 1},  {"1e300", 86400},
                     {"\"x\"", 1800}, {"\"nan\"", 1},     {"null", 1}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.expires);
    const std::string body =
        absl::StrCat("{\"access_token\":\"t\",\"expires_in\":", c.expires, "}");
    EXPECT_EQ(ReadTokenAnswer(HttpAnswer{200, body}).lifetime.count(), c.seconds);
  }
  EXPECT_EQ(ReadTokenAnswer(HttpAnswer{200, R"({"access_token":"t"})"}).lifetime.count(), 1800);
}

TEST(TokenWords, ADeviceAnswerLeadsNowhereButToHttps) {
  const DeviceAnswer good = ReadDeviceAnswer(HttpAnswer{
      200,
      R"({"device_code":"d","user_code":"AB-CD","verification_uri":"https://id.example.org/d",
          "expires_in":900,"interval":1e9})"});
  ASSERT_TRUE(good.granted);
  EXPECT_EQ(good.user_code, "AB-CD");
  EXPECT_EQ(good.interval.count(), 300);
  for (const char* bad :
       {R"({"device_code":"d","user_code":"x","verification_uri":"http://id.example.org"})",
        R"({"device_code":"d","user_code":"x","verification_uri":"javascript:alert"})",
        R"({"device_code":"","user_code":"x","verification_uri":"https://id.example.org"})",
        R"({"device_code":"d","user_code":"","verification_uri":"https://id.example.org"})", "{",
        R"({"error":"unauthorized_client"})"}) {
    EXPECT_FALSE(ReadDeviceAnswer(HttpAnswer{200, bad}).granted) << bad;
  }
}

TEST(ConsentPages, EscapeWhatOthersSay) {
  ConsentDesk::Errand errand;
  errand.account.set_owner("ann@example.org");
  errand.account.set_login("\"><script>alert('1')</script>");
  errand.account.set_name("work");
  errand.account.set_host("imap.example.org");
  errand.provider = "A & B";
  for (const std::string& page :
       {AskingPage(errand, "key"), ThankingPage(errand),
        ProblemPage(absl::FailedPreconditionError("<script>alert('1')</script>"))}) {
    EXPECT_FALSE(absl::StrContains(page, "<script")) << page;
    EXPECT_FALSE(absl::StrContains(page, "'1'")) << page;
  }
  const std::string page = AskingPage(errand, "key");
  EXPECT_TRUE(absl::StrContains(page, "ann@example.org"));
  EXPECT_TRUE(absl::StrContains(page, "Go on to A &amp; B"));
}

}  // namespace
}  // namespace postern::admin
