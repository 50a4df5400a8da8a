#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "services/xmpp-edge/data_form.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {

inline constexpr char kRegister[] = "jabber:iq:register";
inline constexpr char kImap[] = "mail.example.org/IMAP";
inline constexpr char kWork[] = "work@mail.example.org/IMAP";
inline constexpr char kWorkId[] = "ann@example.org/work";
inline constexpr char kFolder[] = "work@mail.example.org/IMAP/Lists";

using Fields = std::map<std::string, std::string>;

inline Fields NewImap(const std::string& name) {
  return {{"name", name}, {"host", "imap.example.org"}, {"login", "ann"}, {"password", "s3cret"}};
}
inline Fields NewSmtp(const std::string& name) {
  Fields fields = NewImap(name);
  fields["default_from"] = "ann@example.org";
  return fields;
}
inline Fields With(Fields fields, const std::string& var, const std::string& value) {
  fields[var] = value;
  return fields;
}

// Two users with accounts, and what a client does at registration.
class RegistrationStory : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "home"));
  }

  Element Form(const std::string& to, const char* from = kAnn, const std::string& node = "") {
    return bench.AskIq("get", from, to, QueryOf(kRegister, node));
  }
  // "(none)" when there is no such field.
  static std::string ValueOf(const Element& answer, const std::string& var) {
    const Element* form = answer.children.front().Child("x", kDataFormNs);
    if (form == nullptr) return "(no form)";
    for (const Element& field : form->children) {
      if (field.Attr("var") == var) return field.ChildText("value");
    }
    return "(none)";
  }
  Element Submit(const std::string& to, const Fields& fields, const char* from = kAnn) {
    return bench.AskIq("set", from, to, FilledForm(fields));
  }
  Element Remove(const std::string& to, const char* from = kAnn) {
    Element remove = QueryOf(kRegister);
    remove.Add(MakeElement("remove"));
    return bench.AskIq("set", from, to, std::move(remove));
  }
  void FetcherSays(const std::string& problem, const std::string& field) {
    const std::lock_guard lock(bench.fetcher.mutex);
    bench.fetcher.trial.Clear();
    if (problem.empty()) return;
    bench.fetcher.trial.mutable_problem()->set_text("$0 says: " + problem);
    bench.fetcher.trial.mutable_problem()->add_arguments("imap.example.org");
    bench.fetcher.trial.set_field(field);
  }
  std::vector<fetcher::v1::TryAccountRequest> Tried() {
    const std::lock_guard lock(bench.fetcher.mutex);
    return bench.fetcher.tried;
  }
  void HasFolder(const std::string& mailbox, bool selectable = true) {
    fetcher::v1::Folder& self = *bench.fetcher.folders[{kWorkId, "Lists"}].mutable_self();
    self.set_name("Lists");
    self.set_mailbox(mailbox);
    self.set_selectable(selectable);
  }
  void ExpectNowhere(const std::string& secret) {
    for (const Element& stanza : bench.sink.sent) {
      EXPECT_FALSE(absl::StrContains(ToXml(stanza), secret));
    }
  }

  FeatureBench bench;
};

}  // namespace postern::xmpp_edge
