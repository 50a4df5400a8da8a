// Consent by a link and by a code, as browsers, providers and strangers go about it.
#include "absl/strings/str_split.h"
#include "tests/unit/admin/oauth2_harness.h"

namespace postern::admin {
namespace {

// A browser with one cookie.
class Consent : public OAuth2Harness {
 protected:
  process::HttpResponse Http(const std::string& method, const std::string& target,
                             const std::string& body = "") {
    process::HttpRequest request{method, target, absl::StrCat("other=1; ", cookie_), body};
    auto response = testing::Await(io_, admin_->oauth2.pages().Answer(std::move(request)));
    const std::string set = HeaderOf(response, "Set-Cookie");
    if (!set.empty()) cookie_ = set.substr(0, set.find(';'));
    return response;
  }
  static std::string HeaderOf(const process::HttpResponse& response, const std::string& name) {
    for (const auto& [known, value] : response.headers) {
      if (known == name) return value;
    }
    return "";
  }
  static std::string Between(const std::string& text, const std::string& a, const std::string& b) {
    const size_t begin = text.find(a);
    if (begin == std::string::npos) return "";
    return text.substr(begin + a.size(), text.find(b, begin + a.size()) - begin - a.size());
  }
  // The path of the account's link.
  std::string Link(const std::string& id) {
    auto begun = Begin(id);
    EXPECT_TRUE(begun.ok()) << begun.status();
    return begun.ok() ? begun->url().substr(std::string("https://mail.example.org").size()) : "";
  }
  // Sees the page and presses its button: where that leads.
  std::string GoOn(const std::string& link) {
    const auto page = Http("GET", link);
    EXPECT_EQ(page.status, 200);
    const auto sent =
        Http("POST", link, absl::StrCat("key=", Between(page.body, "value=\"", "\"")));
    EXPECT_EQ(sent.status, 303);
    return HeaderOf(sent, "Location");
  }
  static std::string StateIn(const std::string& url) {
    const std::vector<std::string> parts = absl::StrSplit(url, absl::MaxSplits('?', 1));
    return parts.size() == 2 ? FieldOf(DecodeForm(parts[1]), "state") : "";
  }
  std::string cookie_;
};

TEST_F(Consent, ByALinkOpensTheMailboxAtOnce) {
  const std::string id = Register().id();
  const std::string link = Link(id);
  EXPECT_EQ(Link(id), link) << "one that holds is answered again";
  const auto page = Http("GET", link);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(absl::StrContains(page.body, "ann@example.org"));
  EXPECT_TRUE(absl::StrContains(page.body, "Go on to Ours"));
  EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
  EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer");
  EXPECT_TRUE(
      absl::StrContains(HeaderOf(page, "Content-Security-Policy"), "form-action 'self' https:"));
  EXPECT_TRUE(absl::StrContains(HeaderOf(page, "Set-Cookie"),
                                "; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"));
  EXPECT_TRUE(absl::StartsWith(HeaderOf(page, "Set-Cookie"), "__Host-"));
  const std::string url = GoOn(link);
  EXPECT_TRUE(absl::StartsWith(url, "https://id.example.org/auth?"));
  const std::string challenge =
      FieldOf(DecodeForm(url.substr(url.find('?') + 1)), "code_challenge");

  provider_.answers = {Granted("access", "refresh", 3600)};
  const std::string back =
      absl::StrCat("/chat/oauth2/callback?code=the%2Fcode&state=", StateIn(url));
  const auto thanks = Http("GET", back);
  EXPECT_EQ(thanks.status, 200) << thanks.body;
  EXPECT_EQ(Posted(0, "code"), "the/code");
  EXPECT_EQ(Posted(0, "redirect_uri"), "https://mail.example.org/chat/oauth2/callback");
  EXPECT_EQ(ChallengeOf(Posted(0, "code_verifier")), challenge);
  EXPECT_EQ(StoredToken(id), "refresh");
  EXPECT_EQ(Now(id).health().state(), v1::HEALTH_STATE_CHECKING);
  EXPECT_EQ(TokenText(id), "access");
  EXPECT_EQ(provider_.forms.size(), 1u) << "the token that came along serves";

  EXPECT_EQ(Http("GET", back).status, 404) << "a code that comes twice";
  EXPECT_EQ(Http("GET", link).status, 404) << "the link is over";
  EXPECT_EQ(StoredToken(id), "refresh");
}

TEST_F(Consent, SurvivesARestartAndAnyAdminTakesIt) {
  const std::string id = Register().id();
  const std::string url = GoOn(Link(id));
  Restart();
  provider_.answers = {Granted("access", "refresh", 3600)};
  EXPECT_EQ(Http("GET", "/oauth2/callback?code=c&state=" + StateIn(url)).status, 200)
      << "and the proxy may take the prefix away";
  EXPECT_EQ(StoredToken(id), "refresh");
}

TEST_F(Consent, OfAnotherBrowserIsNone) {
  const std::string id = Register().id();
  const std::string link = Link(id);
  // Sends a victim to the provider by a page of their own: the form was not seen.
  EXPECT_EQ(Http("POST", link, "key=").status, 403);
  (void)Http("GET", link);
  EXPECT_EQ(Http("POST", link, "key=guessed").status, 403);
  const std::string url = GoOn(link);
  for (const char* stolen : {"", "__Host-postern=0000000000000000000000000000000000000000"}) {
    const std::string mine = cookie_;
    const std::string fresh = GoOn(link);
    cookie_ = stolen;
    EXPECT_EQ(Http("GET", "/oauth2/callback?code=c&state=" + StateIn(fresh)).status, 403);
    cookie_ = mine;
    EXPECT_EQ(Http("GET", "/oauth2/callback?code=c&state=" + StateIn(fresh)).status, 404)
        << "and is over by that";
  }
  EXPECT_TRUE(provider_.forms.empty());
  EXPECT_EQ(StoredToken(id), "");
}

TEST_F(Consent, ThatIsDeniedShowsWhyAndNothingElse) {
  const std::string id = Register().id();
  const std::string link = Link(id);
  const auto page =
      Http("GET", absl::StrCat("/oauth2/callback?error=access_denied&error_description=%3Cscript"
                               "%3Ealert(1)%3C/script%3E&state=",
                               StateIn(GoOn(link))));
  EXPECT_EQ(page.status, 400);
  EXPECT_TRUE(absl::StrContains(page.body, "access_denied: &lt;script&gt;"));
  EXPECT_FALSE(absl::StrContains(page.body, "<script"));
  EXPECT_EQ(StoredToken(id), "");
  provider_.answers = {Refused("invalid_grant")};
  EXPECT_EQ(Http("GET", "/oauth2/callback?code=c&state=" + StateIn(GoOn(link))).status, 400);
  EXPECT_EQ(Http("GET", link).status, 200) << "the link still holds";
}

TEST_F(Consent, WithoutARefreshTokenIsNone) {
  const std::string id = Register().id();
  provider_.answers = {Granted("access", "", 3600)};
  const auto page = Http("GET", "/oauth2/callback?code=c&state=" + StateIn(GoOn(Link(id))));
  EXPECT_EQ(page.status, 400);
  EXPECT_TRUE(absl::StrContains(page.body, "no lasting access"));
  EXPECT_EQ(TokenText(id), "UNAUTHENTICATED");
}

TEST_F(Consent, ForAnAccountThatHasMovedIsOver) {
  const v1::Account account = Register();
  const std::string link = Link(account.id());
  const std::string url = GoOn(link);
  v1::Account moved = account;
  moved.set_host("imap.example.net");
  ASSERT_TRUE(testing::Await(io_, admin_->accounts.Put(moved, crypto::Secret("pw"), "")).ok());
  EXPECT_EQ(Http("GET", link).status, 404);
  EXPECT_EQ(Http("GET", "/oauth2/callback?code=c&state=" + StateIn(url)).status, 404);
  EXPECT_TRUE(provider_.forms.empty());
  EXPECT_EQ(StoredToken(account.id()), "pw");
}

TEST_F(Consent, AnythingElseIsNoPage) {
  const std::string id(40, 'a');
  for (const std::string& target :
       {std::string("/"), std::string("/oauth2"), std::string("/oauth2/"), "/oauth2/" + id,
        std::string("/oauth2/callback"), "/oauth2/callback?state=" + id,
        std::string("/oauth2/../etc/passwd"), std::string("/oauth2/callback?state=%00*&code=x"),
        "/oauth2/" + id + "/x"}) {
    EXPECT_EQ(Http("GET", target).status, 404) << target;
  }
  EXPECT_EQ(Http("DELETE", "/oauth2/" + id).status, 405);
}

TEST_F(Consent, ALinkSendsABrowserTwentyTimesAtMost) {
  const std::string link = Link(Register().id());
  for (int i = 0; i < ConsentStore::kMostTries; ++i) EXPECT_NE(GoOn(link), "");
  const auto page = Http("GET", link);
  const auto refused =
      Http("POST", link, absl::StrCat("key=", Between(page.body, "value=\"", "\"")));
  EXPECT_EQ(refused.status, 429);
}

class ConsentByCode : public Consent {
 protected:
  ConsentByCode() {
    settings_.providers[0].device_url = "https://id.example.org/device";
    Restart();
  }
  static HttpAnswer Code(int interval, int lifetime = 900) {
    return {200, absl::StrCat(R"({"device_code":"device-secret","user_code":"AB-CD",)",
                              R"("verification_uri":"https://id.example.org/d","expires_in":)",
                              lifetime, ",\"interval\":", interval, "}")};
  }
};

TEST_F(ConsentByCode, IsAskedForInTheProvidersTimeAndSurvivesARestart) {
  const std::string id = Register().id();
  provider_.answers = {Code(1)};
  const auto begun = Begin(id);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->user_code(), "AB-CD");
  EXPECT_EQ(begun->device_url(), "https://id.example.org/d");
  EXPECT_LE(begun->expires_unix(), std::time(nullptr) + 900);
  EXPECT_EQ(Begin(id)->user_code(), "AB-CD");
  EXPECT_EQ(provider_.forms.size(), 1u) << "the same code is told again";
  provider_.otherwise = Refused("authorization_pending");
  ASSERT_TRUE(RunUntil([&] { return provider_.forms.size() >= 2; }));
  EXPECT_EQ(Posted(1, "device_code"), "device-secret");
  Restart();
  provider_.otherwise = Granted("access", "refresh", 3600);
  ASSERT_TRUE(RunUntil([&] { return StoredToken(id) == "refresh"; }));
  EXPECT_EQ(TokenText(id), "access");
  const size_t asked = provider_.forms.size();
  testing::Await(io_, net::Sleep(std::chrono::milliseconds(2500)));
  EXPECT_EQ(provider_.forms.size(), asked) << "nobody asks any more";
}

TEST_F(ConsentByCode, SlowsDownWhenTold) {
  const std::string id = Register().id();
  provider_.answers = {Code(1), Refused("slow_down")};
  ASSERT_TRUE(Begin(id).ok());
  ASSERT_TRUE(RunUntil([&] { return provider_.forms.size() == 2; }));
  provider_.answers = {Granted("access", "refresh", 3600)};
  testing::Await(io_, net::Sleep(std::chrono::milliseconds(2500)));
  EXPECT_EQ(provider_.forms.size(), 2u) << "1 s has become 6 s";
}

TEST_F(ConsentByCode, ThatIsDeniedIsNotAskedForAgain) {
  const std::string id = Register().id();
  provider_.answers = {Code(1), Refused("access_denied")};
  ASSERT_TRUE(Begin(id).ok());
  ASSERT_TRUE(RunUntil([&] { return provider_.forms.size() == 2; }));
  testing::Await(io_, net::Sleep(std::chrono::milliseconds(2500)));
  EXPECT_EQ(provider_.forms.size(), 2u);
  EXPECT_EQ(StoredToken(id), "");
}

TEST_F(ConsentByCode, LeavesTheLinkWhenThereIsNoCode) {
  const std::string id = Register().id();
  provider_.answers = {HttpAnswer{400, R"({"error":"unauthorized_client"})"}};
  const auto begun = Begin(id);
  ASSERT_TRUE(begun.ok());
  EXPECT_EQ(begun->user_code(), "");
  EXPECT_NE(begun->url(), "");
}

TEST_F(ConsentByCode, NothingSecretLiesInRedis) {
  const std::string id = Register().id();
  provider_.answers = {Code(300)};
  ASSERT_TRUE(Begin(id).ok());
  const std::string key = absl::StrCat("postern:consent:{consent}:device:", id);
  std::vector<std::string> read{"HGETALL", key};
  const auto all = testing::Await(io_, admin_->redis->Command(std::move(read)));
  ASSERT_TRUE(all.ok());
  ASSERT_FALSE(all->items.empty());
  for (const auto& item : all->items) {
    EXPECT_FALSE(absl::StrContains(item.text, "device-secret")) << item.text;
  }
}

}  // namespace
}  // namespace postern::admin
