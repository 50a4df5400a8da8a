#include "services/sender/compose/draft_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "services/sender/compose/mail_intake.h"

namespace postern::sender {
namespace {

Account SomeAccount() {
  Account account;
  account.id = "work";
  account.default_from = "Ann <ann@example.org>";
  account.sending.identities = {{"Ann <ann@example.org>", "Ann, example.org"},
                                {"Ann at home <ann@home.example>", "Ann"}};
  return account;
}

v1::Draft From(const std::string& local, const std::string& domain, const std::string& name = "") {
  v1::Draft draft;
  draft.mutable_from()->set_local_part(local);
  draft.mutable_from()->set_domain(domain);
  draft.mutable_from()->set_display_name(name);
  return draft;
}

TEST(DraftReader, PicksTheIdentity) {
  const struct {
    const char* name;
    v1::Draft proto;
    bool by_site_relay;
    const char *from, *signature;  // "" for a refusal
  } cases[] = {
      {"none named", {}, false, "Ann <ann@example.org>", "Ann, example.org"},
      {"the default", From("ann", "Example.org"), false, "Ann <ann@example.org>",
       "Ann, example.org"},
      {"another", From("ann", "home.example"), false, "Ann at home <ann@home.example>", "Ann"},
      {"with another name", From("ann", "home.example", "A."), false, "A. <ann@home.example>",
       "Ann"},
      {"anybody", From("x", "y.example"), false, "x@y.example", ""},
      {"the relay's own", {}, true, "Ann <ann@example.org>", "Ann, example.org"},
      {"the relay's other", From("ann", "home.example"), true, "Ann at home <ann@home.example>",
       "Ann"},
      {"the relay's nobody", From("x", "y.example"), true, "", ""},
      {"the relay's, by case", From("Ann", "example.org"), true, "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Account account = SomeAccount();
    account.by_site_relay = c.by_site_relay;
    const auto draft = DraftReader().Read(c.proto, account);
    if (*c.from == '\0') {
      EXPECT_EQ(draft.status().message(),
                "this account sends only as ann@example.org, ann@home.example; leave the From line "
                "out");
      continue;
    }
    ASSERT_TRUE(draft.ok()) << draft.status();
    EXPECT_EQ(draft->from.Readable(), c.from);
    EXPECT_EQ(draft->signature, c.signature);
  }
}

TEST(DraftReader, NeedsAFromAddress) {
  Account account = SomeAccount();
  account.default_from = "";
  account.sending.identities = {{"", ""}};
  EXPECT_EQ(DraftReader().Read({}, account).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(DraftReader().Read(From("a", "b.example"), account).ok());
  account.by_site_relay = true;
  EXPECT_FALSE(DraftReader().Read(From("a", "b.example"), account).ok());
}

TEST(DraftReader, FollowsTheAccountsSettings) {
  Account account = SomeAccount();
  v1::Draft proto;
  proto.set_jabber_id("ann@jabber.example");
  proto.set_no_signature(true);
  auto draft = DraftReader().Read(proto, account);
  EXPECT_EQ(draft->jabber_id, "ann@jabber.example");
  EXPECT_EQ(draft->signature, "");
  EXPECT_FALSE(draft->html);
  EXPECT_FALSE(draft->quote.has_value());

  account.sending.hide_jabber_id = true;
  account.sending.form = BodyForm::kHtml;
  account.sending.time_zone = "Europe/Berlin";
  draft = DraftReader().Read(proto, account);
  EXPECT_EQ(draft->jabber_id, "");
  EXPECT_TRUE(draft->html);
  EXPECT_EQ(draft->zone.name(), "Europe/Berlin");
  proto.set_form(admin::v1::BODY_FORM_PLAIN);
  EXPECT_FALSE(DraftReader().Read(proto, account)->html);

  account.sending.time_zone = "Nowhere/Land";
  EXPECT_EQ(DraftReader().Read(proto, account)->zone, absl::UTCTimeZone());
}

TEST(WaitOf, WaitsForItsTimeAndToBeTakenBack) {
  constexpr int64_t kNow = 1'800'000'000, kDay = 86'400;
  const struct {
    const char* name;
    uint32_t undo;
    int64_t send_at, seconds;  // -1: refused
  } cases[] = {
      {"at once", 0, 0, 0},
      {"undo", 10, 0, 10},
      {"later", 0, kNow + 3600, 3600},
      {"later than undo", 10, kNow + 3600, 3600},
      {"sooner than undo", 10, kNow + 5, 10},
      {"a little late", 0, kNow - 30, 0},
      {"late, for it was handed over again", 10, kNow - kDay, 10},
      {"over", 0, kNow - kDay - 1, -1},
      {"a year", 0, kNow + 366 * kDay, 366 * kDay},
      {"more", 0, kNow + 366 * kDay + 1, -1},
      {"the end of time", 0, INT64_MAX, -1},
      {"the beginning of time", 0, INT64_MIN, -1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Account account;
    account.sending.undo_seconds = c.undo;
    const auto wait = WaitOf(account, c.send_at, kNow);
    ASSERT_EQ(wait.ok(), c.seconds >= 0);
    if (wait.ok()) {
      EXPECT_EQ(*wait, std::chrono::seconds(c.seconds));
    } else {
      EXPECT_EQ(wait.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace postern::sender
