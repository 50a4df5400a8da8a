#include "services/xmpp-edge/features/gateway_prompt.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/features/help.h"

namespace postern::xmpp_edge {
namespace {

TEST(AddressFromPrompt, UnderstandsWhatPeoplePaste) {
  const struct {
    const char *prompt, *address;
  } cases[] = {
      {"ann@example.org", "ann@example.org"},
      {"  ann@Example.ORG\n", "ann@example.org"},
      {"Ann Other <ann@example.org>", "ann@example.org"},
      {"mailto:ann@example.org", "ann@example.org"},
      {"MAILTO:ann%40example.org?subject=hi", "ann@example.org"},
      {"ann\\40example.org", "ann@example.org"},
      {"ann%example.org", "ann@example.org"},
      {"cr%zy%example.org", "cr%zy@example.org"},
      {"ann\\40example.org@mail.example.net", "ann@example.org"},
      {"ann%example.org@mail.example.net", "ann@example.org"},
      {"", nullptr},
      {"ann", nullptr},
      {"mailto:", nullptr},
      {"a@b.example, c@d.example", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.prompt);
    const auto address = AddressFromPrompt(c.prompt, "mail.example.net");
    if (c.address == nullptr) {
      EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
    } else {
      ASSERT_TRUE(address.ok()) << address.status();
      EXPECT_EQ(address->Spec(), c.address);
    }
  }
}

TEST(IsHelpRequest, IsTheWordAndNothingElse) {
  const Words english("en"), german("de");
  for (const char* yes : {"help", "Help", " HELP\n", "?"}) {
    EXPECT_TRUE(IsHelpRequest(yes, english)) << yes;
    EXPECT_TRUE(IsHelpRequest(yes, german)) << yes;
  }
  for (const char* no : {"help me", "help!", "??", "", "To: help", "hilfe"}) {
    EXPECT_FALSE(IsHelpRequest(no, english)) << no;
  }
  EXPECT_TRUE(IsHelpRequest("Hilfe", german));
}

}  // namespace
}  // namespace postern::xmpp_edge
