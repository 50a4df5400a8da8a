#include "services/fetcher/login_ledger.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::fetcher {
namespace {

Account On(const std::string& host, const std::string& login) {
  Account account;
  account.host = host;
  account.login = login;
  return account;
}

TEST(LoginLedger, GivesHalfOfWhatAServerBears) {
  LoginLedger ledger;
  std::vector<LoginLedger::Place> places;
  for (int i = 0; i < 7; ++i) {
    auto place = ledger.Take(On("imap.gmail.com", "ann"));
    ASSERT_TRUE(place.has_value()) << i;
    places.push_back(*std::move(place));
  }
  EXPECT_FALSE(ledger.Take(On("IMAP.gmail.com", "ann")).has_value());
  EXPECT_TRUE(ledger.Take(On("imap.gmail.com", "bob")).has_value());
  places.pop_back();
  EXPECT_TRUE(ledger.Take(On("imap.gmail.com", "ann")).has_value());
}

TEST(LoginLedger, CountsNothingWhereNoLimitIsKnown) {
  LoginLedger ledger;
  std::vector<LoginLedger::Place> places;
  for (int i = 0; i < 100; ++i) {
    auto place = ledger.Take(On("imap.example.org", "ann"));
    ASSERT_TRUE(place.has_value());
    places.push_back(*std::move(place));
  }
}

TEST(LoginLedger, TakesAPlaceBackOnce) {
  LoginLedger ledger;
  {
    auto first = ledger.Take(On("imap.mail.yahoo.com", "ann"));
    auto second = ledger.Take(On("imap.mail.yahoo.com", "ann"));
    ASSERT_TRUE(first && second);
    LoginLedger::Place moved = *std::move(first);
    moved = *std::move(second);  // the first is given back
    EXPECT_TRUE(ledger.Take(On("imap.mail.yahoo.com", "ann")).has_value());
  }
  auto one = ledger.Take(On("imap.mail.yahoo.com", "ann"));
  auto two = ledger.Take(On("imap.mail.yahoo.com", "ann"));
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(ledger.Take(On("imap.mail.yahoo.com", "ann")).has_value());
}

}  // namespace
}  // namespace postern::fetcher
