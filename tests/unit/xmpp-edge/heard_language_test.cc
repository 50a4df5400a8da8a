#include <gtest/gtest.h>

#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

struct HeardLanguageTest : ::testing::Test {
  void AddAccount(const std::string& chosen, const std::string& heard) {
    admin::v1::Account account = SmtpAccount("ann@example.org", "out");
    account.mutable_preferences()->set_language(chosen);
    account.mutable_preferences()->set_heard_language(heard);
    bench.admin.Add(account);
  }
  // Ann's client sends it.
  void Speak(const std::string& kind, const std::string& type, const std::string& lang) {
    Element stanza = MakeStanza(kind, kAnn, kDomain, type, "s1");
    if (!lang.empty()) stanza.Set("xml:lang", lang);
    if (kind == "iq") stanza.Add(MakeElement("query", "jabber:iq:register"));
    bench.Route(std::move(stanza));
    bench.Settle();
  }
  // "chosen/heard" of each call to admin.
  std::vector<std::string> Kept() {
    std::vector<std::string> kept;
    for (const auto& request : bench.admin.preferences()) {
      EXPECT_EQ(request.user(), "ann@example.org");
      kept.push_back(request.preferences().language() + "/" +
                     request.preferences().heard_language());
    }
    return kept;
  }

  FeatureBench bench;
};

using Strings = std::vector<std::string>;

TEST_F(HeardLanguageTest, IsKeptForWhatIsSaidUnasked) {
  AddAccount("", "");
  bench.Install();
  Speak("presence", "", "de-AT");
  EXPECT_EQ(Kept(), Strings{"/de"});
  EXPECT_EQ(bench.context().interpreter.Of("ann@example.org").language(), "de")
      << "ahead of the news from admin";
  Speak("message", "chat", "de");
  EXPECT_EQ(Kept().size(), 1u) << "it is known";
}

TEST_F(HeardLanguageTest, IsWrittenOncePerUserAndMoment) {
  AddAccount("", "");
  bench.Install();
  for (const char* lang : {"de", "fr", "de", "fr"}) Speak("presence", "", lang);
  EXPECT_EQ(Kept(), Strings{"/de"}) << "two clients of one user would write for ever";
}

TEST_F(HeardLanguageTest, IsNotAskedOfThoseWhoHaveChosen) {
  AddAccount("fr", "");
  bench.Install();
  Speak("presence", "", "de");
  EXPECT_EQ(Kept(), Strings{});
}

TEST_F(HeardLanguageTest, IsNotHeardInWhatTellsNothing) {
  AddAccount("", "es");
  bench.Install();
  Speak("presence", "unavailable", "de");
  Speak("presence", "subscribed", "de");
  Speak("presence", "", "");
  Speak("presence", "", "tlh");
  Speak("iq", "get", "de");
  Speak("message", "chat", "es-MX");
  EXPECT_EQ(Kept(), Strings{});
}

TEST_F(HeardLanguageTest, IsForgottenWhenItCanNotBeKept) {
  AddAccount("", "fr");
  bench.Install();
  bench.admin.FailWith(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no"));
  Speak("presence", "", "de");
  EXPECT_EQ(Kept(), Strings{"/de"});
  EXPECT_EQ(bench.context().interpreter.Of("ann@example.org").language(), "fr")
      << "so that it is tried again when it is heard again";
}

TEST_F(HeardLanguageTest, IsRememberedOfWhoRegistersTheFirstAccount) {
  bench.Install();
  Speak("presence", "", "de");
  EXPECT_EQ(Kept(), Strings{}) << "strangers are none of our business";
  Speak("iq", "set", "fr");
  EXPECT_EQ(Kept(), Strings{});
  admin::v1::Account account = SmtpAccount("ann@example.org", "out");
  account.set_id("ann@example.org/out");
  bench.context().directory.Apply(account);
  bench.Settle();
  EXPECT_EQ(Kept(), Strings{"/fr"});
}

}  // namespace
}  // namespace postern::xmpp_edge
