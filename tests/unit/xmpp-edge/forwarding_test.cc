// "Forward:" and "Quote:" lines: mails that are read again from their mailbox.
#include <gtest/gtest.h>

#include <ctime>

#include "absl/strings/match.h"
#include "lib/words/wording.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/netstring.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kWork[] = "work@mail.example.org";

class Forwarding : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.Install();
  }

  // A mail that came to `work` as message `id`, and is in the mailbox as 7:`id`.
  void Arrive(const std::string& id, const std::string& sender, int64_t seconds_ago = 100,
              bool readable = true) {
    MailThread thread;
    thread.account_id = "ann@example.org/work";
    thread.contact = kWork;
    thread.message_id = id + "@origin.example";
    thread.references = {"root@origin.example"};
    thread.answer_to = {{"", sender, "example.net"}};
    thread.subject = "Grüße";
    thread.at_unix = std::time(nullptr) - seconds_ago;
    thread.thread_id = "thread-" + id;
    if (readable) thread.mail_ref = "7:" + id;
    EXPECT_TRUE(
        testing::Await(bench.io, bench.threads->Remember("ann@example.org", id, thread)).ok());
    const std::lock_guard lock(bench.fetcher.mutex);
    postern::mail::v1::Mail& mail = bench.fetcher.whole["7:" + id];
    mail.set_message_id(thread.message_id);
    mail.add_from()->set_local_part(sender);
    mail.add_to()->set_local_part("ann");
    mail.set_subject(thread.subject);
    mail.set_date_unix(1700000000);
    mail.set_text("Schöne Grüße von " + sender);
  }
  postern::mail::v1::Mail& Stored(const std::string& id) { return bench.fetcher.whole["7:" + id]; }

  sender::v1::SubmitRequest Taken(size_t count = 1) {
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() >= count; }));
    return bench.sender.taken().empty() ? sender::v1::SubmitRequest() : bench.sender.taken().back();
  }
  std::string Refused(const std::string& to, const std::string& body) {
    Element message = MakeStanza("message", kAnn, to, "chat", "refused1");
    message.AddText("body", body);
    return ErrorTextOf(bench.Ask(std::move(message)));
  }
  bool WasTold(const std::string& text) {
    bench.Settle();
    for (const Element& stanza : bench.sink.sent) {
      if (absl::StrContains(stanza.ChildText("body"), text)) return true;
    }
    return false;
  }
  void FailReading(grpc::Status status) {
    const std::lock_guard lock(bench.fetcher.mutex);
    bench.fetcher.failure = std::move(status);
  }

  FeatureBench bench;
};

TEST_F(Forwarding, AMailGoesOnToWhomTheLineNames) {
  Arrive("1", "bob");
  bench.Write(kAnn, kWork, "m1", "Forward: eve@example.net\nsee below");
  const auto request = Taken();
  const sender::v1::Draft& draft = request.draft();
  ASSERT_EQ(draft.to_size(), 1);
  EXPECT_EQ(draft.to(0).local_part(), "eve");
  EXPECT_EQ(draft.subject(), "Fwd: Grüße");
  EXPECT_EQ(draft.text(), "see below");
  EXPECT_EQ(draft.in_reply_to(), "");
  ASSERT_EQ(draft.references_size(), 2);
  EXPECT_EQ(draft.references(1), "1@origin.example");
  EXPECT_EQ(draft.quote().kind(), sender::v1::Quote::KIND_FORWARD);
  EXPECT_EQ(draft.quote().from(0).local_part(), "bob");
  EXPECT_EQ(draft.quote().to(0).local_part(), "ann");
  EXPECT_EQ(draft.quote().date_unix(), 1700000000);
  EXPECT_EQ(draft.quote().subject(), "Grüße");
  EXPECT_EQ(draft.quote().text(), "Schöne Grüße von bob");
  edge::v1::OutgoingContext context;
  ASSERT_TRUE(context.ParseFromString(request.context()));
  EXPECT_FALSE(context.has_lack()) << "it is of no use to the sender";
  EXPECT_EQ(context.thread_id(), "");
  EXPECT_TRUE(absl::StrContains(bench.rules.last().mail().text(), "Grüße von bob"));
  EXPECT_TRUE(WasTold("Forwarded: \"Grüße\"."));
}

TEST_F(Forwarding, TheMailThatIsNamedIsMeant) {
  Arrive("1", "bob", 5);
  Arrive("2", "dan", 4);
  Element message = MakeStanza("message", kAnn, kWork, "chat", "m1");
  message.AddText("body", "Fwd: eve@example.net");
  message.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "1"));
  bench.Route(std::move(message));
  EXPECT_EQ(Taken().draft().quote().from(0).local_part(), "bob");
  EXPECT_FALSE(WasTold("Forwarded")) << "nothing was guessed, and nothing left out";
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Fwd: eve@example.net"), "one of several mails"));
}

TEST_F(Forwarding, ItsAuthorIsToldWhatIsLeftOut) {
  Arrive("1", "bob");
  Stored("1").add_attachments()->set_file_name("a.pdf");
  Stored("1").add_attachments()->set_file_name("b.pdf");
  Stored("1").set_text_truncated(true);
  bench.Write(kAnn, kWork, "m1", "Forward: eve@example.net");
  EXPECT_EQ(Taken().draft().quote().text(), "Schöne Grüße von bob\n[...]");
  EXPECT_TRUE(WasTold(
      "Forwarded: \"Grüße\". It goes without its 2 attachments. Too large, or not to be read: "
      "a.pdf, b.pdf. Only the beginning of its text goes along, for it is very long."));
}

TEST_F(Forwarding, TheAttachmentsGoAlong) {
  Arrive("1", "bob");
  for (const char* name : {"a.pdf", "", "b.png"}) {
    auto& listed = *Stored("1").add_attachments();
    listed.set_file_name(name);
    listed.set_content_type("image/png");
    listed.set_size(1);
  }
  const std::string large(12345, 'x');
  bench.fetcher.parts[{"7:1", 1}] = large;
  bench.fetcher.parts[{"7:1", 2}] = "two";
  bench.fetcher.parts[{"7:1", 3}] = "";
  Element message = MakeStanza("message", kAnn, kWork, "chat", "m1");
  message.AddText("body", "Fwd: eve@example.net");
  message.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "1"));
  bench.Route(std::move(message));
  const auto request = Taken();
  ASSERT_EQ(request.draft().attachments_size(), 3);
  EXPECT_EQ(request.draft().attachments(0).file_name(), "a.pdf");
  EXPECT_EQ(request.draft().attachments(0).content(), large);
  EXPECT_EQ(request.draft().attachments(1).content(), "two");
  EXPECT_EQ(request.draft().attachments(1).content_type(), "image/png");
  EXPECT_EQ(bench.rules.last().mail().attachments_size(), 3) << "the rules see them";
  EXPECT_FALSE(WasTold("Forwarded")) << "nothing was left out";
}

TEST_F(Forwarding, WhatDoesNotFitIsNamed) {
  Arrive("1", "bob");
  const std::pair<const char*, uint64_t> listed[] = {
      {"small.txt", 3}, {"huge.iso", 19 << 20}, {"liar.bin", 5}, {"gone.txt", 5}};
  for (const auto& [name, size] : listed) {
    Stored("1").add_attachments()->set_file_name(name);
    Stored("1").mutable_attachments()->rbegin()->set_size(size);
  }
  bench.fetcher.parts[{"7:1", 1}] = "abc";
  bench.fetcher.parts[{"7:1", 3}] = std::string(18 << 20, 'x');
  bench.Write(kAnn, kWork, "m1", "Forward: eve@example.net");
  ASSERT_EQ(Taken().draft().attachments_size(), 1);
  EXPECT_TRUE(
      WasTold("It goes without its 3 attachments. Too large, or not to be read: huge.iso, "
              "liar.bin, gone.txt."));
}

TEST_F(Forwarding, AnAnswerQuotesTheMail) {
  Arrive("1", "bob");
  bench.Write(kAnn, kWork, "m1", "Quote: yes\nfine");
  const auto request = Taken();
  EXPECT_EQ(request.draft().to(0).local_part(), "bob");
  EXPECT_EQ(request.draft().subject(), "Re: Grüße");
  EXPECT_EQ(request.draft().in_reply_to(), "1@origin.example");
  EXPECT_EQ(request.draft().text(), "fine");
  EXPECT_EQ(request.draft().quote().kind(), sender::v1::Quote::KIND_REPLY);
  EXPECT_EQ(request.draft().quote().text(), "Schöne Grüße von bob");
}

TEST_F(Forwarding, WhatCanNotBeReadIsSaidAndNothingIsSent) {
  const std::string root = kDomain;
  EXPECT_TRUE(absl::StrContains(Refused(root, "Forward: eve@example.net"), "no mail here"));
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Forward: eve@example.net"), "no mail here"));
  EXPECT_TRUE(absl::StrContains(Refused(root, "To: eve@example.net\nQuote:\nx"), "there is none"));
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Forward: nobody\nx"), "\"Forward:\" can't be"));

  Arrive("1", "bob", 400, false);
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Quote: yes\nx"), "can't be read from the mailbox"));
  Arrive("2", "bob", 200);
  FailReading({grpc::StatusCode::FAILED_PRECONDITION, "no", "the password is missing"});
  EXPECT_EQ(Refused(kWork, "Forward: eve@example.net"),
            "Not sent: the mail can't be read from your mailbox (the password is missing).");
  FailReading(grpc::Status::OK);
  Stored("2").set_message_id("another@origin.example");
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Forward: eve@example.net"), "any more"));
  bench.fetcher.whole.clear();
  EXPECT_TRUE(absl::StrContains(Refused(kWork, "Forward: eve@example.net"), "any more"));
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(Forwarding, WhatAnOlderEdgeRememberedCanStillBeAnswered) {
  std::string record;
  for (const char* field : {"1", "ann@example.org/work", kWork, "old@origin.example", "Lunch",
                            "thread-old", "1700000000", "0", "1", "", "bob", "example.net"}) {
    AppendNetstring(record, field);
  }
  std::vector<std::string> command{"SET", "postern:thread:{ann@example.org}:stanza:old", record};
  ASSERT_TRUE(testing::Await(bench.io, bench.redis->Command(command)).ok());
  const auto write = [&](const std::string& id, const std::string& body) {
    Element message = MakeStanza("message", kAnn, kWork, "chat", id);
    message.AddText("body", body);
    message.Add(MakeElement("reply", "urn:xmpp:reply:0").Set("id", "old"));
    return message;
  };
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(bench.Ask(write("m1", "Fwd: eve@example.net"))),
                                "with the command \"Fetch emails\""));
  bench.Route(write("m2", "fine"));
  EXPECT_EQ(Taken().draft().to(0).local_part(), "bob");
}

TEST_F(Forwarding, AnEdgeThatRestartsReadsTheMailAllTheSame) {
  Arrive("1", "bob");
  FailReading({grpc::StatusCode::UNAVAILABLE, "away"});
  bench.Write(kAnn, kWork, "m1", "Forward: eve@example.net\nsee");
  ASSERT_TRUE(bench.RunUntil([&] {
    std::vector<std::string> command{"HLEN", "postern:thread:{pending}:drafts"};
    const auto kept = testing::Await(bench.io, bench.redis->Command(command));
    return kept.ok() && kept->integer == 1;
  }));
  bench.Settle();
  EXPECT_TRUE(bench.sender.taken().empty());
  FailReading(grpc::Status::OK);
  bench.Restart();
  EXPECT_EQ(Taken().draft().quote().text(), "Schöne Grüße von bob");
}

TEST_F(Forwarding, ACorrectionForwardsTheSameMail) {
  Arrive("1", "bob");
  bench.sender.SetWait(100'000);
  bench.Write(kAnn, kWork, "m1", "Forward: eve@example.net\nhelo");
  Taken();
  bench.Settle();
  const auto correct = [&](const std::string& id, const std::string& about,
                           const std::string& body) {
    Element message = MakeStanza("message", kAnn, kWork, "chat", id);
    message.AddText("body", body);
    message.Add(MakeElement("replace", "urn:xmpp:message-correct:0").Set("id", about));
    return message;
  };
  bench.Route(correct("m2", "m1", "Forward: dan@example.net\nhello"));
  const auto request = Taken(2);
  EXPECT_EQ(bench.sender.cancelled().size(), 1u);
  ASSERT_EQ(request.draft().to_size(), 1);
  EXPECT_EQ(request.draft().to(0).local_part(), "dan");
  EXPECT_EQ(request.draft().text(), "hello");
  EXPECT_EQ(request.draft().quote().text(), "Schöne Grüße von bob");

  bench.Write(kAnn, kDomain, "m3", "To: bob@example.net\nx");
  Taken(3);
  bench.Settle();
  Element late = correct("m4", "m3", "Forward: dan@example.net\nx");
  late.Set("to", kDomain);
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(bench.Ask(std::move(late))), "a corrected message"));
}

}  // namespace
}  // namespace postern::xmpp_edge
