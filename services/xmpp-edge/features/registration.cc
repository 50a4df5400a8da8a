// XEP-0077: In-Band Registration. A new account: at the gateway or a type node.
// To change or remove one: at the account. Removing at the gateway removes all.
#include "services/xmpp-edge/features/registration.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/secret_box.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using AdminCalls = admin::v1::AdminService::StubInterface::async_interface;

constexpr char kNs[] = "jabber:iq:register";
constexpr auto kAdminDeadline = std::chrono::seconds(10);

// "port: must be …" in the words of JMC.
std::string FieldErrorText(absl::string_view message) {
  const size_t colon = message.find(": ");
  if (colon == absl::string_view::npos) return std::string(message);
  return texts::FieldError(message.substr(0, colon), message.substr(colon + 2));
}

// What admin, or the form itself, says to a registration.
Element Refusal(const Element& iq, const absl::Status& why, absl::string_view name = "") {
  switch (why.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ErrorAnswer(iq, "modify", "not-acceptable", FieldErrorText(why.message()));
    case absl::StatusCode::kUnimplemented:
      return ErrorAnswer(iq, "cancel", "feature-not-implemented", why.message());
    case absl::StatusCode::kAlreadyExists:
      return ErrorAnswer(iq, "cancel", "conflict", texts::AccountExists(name));
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(iq, "cancel", "item-not-found");
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(iq, "cancel", "not-allowed", why.message());
    default:
      return ErrorAnswer(iq, "wait", "remote-server-timeout", texts::kAccountsAway);
  }
}

// The passwords of a form leave memory with the answer, not some time later.
void WipePasswords(Element& form) {
  for (Element& field : form.children) {
    if (field.Attr("var") != "password") continue;
    for (Element& value : field.children) crypto::Wipe(value.text);
  }
}

bool IsFormPlace(const Place& place) {
  return place.kind == Place::Kind::kRoot || place.kind == Place::Kind::kType ||
         place.kind == Place::Kind::kAccount;
}

class Registrar {
 public:
  explicit Registrar(FeatureContext context) : context_(context) {}

  net::Task<Element> Get(Incoming incoming) {
    const Element& iq = incoming.stanza;
    if (!co_await AccountsAreKnown(context_.directory)) {
      co_return ErrorAnswer(iq, "wait", "remote-server-timeout", texts::kStarting);
    }
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    if (!IsFormPlace(place)) co_return ErrorAnswer(iq, "cancel", "item-not-found");
    if (place.type == admin::v1::ACCOUNT_TYPE_POP3) {
      co_return ErrorAnswer(iq, "cancel", "feature-not-implemented", texts::kNoPop3);
    }
    co_return FormAnswer(incoming, place);
  }

  net::Task<Element> Set(Incoming incoming) {
    if (!co_await AccountsAreKnown(context_.directory)) {
      co_return ErrorAnswer(incoming.stanza, "wait", "remote-server-timeout", texts::kStarting);
    }
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    Element& query = incoming.stanza.children.front();
    if (!IsFormPlace(place)) co_return ErrorAnswer(incoming.stanza, "cancel", "item-not-found");
    if (query.Child("remove") != nullptr) co_return co_await Remove(std::move(incoming), place);

    const Element* form = query.Child("x", kDataFormNs);
    if (form == nullptr) {
      co_return ErrorAnswer(incoming.stanza, "modify", "not-acceptable", texts::kFormNeeded);
    }
    if (form->Attr("type") == "cancel") co_return IqResult(incoming.stanza);
    if (form->Attr("type") != "submit") {
      co_return ErrorAnswer(incoming.stanza, "modify", "bad-request", texts::kFormNeeded);
    }
    auto submission = ReadSubmission(*form);
    for (Element& child : query.children) WipePasswords(child);
    if (!submission.ok()) co_return Refusal(incoming.stanza, submission.status());
    co_return co_await Put(std::move(incoming), place, *std::move(submission));
  }

 private:
  Element FormAnswer(const Incoming& incoming, const Place& place) const {
    const std::string user = incoming.from.Bare();
    bool registered = place.account != nullptr;
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      registered |= place.kind == Place::Kind::kRoot || account->type() == place.type;
    }
    const bool has_default = context_.directory.DefaultSmtp(user) != nullptr;
    const DataForm form = RegistrationForm(place.type, place.account.get(), has_default);
    Element query = MakeElement("query", kNs);
    if (registered) query.Add(MakeElement("registered"));
    query.AddText("instructions", form.instructions).Add(form.ToElement());
    Element answer = IqResult(incoming.stanza);
    answer.Add(std::move(query));
    return answer;
  }

  net::Task<Element> Put(Incoming incoming, Place place, Submission submission) {
    auto registration = ReadRegistration(submission, place.type, place.account.get());
    if (auto password = submission.find("password"); password != submission.end()) {
      crypto::Wipe(password->second);
    }
    if (!registration.ok()) co_return Refusal(incoming.stanza, registration.status());

    const std::string name = registration->account.name();
    admin::v1::PutAccountRequest request;
    *request.mutable_account() = std::move(registration->account);
    request.mutable_account()->set_owner(incoming.from.Bare());
    request.set_password(registration->password);
    crypto::Wipe(registration->password);
    auto stored = co_await rpc::Call(context_.admin.async(), &AdminCalls::PutAccount,
                                     std::move(request), kAdminDeadline);
    if (!stored.ok()) co_return Refusal(incoming.stanza, stored.status(), name);
    context_.tasks.Spawn("after registration", AfterPut(incoming.from.Bare(), *std::move(stored)));
    co_return IqResult(incoming.stanza);
  }

  net::Task<Element> Remove(Incoming incoming, Place place) {
    const std::string user = incoming.from.Bare();
    std::vector<std::string> ids;
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      const bool meant = place.kind == Place::Kind::kRoot ||
                         (place.kind == Place::Kind::kType && account->type() == place.type) ||
                         (place.account != nullptr && account->id() == place.account->id());
      if (meant) ids.push_back(account->id());
    }
    if (ids.empty()) co_return ErrorAnswer(incoming.stanza, "auth", "registration-required");

    absl::Status removed;
    if (place.kind == Place::Kind::kRoot) {
      removed = co_await RemoveUser(user);
    } else {
      removed = co_await RemoveAccounts(ids);
    }
    if (!removed.ok()) co_return Refusal(incoming.stanza, removed);
    context_.tasks.Spawn("after removal", AfterRemoval(std::move(ids)));
    co_return IqResult(incoming.stanza);
  }

  net::Task<absl::Status> RemoveUser(std::string user) {
    admin::v1::RemoveUserRequest request;
    request.set_user(user);
    auto removed = co_await rpc::Call(context_.admin.async(), &AdminCalls::RemoveUser,
                                      std::move(request), kAdminDeadline);
    co_return removed.status();
  }

  net::Task<absl::Status> RemoveAccounts(std::vector<std::string> ids) {
    for (const std::string& id : ids) {
      admin::v1::RemoveAccountRequest request;
      request.set_account_id(id);
      auto removed = co_await rpc::Call(context_.admin.async(), &AdminCalls::RemoveAccount,
                                        std::move(request), kAdminDeadline);
      // Gone already is as good.
      if (!removed.ok() && !absl::IsNotFound(removed.status())) co_return removed.status();
    }
    co_return absl::OkStatus();
  }

  // XEP-0100 section 4.1 wants the result first, then presence and messages: what
  // is posted here runs after the router has sent the answer.
  net::Task<void> AfterAnswer() {
    co_await boost::asio::post(context_.executor, boost::asio::use_awaitable);
  }

  net::Task<void> AfterPut(std::string user, admin::v1::PutAccountResponse stored) {
    co_await AfterAnswer();
    const std::string name = stored.account().name();
    context_.directory.Apply(std::move(*stored.mutable_account()));
    std::string news = stored.created() ? texts::AccountCreated(name) : texts::AccountUpdated(name);
    co_await Say(user, std::move(news));
    if (stored.first_of_user()) co_await Say(user, texts::Welcome(context_.domain));
  }

  net::Task<void> AfterRemoval(std::vector<std::string> ids) {
    co_await AfterAnswer();
    for (const std::string& id : ids) context_.directory.Forget(id);
  }

  net::Task<void> Say(std::string user, std::string text) {
    Element message = MakeStanza("message", context_.domain, user, "chat", crypto::RandomId());
    message.AddText("body", text);
    (void)co_await context_.sink.Send(std::move(message));
  }

  FeatureContext context_;
};

}  // namespace

void InstallRegistration(StanzaRouter& router, FeatureContext context) {
  auto registrar = std::make_shared<Registrar>(context);
  router.OnIq("get", kNs,
              [registrar](Incoming incoming) { return registrar->Get(std::move(incoming)); });
  router.OnIq("set", kNs,
              [registrar](Incoming incoming) { return registrar->Set(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
