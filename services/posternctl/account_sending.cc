#include "services/posternctl/account_sending.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/mail/address.h"
#include "lib/schedule/schedule.h"
#include "services/posternctl/accounts.h"
#include "services/posternctl/next_runs.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/text_file.h"

namespace postern::posternctl {
namespace {

using admin::v1::Account;
using admin::v1::Identity;
using admin::v1::Sending;
using Stub = Session::Stub;

// admin counts again; this is to refuse a wrong file by its name.
constexpr size_t kMaxSignatureFile = 8 * 1024;

// What the command line says; what is not there stays as it is.
struct Wish {
  std::string account;
  std::string signature_file, signature_of, form, schedule_file, time_zone, sent_folder;
  std::vector<std::string> identities;
  uint32_t undo = 0;
  bool no_schedule = false, hide_jabber_id = false, show_jabber_id = false;
  CLI::App* verb = nullptr;

  bool Given(const char* option) const { return verb->count(option) > 0; }
  bool ChangesNothing() const {
    const auto options = verb->get_options();
    return std::none_of(options.begin(), options.end(), [](const CLI::Option* option) {
      return option->count() > 0 && option->get_name() != "ACCOUNT";
    });
  }
};

std::string SpecOf(const std::string& from) {
  const auto address = mail::ParseAddress(from);
  return address.ok() ? address->Spec() : from;
}

std::string SignatureWords(const std::string& signature) {
  return signature.empty() ? "no signature" : absl::StrCat("signature of ", signature.size(), " B");
}

void PrintSignature(Session& session, const std::string& from, const std::string& signature) {
  if (signature.empty()) return;
  session.out() << "\n";
  PrintLine(session.out(), absl::StrCat("Signature of ", from, ":"));
  for (const absl::string_view line : absl::StrSplit(signature, '\n')) {
    PrintLine(session.out(), absl::StrCat("  ", line));
  }
}

absl::Status PrintSending(Session& session, const Account& account) {
  const Sending& sending = account.sending();
  const AccountRuns runs =
      RunsOf(sending.schedule(), sending.time_zone(), schedule::Traffic::kSend);
  if (session.json) {
    session.out() << "{\"sending\": " << ToJson(sending) << ",\n\"next_runs\": " << RunsJson(runs)
                  << "}\n";
    return absl::OkStatus();
  }
  Card card;
  card.Add("account", absl::StrCat(account.owner(), "/", account.name()));
  card.Add("from", account.default_from());
  AddSendingTo(account, card);
  card.Print(session.out());
  PrintSignature(session, account.default_from(), sending.signature());
  for (const Identity& identity : sending.identities()) {
    PrintSignature(session, identity.from(), identity.signature());
  }
  PrintAccountSchedule(session.out(), "Sends next:", runs, sending.schedule());
  return absl::OkStatus();
}

// Replaces the list; who stays keeps their signature.
void SetIdentities(const std::vector<std::string>& wanted, Sending& sending) {
  const Sending before = sending;
  sending.clear_identities();
  for (const std::string& from : wanted) {
    if (from.empty()) continue;
    Identity& identity = *sending.add_identities();
    identity.set_from(from);
    for (const Identity& old : before.identities()) {
      if (absl::EqualsIgnoreCase(SpecOf(old.from()), SpecOf(from))) {
        identity.set_signature(old.signature());
      }
    }
  }
}

absl::Status SetSignature(const Wish& wish, const Account& account, Sending& sending) {
  std::string text;
  if (!wish.signature_file.empty()) {
    auto read = ReadTextFile(wish.signature_file, kMaxSignatureFile);
    if (!read.ok()) return read.status();
    text = *std::move(read);
  }
  const std::string of = SpecOf(wish.signature_of);
  if (of.empty() || absl::EqualsIgnoreCase(of, SpecOf(account.default_from()))) {
    sending.set_signature(std::move(text));
    return absl::OkStatus();
  }
  for (Identity& identity : *sending.mutable_identities()) {
    if (!absl::EqualsIgnoreCase(of, SpecOf(identity.from()))) continue;
    identity.set_signature(std::move(text));
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--signature-of: the account has no identity ", wish.signature_of));
}

absl::Status Apply(const Wish& wish, const Account& account, Sending& sending) {
  if (wish.Given("--identity")) SetIdentities(wish.identities, sending);
  if (wish.Given("--signature-file")) {
    if (absl::Status s = SetSignature(wish, account, sending); !s.ok()) return s;
  }
  if (wish.Given("--form")) {
    sending.set_form(wish.form == "html" ? admin::v1::BODY_FORM_HTML : admin::v1::BODY_FORM_PLAIN);
  }
  if (wish.Given("--undo")) sending.set_undo_seconds(wish.undo);
  if (wish.Given("--schedule-file") && wish.schedule_file.empty()) {
    sending.clear_schedule();
  } else if (wish.Given("--schedule-file")) {
    auto text = ReadTextFile(wish.schedule_file, schedule::kMaxScheduleBytes);
    if (!text.ok()) return text.status();
    sending.set_schedule(*std::move(text));
  }
  if (wish.no_schedule) sending.clear_schedule();
  if (wish.Given("--time-zone")) sending.set_time_zone(wish.time_zone);
  if (wish.Given("--sent-folder")) sending.set_sent_folder(wish.sent_folder);
  if (wish.hide_jabber_id || wish.show_jabber_id) sending.set_hide_jabber_id(wish.hide_jabber_id);
  return absl::OkStatus();
}

absl::Status ShowOrChange(Session& session, const Wish& wish) {
  auto account = FindAccount(session, wish.account);
  if (!account.ok()) return account.status();
  if (absl::Status s = CheckSends(*account); !s.ok()) return s;
  if (wish.ChangesNothing()) return PrintSending(session, *account);
  admin::v1::SetSendingRequest request;
  request.set_account_id(account->id());
  *request.mutable_sending() = account->sending();
  if (absl::Status s = Apply(wish, *account, *request.mutable_sending()); !s.ok()) return s;
  auto answer = session.Call(&Stub::SetSending, request);
  if (!answer.ok()) return answer.status();
  return PrintSending(session, answer->account());
}

struct RouteWish {
  std::string account, route;
  bool none = false;
};

// Mail would wait for a route that the sender does not know. When it can't be asked: a warning.
absl::StatusOr<std::string> CheckRoute(Session& session, const std::string& name) {
  auto known = session.Call(&Stub::ListRoutes, sender::v1::ListRoutesRequest());
  if (!known.ok()) {
    return absl::StrCat("warning: whether there is a route ", name,
                        " is not known: ", known.status().message());
  }
  std::vector<std::string> names;
  for (const sender::v1::EgressRoute& route : known->routes()) {
    if (absl::EqualsIgnoreCase(route.name(), name)) return "";
    names.push_back(route.name());
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no route ", name, " in the sender's --routes-file; ",
      names.empty() ? "it has none" : absl::StrCat("there are: ", absl::StrJoin(names, ", "))));
}

absl::Status ShowOrSetRoute(Session& session, const RouteWish& wish) {
  auto account = FindAccount(session, wish.account);
  if (!account.ok()) return account.status();
  if (absl::Status s = CheckSends(*account); !s.ok()) return s;
  if (wish.none || !wish.route.empty()) {
    admin::v1::SetRouteRequest request;
    request.set_account_id(account->id());
    request.set_route(wish.route);
    absl::StatusOr<std::string> warning = "";
    if (!wish.none) warning = CheckRoute(session, wish.route);
    if (!warning.ok()) return warning.status();
    if (!warning->empty() && !session.json) PrintLine(session.out(), *warning);
    auto answer = session.Call(&Stub::SetRoute, request);
    if (!answer.ok()) return answer.status();
    *account = answer->account();
  }
  if (session.json) return session.PrintJson(*account);
  const std::string name = absl::StrCat(account->owner(), "/", account->name());
  PrintLine(session.out(), account->route().empty()
                               ? absl::StrCat(name, " sends by no route.")
                               : absl::StrCat(name, " sends by route ", account->route(), "."));
  return absl::OkStatus();
}

constexpr char kSendingHelp[] =
    "Without options it shows what is set. An option replaces what it names and leaves the\n"
    "rest; \"\" removes it. --identity may stand there several times: these are all that the\n"
    "account has beside its own address. JSON: {\"sending\": {...}, \"next_runs\": [...]}\n\n"
    "Examples:\n"
    "  posternctl accounts sending ann@example.org/out\n"
    "  posternctl accounts sending ann@example.org/out --signature-file ann.txt --undo 10\n"
    "  posternctl accounts sending ann@example.org/out --identity \"Sales <sales@example.org>\" "
    "\\\n"
    "    --signature-file sales.txt --signature-of sales@example.org\n"
    "  posternctl accounts sending ann@example.org/out --form html --time-zone Europe/Berlin\n"
    "  posternctl accounts sending ann@example.org/out --sent-folder work/Sent\n";

constexpr char kRouteHelp[] =
    "Without ROUTE it shows the route. Routes are those of the sender's --routes-file.\n\n"
    "Examples:\n"
    "  posternctl accounts route ann@example.org/out\n"
    "  posternctl accounts route ann@example.org/out satellite\n"
    "  posternctl accounts route ann@example.org/out --none\n";

void AddRoute(Nouns& nouns, CLI::App& accounts) {
  auto wish = std::make_shared<RouteWish>();
  CLI::App& verb =
      nouns.AddVerb(accounts, "route", "By which route an account sends", kRouteHelp,
                    [wish](Session& session) { return ShowOrSetRoute(session, *wish); });
  verb.add_option("ACCOUNT", wish->account, "its id, or OWNER/NAME")->required();
  CLI::Option* route = verb.add_option("ROUTE", wish->route, "the name of a route");
  verb.add_flag("--none", wish->none, "send without one")->excludes(route);
}

}  // namespace

void AddSendingTo(const Account& account, Card& card) {
  const Sending& sending = account.sending();
  card.Add("signature", SignatureWords(sending.signature()));
  std::vector<std::string> identities;
  for (const Identity& identity : sending.identities()) {
    identities.push_back(
        absl::StrCat(identity.from(), " (", SignatureWords(identity.signature()), ")"));
  }
  card.Add("identities", absl::StrJoin(identities, ", "));
  card.Add("form", sending.form() == admin::v1::BODY_FORM_HTML ? "html" : "plain");
  card.Add("undo", sending.undo_seconds() == 0 ? "sent at once"
                                               : absl::StrCat(sending.undo_seconds(), " s"));
  card.Add("sent when", sending.schedule().empty() ? "all the time" : "by a schedule");
  card.Add("time zone", sending.time_zone().empty() ? "UTC" : sending.time_zone());
  card.Add("sent folder", sending.sent_folder().empty()  ? "found by itself"
                          : sending.sent_folder() == "-" ? "none"
                                                         : sending.sent_folder());
  card.Add("jabber id", sending.hide_jabber_id() ? "hidden" : "told");
  card.Add("route", account.route());
}

void AddSending(Nouns& nouns, CLI::App& accounts) {
  auto wish = std::make_shared<Wish>();
  CLI::App& verb =
      nouns.AddVerb(accounts, "sending", "Signatures, identities, undo, when to send", kSendingHelp,
                    [wish](Session& session) { return ShowOrChange(session, *wish); });
  wish->verb = &verb;
  verb.add_option("ACCOUNT", wish->account, "its id, or OWNER/NAME")->required();
  CLI::Option* signature =
      verb.add_option("--signature-file", wish->signature_file, "what stands below each mail")
          ->option_text("FILE");
  verb.add_option("--signature-of", wish->signature_of, "the identity that this signature is for")
      ->option_text("ADDRESS")
      ->needs(signature);
  verb.add_option("--identity", wish->identities, "another sender; all of them")
      ->option_text("FROM")
      ->expected(1)
      ->take_all();
  verb.add_option("--form", wish->form, "how text is sent")
      ->option_text("plain|html")
      ->check(CLI::IsMember({"plain", "html"}));
  verb.add_option("--undo", wish->undo, "let mail wait so long, to be taken back")
      ->option_text("SECONDS");
  CLI::Option* file = verb.add_option("--schedule-file", wish->schedule_file,
                                      "send at the times of this file alone")
                          ->option_text("FILE");
  verb.add_flag("--no-schedule", wish->no_schedule, "send all the time")->excludes(file);
  verb.add_option("--time-zone", wish->time_zone, "of the schedule and of \"Send:\" lines")
      ->option_text("ZONE [UTC]");
  verb.add_option("--sent-folder", wish->sent_folder, "where sent mail is kept; -: nowhere")
      ->option_text("NAME[/FOLDER]");
  CLI::Option* hide =
      verb.add_flag("--hide-jabber-id", wish->hide_jabber_id, "leave the Jabber-ID field out");
  verb.add_flag("--show-jabber-id", wish->show_jabber_id, "put it in")->excludes(hide);
  AddRoute(nouns, accounts);
}

}  // namespace postern::posternctl
