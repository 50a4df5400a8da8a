#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {

inline constexpr char kBobByMail[] = "bob\\40example.net@mail.example.org";
inline constexpr char kEve[] = "eve\\40example.net@mail.example.org";

// An author whose mails wait before they go.
class TakingBackTest : public ::testing::Test {
 protected:
  void Begin(uint32_t undo_seconds, const std::string& zone = "Europe/Berlin") {
    admin::v1::Account out = SmtpAccount("ann@example.org", "out");
    out.mutable_sending()->set_undo_seconds(undo_seconds);
    out.mutable_sending()->set_time_zone(zone);
    auto& sales = *out.mutable_sending()->add_identities();
    sales.set_from("Sales <sales@example.org>");
    bench.admin.Add(std::move(out));
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.sender.SetWait(undo_seconds * 1000);
    bench.Install();
  }

  sender::v1::SubmitRequest Taken(size_t count = 1) {
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() >= count; }));
    return bench.sender.taken().empty() ? sender::v1::SubmitRequest() : bench.sender.taken().back();
  }
  bool Told(const std::string& text) {
    return bench.RunUntil([&] { return Find(text) != nullptr; });
  }
  // What was said with that text, or asked with that namespace.
  const Element* Find(const std::string& text) const {
    for (const Element& stanza : bench.sink.sent) {
      if (absl::StrContains(stanza.ChildText("body"), text)) return &stanza;
      if (stanza.Child("time", text) != nullptr) return &stanza;
    }
    return nullptr;
  }
  Element Message(const std::string& to, const std::string& id, const std::string& body) {
    Element message = MakeStanza("message", kAnn, to, "chat", id);
    if (!body.empty()) message.AddText("body", body);
    return message;
  }
  Element About(const std::string& to, const std::string& id, const std::string& body,
                const char* name, const char* ns, const std::string& about) {
    Element message = Message(to, id, body);
    message.Add(MakeElement(name, ns).Set("id", about));
    return message;
  }
  Element Retraction(const std::string& to, const std::string& about) {
    return About(to, "r1", "", "retract", "urn:xmpp:message-retract:1", about);
  }
  Element Correction(const std::string& to, const std::string& id, const std::string& about,
                     const std::string& body) {
    return About(to, id, body, "replace", "urn:xmpp:message-correct:0", about);
  }
  void WriteAndWait(const std::string& to, const std::string& id, const std::string& body,
                    size_t count = 1) {
    bench.Write(kAnn, to, id, body);
    Taken(count);
    bench.Settle();
  }

  FeatureBench bench;
};

}  // namespace postern::xmpp_edge
