#include "services/xmpp-edge/features/registration_form.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/features/registration_fields.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
using admin::v1::ACCOUNT_TYPE_IMAP;
using admin::v1::ACCOUNT_TYPE_POP3;
using admin::v1::ACCOUNT_TYPE_SMTP;
using admin::v1::ACCOUNT_TYPE_UNSPECIFIED;

FormSubject New(admin::v1::AccountType type) {
  FormSubject subject;
  subject.type = type;
  return subject;
}
FormSubject Change(const admin::v1::Account& account) {
  FormSubject subject;
  subject.type = account.type();
  subject.existing = std::make_shared<const admin::v1::Account>(account);
  return subject;
}
DataForm FormOf(const FormSubject& subject) { return RegistrationForm(subject, Words("en")); }

std::set<std::string> Vars(const DataForm& form) {
  std::set<std::string> vars;
  for (const FormField& field : form.fields) vars.insert(field.var);
  return vars;
}

std::string ValueOf(const DataForm& form, absl::string_view var) {
  for (const FormField& field : form.fields) {
    if (field.var == var) return field.value;
  }
  return "(none)";
}

TEST(RegistrationForm, HasTheFieldsOfJmc) {
  EXPECT_EQ(Vars(FormOf(New(ACCOUNT_TYPE_IMAP))),
            (std::set<std::string>{"FORM_TYPE", "name", "chat_action", "online_action",
                                   "away_action", "xa_action", "dnd_action", "offline_action",
                                   "login", "password", "host", "port", "ssl", "store_password",
                                   "live_email_only", "interval", "mailbox", "store_untested"}));
  EXPECT_EQ(Vars(FormOf(New(ACCOUNT_TYPE_SMTP))),
            (std::set<std::string>{"FORM_TYPE", "name", "default_account", "default_from", "login",
                                   "password", "host", "port", "tls", "ssl", "store_password",
                                   "store_untested"}));
  auto pop3 = Vars(FormOf(New(ACCOUNT_TYPE_IMAP)));
  pop3.erase("mailbox");
  EXPECT_EQ(Vars(FormOf(New(ACCOUNT_TYPE_POP3))), pop3);
  EXPECT_EQ(Vars(FormOf(New(ACCOUNT_TYPE_GLOBAL_SMTP))),
            (std::set<std::string>{"FORM_TYPE", "name", "default_account", "default_from",
                                   "store_untested"}));
}

TEST(RegistrationForm, OfTheGatewayAsksForTheTypeFirst) {
  const DataForm form = FormOf(New(ACCOUNT_TYPE_UNSPECIFIED));
  ASSERT_GE(form.fields.size(), 2u);
  EXPECT_EQ(form.fields[0].var, "FORM_TYPE");
  EXPECT_EQ(form.fields[1].var, "type");
  const auto vars = Vars(form);
  for (const char* var : {"mailbox", "default_from", "tls", "offline_action"}) {
    EXPECT_TRUE(vars.contains(var)) << var;
  }
  EXPECT_EQ(ValueOf(form, "port"), "");
}

TEST(RegistrationForm, IsPreFilledButForThePassword) {
  admin::v1::Account account = DefaultsOf(ACCOUNT_TYPE_SMTP);
  account.set_name("out");
  account.set_host("smtp.example.org");
  account.set_port(587);
  account.set_security(admin::v1::SECURITY_STARTTLS);
  account.set_sealed_password("sealed");
  account.set_default_from("ann@example.org");
  const DataForm form = FormOf(Change(account));
  EXPECT_EQ(ValueOf(form, "name"), "out");
  EXPECT_EQ(ValueOf(form, "host"), "smtp.example.org");
  EXPECT_EQ(ValueOf(form, "port"), "587");
  EXPECT_EQ(ValueOf(form, "tls"), "1");
  EXPECT_EQ(ValueOf(form, "ssl"), "0");
  EXPECT_EQ(ValueOf(form, "default_from"), "ann@example.org");
  EXPECT_EQ(ValueOf(form, "password"), "");
}

Submission Imap() {
  return {{"name", "work"}, {"login", "ann"}, {"password", "secret"}, {"host", "imap.example.org"}};
}
Submission Smtp() {
  return {{"name", "out"},
          {"login", "ann"},
          {"password", "secret"},
          {"host", "smtp.example.org"},
          {"default_from", "ann@example.org"}};
}

TEST(ReadRegistration, FillsInWhatWasNotSent) {
  const auto imap = ReadRegistration(Imap(), New(ACCOUNT_TYPE_IMAP));
  ASSERT_TRUE(imap.ok()) << imap.status();
  EXPECT_EQ(imap->password.Reveal(), "secret");
  EXPECT_EQ(imap->account.port(), 993u);
  EXPECT_EQ(imap->account.security(), admin::v1::SECURITY_TLS);
  EXPECT_EQ(imap->account.mailbox(), "INBOX");
  EXPECT_EQ(imap->account.actions().online(), admin::v1::ACTION_FULL);
  EXPECT_EQ(imap->account.actions().away(), admin::v1::ACTION_DIGEST);
  EXPECT_EQ(imap->account.actions().offline(), admin::v1::ACTION_NOTHING);
  EXPECT_TRUE(imap->account.enabled());
}

TEST(ReadRegistration, FindsOutHowTheConnectionIsProtected) {
  const struct {
    const char *type, *ssl, *tls, *port;
    admin::v1::Security security;
    uint32_t result;
  } cases[] = {
      {"IMAP", "1", "", "993", admin::v1::SECURITY_TLS, 993},
      {"IMAP", "0", "", "", admin::v1::SECURITY_STARTTLS, 143},
      {"IMAP", "0", "", "993", admin::v1::SECURITY_STARTTLS, 143},
      {"IMAP", "1", "1", "", admin::v1::SECURITY_TLS, 993},  // tls is a field of SMTP
      {"IMAP", "true", "", "10993", admin::v1::SECURITY_TLS, 10993},
      {"POP3", "1", "", "995", admin::v1::SECURITY_TLS, 995},
      {"POP3", "0", "", "", admin::v1::SECURITY_STARTTLS, 110},
      {"POP3", "0", "", "995", admin::v1::SECURITY_STARTTLS, 110},
      {"SMTP", "1", "0", "465", admin::v1::SECURITY_TLS, 465},
      {"SMTP", "1", "1", "465", admin::v1::SECURITY_STARTTLS, 587},
      {"SMTP", "0", "0", "2525", admin::v1::SECURITY_STARTTLS, 2525},
      {"SMTP", "1", "0", "587", admin::v1::SECURITY_STARTTLS, 587},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.type, " ssl=", c.ssl, " tls=", c.tls, " port=", c.port));
    Submission submission = Smtp();
    submission["type"] = c.type;
    submission["ssl"] = c.ssl;
    submission["tls"] = c.tls;
    submission["port"] = c.port;
    const auto read = ReadRegistration(submission, New(ACCOUNT_TYPE_UNSPECIFIED));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->account.security(), c.security);
    EXPECT_EQ(read->account.port(), c.result);
  }
}

// In a form that shows what is there, one box or the port alone may be changed.
TEST(ReadRegistration, AChangedBoxIsWhatIsMeant) {
  const struct {
    const char *type, *before_port;
    bool before_starttls;
    const char *ssl, *tls, *port;
    admin::v1::Security security;
    uint32_t result;
  } cases[] = {
      {"SMTP", "465", false, "1", "1", "465", admin::v1::SECURITY_STARTTLS, 587},
      {"SMTP", "465", false, "0", "0", "465", admin::v1::SECURITY_STARTTLS, 587},
      {"SMTP", "587", true, "0", "1", "587", admin::v1::SECURITY_STARTTLS, 587},
      {"SMTP", "587", true, "1", "1", "587", admin::v1::SECURITY_TLS, 465},
      {"SMTP", "587", true, "1", "0", "587", admin::v1::SECURITY_TLS, 465},
      {"SMTP", "587", true, "1", "1", "2465", admin::v1::SECURITY_TLS, 2465},
      {"SMTP", "465", false, "1", "0", "587", admin::v1::SECURITY_STARTTLS, 587},
      {"IMAP", "143", true, "1", "", "143", admin::v1::SECURITY_TLS, 993},
      {"IMAP", "993", false, "0", "", "993", admin::v1::SECURITY_STARTTLS, 143},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(
        absl::StrCat(c.type, " ", c.before_port, " ssl=", c.ssl, " tls=", c.tls, " port=", c.port));
    Submission first = Smtp();
    first["type"] = c.type;
    first["port"] = c.before_port;
    first["ssl"] = c.before_starttls ? "0" : "1";
    const auto before = ReadRegistration(first, New(ACCOUNT_TYPE_UNSPECIFIED));
    ASSERT_TRUE(before.ok()) << before.status();
    const Submission change = {{"ssl", c.ssl}, {"tls", c.tls}, {"port", c.port}};
    const auto read = ReadRegistration(change, Change(before->account));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->account.security(), c.security);
    EXPECT_EQ(read->account.port(), c.result);
  }
}

TEST(RegistrationForm, HasABoxForEachWayOfSmtpAndOneForTheOthers) {
  const auto label = [](admin::v1::AccountType type, absl::string_view var) {
    for (const FormField& field : FormOf(New(type)).fields) {
      if (field.var == var) return field.label;
    }
    return std::string("(none)");
  };
  EXPECT_EQ(label(ACCOUNT_TYPE_SMTP, "ssl"), "TLS from the first byte (port 465)");
  EXPECT_EQ(label(ACCOUNT_TYPE_SMTP, "tls"), "STARTTLS (port 587)");
  EXPECT_EQ(label(ACCOUNT_TYPE_IMAP, "ssl"), "TLS from the first byte (else STARTTLS)");
  EXPECT_EQ(label(ACCOUNT_TYPE_POP3, "ssl"), "TLS from the first byte (else STARTTLS)");
  EXPECT_EQ(label(ACCOUNT_TYPE_UNSPECIFIED, "ssl"), "TLS from the first byte (else STARTTLS)");
  EXPECT_EQ(label(ACCOUNT_TYPE_UNSPECIFIED, "tls"), "SMTP: STARTTLS (port 587)");
}

// So that an error can name it.
TEST(RegistrationForm, EveryFieldHasALabelOfItsOwn) {
  for (const auto type : {ACCOUNT_TYPE_UNSPECIFIED, ACCOUNT_TYPE_IMAP, ACCOUNT_TYPE_SMTP}) {
    for (const FormField& field : FormOf(New(type)).fields) {
      if (field.type == "hidden") continue;
      EXPECT_NE(LabelOfField(field.var, Words("en")), "") << field.var;
    }
  }
  EXPECT_EQ(LabelOfField("default_from", Words("en")), "Your email address");
  EXPECT_EQ(LabelOfField("away_action", Words("en")), "Action when state is 'Away'");
  EXPECT_EQ(LabelOfField("form", Words("en")), "");
}

TEST(ReadRegistration, NamesTheFieldThatIsWrong) {
  const struct {
    const char *var, *value, *message;
  } cases[] = {
      {"port", "0", "port: must be a number from 1 to 65535"},
      {"port", "65536", "port: must be a number from 1 to 65535"},
      {"port", "imap", "port: must be a number from 1 to 65535"},
      {"port", "99999999999999999999", "port: must be a number from 1 to 65535"},
      {"interval", "-1", "interval: must be a number from 1 to 1440"},
      {"ssl", "maybe", "ssl: must be 1 or 0"},
      {"away_action", "3", "away_action: must be 0, 1 or 2"},
      {"name", "", "name: is required"},
      {"host", " ", "host: is required"},
      {"login", "", "login: is required"},
      {"password", "", "password: is required. If it is not to be stored, switch off storing it."},
      {"store_untested", "?", "store_untested: must be 1 or 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.var, "=", c.value));
    Submission submission = Imap();
    submission[c.var] = c.value;
    const absl::Status read = ReadRegistration(submission, New(ACCOUNT_TYPE_IMAP)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(read));
    EXPECT_EQ(read.message(), c.message);
    const auto wording = words::WordingOf(read);
    ASSERT_TRUE(wording.has_value()) << "for other languages";
    EXPECT_EQ(absl::StrCat(c.var, ": ", words::English(*wording)), c.message);
  }
}

TEST(ReadRegistration, NeedsATypeAtTheGateway) {
  Submission submission = Imap();
  EXPECT_EQ(ReadRegistration(submission, New(ACCOUNT_TYPE_UNSPECIFIED)).status().message(),
            "type: is required");
  submission["type"] = "imap4";
  EXPECT_EQ(ReadRegistration(submission, New(ACCOUNT_TYPE_UNSPECIFIED)).status().message(),
            "type: must be one of IMAP, POP3, SMTP");
  submission["type"] = "POP3";
  EXPECT_EQ(ReadRegistration(submission, New(ACCOUNT_TYPE_UNSPECIFIED))->account.port(), 995u);
}

TEST(ReadRegistration, ChangesOnlyWhatWasSent) {
  auto existing = ReadRegistration(Imap(), New(ACCOUNT_TYPE_IMAP))->account;
  existing.set_id("id1");
  existing.set_live_email_only(true);
  const Submission change = {{"port", "10993"}, {"dnd_action", "0"}, {"password", ""}};
  const auto read = ReadRegistration(change, Change(existing));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->account.id(), "id1");
  EXPECT_EQ(read->account.port(), 10993u);
  EXPECT_EQ(read->account.actions().dnd(), admin::v1::ACTION_NOTHING);
  EXPECT_EQ(read->account.actions().away(), admin::v1::ACTION_DIGEST);
  EXPECT_TRUE(read->account.live_email_only());
  EXPECT_EQ(read->account.login(), "ann");
  EXPECT_TRUE(read->password.empty());
  const Submission rename = {{"name", "other"}};
  EXPECT_EQ(ReadRegistration(rename, Change(existing)).status().message(),
            "name: can't be changed");
}

TEST(ReadRegistration, AStoredPasswordGoesToNoOtherServer) {
  const auto existing = ReadRegistration(Imap(), New(ACCOUNT_TYPE_IMAP))->account;
  const struct {
    Submission change;
    const char* problem;  // "" when none is to be told
  } cases[] = {
      {{{"host", "evil.example"}},
       "password: must be entered again, because the server changes: a stored password goes to no "
       "other server"},
      {{{"login", "eve"}}, "password: must be entered again, because the login changes"},
      {{{"host", "evil.example"}, {"password", "mine"}}, ""},
      {{{"host", "IMAP.example.org"}}, ""},
      {{{"ssl", "0"}, {"port", "143"}, {"mailbox", "lists"}}, ""},
      {{{"host", "evil.example"}, {"store_password", "0"}}, ""},  // asked for, and the old one goes
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.change.begin()->first);
    EXPECT_EQ(ReadRegistration(c.change, Change(existing)).status().message(), c.problem);
  }
}

Element Form(std::vector<std::pair<std::string, std::vector<std::string>>> fields) {
  Element form = MakeElement("x", kDataFormNs);
  form.Set("type", "submit");
  for (const auto& [var, values] : fields) {
    Element field = MakeElement("field");
    field.Set("var", var);
    for (const std::string& value : values) field.AddText("value", value);
    form.Add(std::move(field));
  }
  return form;
}

TEST(ReadSubmission, RefusesWhatNoClientWouldSend) {
  EXPECT_EQ(ReadSubmission(Form({{"name", {"a", "b"}}})).status().message(),
            "name: takes one value only");
  EXPECT_EQ(ReadSubmission(Form({{"name", {"a"}}, {"name", {"b"}}})).status().message(),
            "name: is in the form twice");
  EXPECT_EQ(ReadSubmission(Form({{"name", {"a\nb"}}})).status().message(),
            "name: must not hold line breaks or control characters");
  EXPECT_EQ(ReadSubmission(Form({{"na\nme", {"a\x01"}}})).status().message(),
            "form: must not hold line breaks or control characters");
  EXPECT_EQ(ReadSubmission(Form({{"name", {std::string(1025, 'x')}}})).status().message(),
            "name: is longer than 1024 bytes");
  std::vector<std::pair<std::string, std::vector<std::string>>> many;
  for (int i = 0; i < 10'000; ++i) many.push_back({absl::StrCat("f", i), {"x"}});
  EXPECT_EQ(ReadSubmission(Form(many)).status().message(), "form: has more than 100 fields");
}

Element Offered() {
  DataForm form;
  FormField& field = form.fields.emplace_back();
  field.var = "fruit";
  field.type = "list-multi";
  field.options = {{"Apple", "1"}, {"Pear", "2"}, {"Pear", "3"}, {"1", "4"}};
  return form.ToElement();
}

TEST(TakeLabelsForValues, WhereNoValueAndOneLabelFits) {
  const struct {
    const char *name, *said, *meant;
  } cases[] = {{"value", "2", "2"},
               {"label", "Apple", "1"},
               {"value before label", "1", "1"},
               {"two labels", "Pear", "Pear"},
               {"neither", "apple", "apple"},
               {"nothing", "", ""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    FieldValues several = {{"fruit", {"2", c.said}}, {"other", {c.said}}};
    TakeLabelsForValues(Offered(), several);
    EXPECT_EQ(several, (FieldValues{{"fruit", {"2", c.meant}}, {"other", {c.said}}}));
    Submission one = {{"fruit", c.said}, {"other", c.said}};
    TakeLabelsForValues(Offered(), one);
    EXPECT_EQ(one, (Submission{{"fruit", c.meant}, {"other", c.said}}));
  }
}

TEST(FillIn, TakesWhatFitsAndNoPassword) {
  DataForm form = FormOf(New(ACCOUNT_TYPE_SMTP));
  FillIn({{"host", "h"},
          {"password", "secret"},
          {"ssl", "maybe"},
          {"tls", "true"},
          {"FORM_TYPE", "x"},
          {"nothing", "y"}},
         form);
  EXPECT_EQ(ValueOf(form, "host"), "h");
  EXPECT_EQ(ValueOf(form, "password"), "");
  EXPECT_EQ(ValueOf(form, "ssl"), "1");
  EXPECT_EQ(ValueOf(form, "tls"), "true");
  EXPECT_EQ(ValueOf(form, "FORM_TYPE"), "jabber:iq:register");
  DataForm imap = FormOf(New(ACCOUNT_TYPE_IMAP));
  FillIn({{"away_action", "0"}, {"dnd_action", "7"}}, imap);
  EXPECT_EQ(ValueOf(imap, "away_action"), "0");
  EXPECT_EQ(ValueOf(imap, "dnd_action"), "1");
}

TEST(SingleValues, AreAsInAFormOfSuch) {
  EXPECT_EQ(*SingleValues({{"a", {}}, {"b", {"c"}}}), (Submission{{"a", ""}, {"b", "c"}}));
  EXPECT_EQ(SingleValues({{"name", {"a", "b"}}}).status().message(), "name: takes one value only");
}

TEST(ReadSubmission, TellsEmptyFromAbsent) {
  const auto submission = ReadSubmission(Form({{"name", {}}, {"host", {""}}}));
  ASSERT_TRUE(submission.ok());
  EXPECT_EQ(*submission, (Submission{{"name", ""}, {"host", ""}}));
}

}  // namespace
}  // namespace postern::xmpp_edge
