#include "services/rules/judging/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"

namespace postern::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void AddHeader(mail::v1::Mail& mail, const std::string& name, const std::string& value) {
  auto& header = *mail.add_headers();
  header.set_name(name);
  header.set_value(value);
}

void AddAddress(mail::v1::Address& out, const std::string& name, const std::string& local,
                const std::string& domain) {
  out.set_display_name(name);
  out.set_local_part(local);
  out.set_domain(domain);
}

TEST(WriteHeader, SaysWhatTheMailSays) {
  mail::v1::Mail mail;
  mail.set_subject("the subject");
  mail.set_message_id("1@example.net");
  mail.set_envelope_from("bob@example.net");
  AddAddress(*mail.add_from(), "Bob", "bob", "example.net");
  AddAddress(*mail.add_to(), "", "ann", "example.org");
  AddHeader(mail, "Received", "from a by b");
  AddHeader(mail, "Received", "from c by d");
  EXPECT_EQ(WriteHeader(mail),
            "Return-Path: <bob@example.net>\r\nFrom: Bob <bob@example.net>\r\n"
            "To: ann@example.org\r\nReceived: from a by b\r\nReceived: from c by d\r\n"
            "Subject: the subject\r\nMessage-ID: <1@example.net>\r\n\r\n");
}

TEST(WriteHeader, LetsNoDisplayNamePassForAnAddress) {
  mail::v1::Mail mail;
  AddAddress(*mail.add_from(), "boss@good.example,", "evil", "bad.example");
  AddHeader(mail, "From", "boss@good.example, <evil@bad.example>");
  const std::string header = WriteHeader(mail);
  const MessageView view(header);
  const auto mailboxes = view.Fields("from").at(0)->mailboxes();
  ASSERT_EQ(mailboxes.size(), 1u);
  EXPECT_EQ(mailboxes[0].local_part, "evil");
}

TEST(WriteHeader, KeepsHowADomainWasWritten) {
  mail::v1::Mail mail;
  AddAddress(*mail.add_from(), "", "Ann", "myhost.com");
  AddHeader(mail, "From", "Ann@MYHOST.COM");
  EXPECT_THAT(WriteHeader(mail), HasSubstr("From: Ann@MYHOST.COM\r\n"));
}

TEST(WriteHeader, IsNotDecodedOnceMore) {
  mail::v1::Mail mail;
  AddHeader(mail, "Subject", "=?utf-8?q?win?= $$$");
  const std::string header = WriteHeader(mail);
  const MessageView view(header);
  EXPECT_EQ(view.Fields("Subject").at(0)->decoded(), "=?utf-8?q?win?= $$$");
}

TEST(FactsOf, TellsWhatIsKnown) {
  v1::EvaluateRequest request;
  request.set_user("Ann@Example.org");
  request.set_account_name("work");
  request.set_time_zone("Europe/Berlin");
  request.set_presence("dnd");
  request.add_recipients("ann@example.org");
  request.add_recipients("info@example.org");
  AddAddress(*request.mutable_mail()->add_cc(), "", "INFO", "example.org");
  (*request.mutable_facts())["mailbox:A"] = "yes";
  const absl::Time now = absl::FromUnixSeconds(1'770'000'000);
  const Facts facts = FactsOf(request, now);
  EXPECT_EQ(facts.owner, "ann@example.org");
  EXPECT_EQ(facts.mailbox, "INBOX");
  EXPECT_EQ(facts.zone.name(), "Europe/Berlin");
  EXPECT_EQ(facts.received, now);
  EXPECT_FALSE(facts.envelope_known);
  EXPECT_THAT(facts.own_addresses, ElementsAre("ann@example.org", "info@example.org"));
  EXPECT_THAT(facts.recipients, ElementsAre("info@example.org")) << "the one written to";
  EXPECT_EQ(facts.looked_up.at("mailbox:A"), "yes");
  EXPECT_EQ(facts.environment.at("vnd.postern.presence"), "dnd");
  EXPECT_EQ(facts.environment.at("vnd.postern.at-domain"), "@example.org");
}

TEST(FactsOf, KnowsANullReturnPathFromNone) {
  v1::EvaluateRequest request;
  AddHeader(*request.mutable_mail(), "Return-Path", "<>");
  const Facts facts = FactsOf(request, absl::Now());
  EXPECT_TRUE(facts.envelope_known);
  EXPECT_EQ(facts.envelope_from, "");
  EXPECT_THAT(facts.recipients, IsEmpty());
}

TEST(CheckEvaluate, NamesWhatIsWrong) {
  v1::EvaluateRequest request;
  request.set_direction(v1::DIRECTION_INCOMING);
  request.set_mail_id("m1");
  EXPECT_TRUE(CheckEvaluate(request).ok());
  request.set_try_script("keep;");
  EXPECT_THAT(std::string(CheckEvaluate(request).message()), HasSubstr("try_script"));
  request.set_dry_run(true);
  EXPECT_TRUE(CheckEvaluate(request).ok());
  request.set_message(std::string(2 << 20, 'x'));
  EXPECT_THAT(std::string(CheckEvaluate(request).message()), HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace postern::rules
