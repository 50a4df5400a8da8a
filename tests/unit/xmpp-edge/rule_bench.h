#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "services/xmpp-edge/rule_set.h"
#include "services/xmpp-edge/rule_text.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {

// Ann, who has a mailbox `work` and rules, and who says things by chat.
struct RuleBench : public CommandBench {
  static constexpr char kWork[] = "work@mail.example.org";

  void Begin() {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "his"));
    bench.Install();
  }

  // A mail that came to `work` as message `id`.
  void Arrive(const std::string& id, const std::string& sender, int64_t seconds_ago = 100) {
    MailThread thread;
    thread.account_id = "ann@example.org/work";
    thread.contact = kWork;
    thread.message_id = id + "@origin.example";
    thread.from = {"", sender, "example.net"};
    thread.answer_to = {{"", "list", "lists.example.net"}};
    thread.subject = "Minutes";
    thread.at_unix = std::time(nullptr) - seconds_ago;
    thread.mail_ref = "7:" + id;
    EXPECT_TRUE(
        testing::Await(bench.io, bench.threads->Remember("ann@example.org", id, thread)).ok());
  }

  // What is said to a message; `reply_to`: it is a reply to that one.
  std::string Said(const std::string& to, const std::string& body,
                   const std::string& reply_to = "") {
    const size_t before = bench.sink.sent.size();
    Element message = MakeStanza("message", user, to, "chat", absl::StrCat("c", ++said));
    message.AddText("body", body);
    if (!reply_to.empty()) {
      Element reply = MakeElement("reply", "urn:xmpp:reply:0");
      reply.Set("to", to).Set("id", reply_to);
      message.Add(std::move(reply));
    }
    bench.Route(std::move(message));
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sink.sent.size() > before; })) << body;
    if (bench.sink.sent.size() == before) return "";
    const Element& answer = bench.sink.sent.back();
    return answer.Attr("type") == "error" ? ErrorTextOf(answer) : answer.ChildText("body");
  }

  std::vector<std::string> RuleTexts(const std::string& of = "ann@example.org") {
    static const Words english("en");
    std::vector<std::string> texts;
    for (const auto& rule : bench.rules.RulesOf(of)) texts.push_back(RuleText(rule, english));
    return texts;
  }

  int said = 0;
};

}  // namespace postern::xmpp_edge
