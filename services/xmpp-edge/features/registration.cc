// XEP-0077: In-Band Registration. A new account: at the gateway, a type node or a folder.
// To change or remove one: at the account. Removing at the gateway removes all.
#include "services/xmpp-edge/features/registration.h"

#include <utility>

#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/features/folder_nodes.h"
#include "services/xmpp-edge/features/registration_answers.h"
#include "services/xmpp-edge/features/registration_desk.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/features/registration_removal.h"
#include "services/xmpp-edge/slow_answers.h"
#include "services/xmpp-edge/texts/common.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNs[] = "jabber:iq:register";

void WipePasswords(Element& form) {
  for (Element& field : form.children) {
    if (field.Attr("var") != "password") continue;
    for (Element& value : field.children) crypto::Wipe(value.text);
  }
}

// The account that reads a folder: the browsed one itself, or another of that mailbox.
AccountDirectory::Account AccountOfFolder(const AccountDirectory& directory,
                                          const AccountDirectory::Account& browsed,
                                          const std::string& mailbox) {
  if (browsed->mailbox() == mailbox) return browsed;
  for (const AccountDirectory::Account& account : directory.Of(browsed->owner())) {
    const bool same = account->type() == browsed->type() && account->host() == browsed->host() &&
                      account->login() == browsed->login() && account->mailbox() == mailbox;
    if (same) return account;
  }
  return nullptr;
}

class Registrar {
 public:
  Registrar(FeatureContext context, std::shared_ptr<RegistrationDesk> desk)
      : context_(context),
        slow_(context.sink, context.tasks),
        desk_(std::move(desk)),
        removal_(context) {}

  net::Task<Element> Get(Incoming incoming) {
    const bool known = co_await AccountsAreKnown(context_.directory);
    Asked asked = AskedBy(incoming);
    if (!known) co_return StillStarting(asked);
    Place place = FindPlace(incoming);
    if (place.kind == Place::Kind::kNowhere) co_return NotFound(asked);
    if (!place.folder.empty()) {
      co_return slow_.Begin(incoming, asked.words, FolderForm(asked, std::move(place)));
    }
    co_return FormAnswer(asked, SubjectOf(place, asked), IsRegistered(place, asked.user));
  }

  net::Task<Element> Set(Incoming incoming) {
    Element answer = co_await Take(incoming);
    // Passwords leave memory with the answer, not some time later.
    for (Element& child : incoming.stanza.children.front().children) WipePasswords(child);
    co_return answer;
  }

 private:
  Asked AskedBy(const Incoming& incoming) const {
    std::string user = incoming.from.Bare();
    const Words& words = context_.interpreter.Answering(user, incoming.lang);
    return Asked{Envelope(incoming.stanza), std::move(user), words};
  }

  net::Task<Element> Take(const Incoming& incoming) {
    const bool known = co_await AccountsAreKnown(context_.directory);
    Asked asked = AskedBy(incoming);
    if (!known) co_return StillStarting(asked);
    Place place = FindPlace(incoming);
    const Element& query = incoming.stanza.children.front();
    if (place.kind == Place::Kind::kNowhere) co_return NotFound(asked);
    if (query.Child("remove") != nullptr) co_return co_await Remove(incoming, asked, place);

    const Element* form = query.Child("x", kDataFormNs);
    if (form == nullptr) {
      co_return ErrorAnswer(asked.iq, "modify", "not-acceptable", texts::FormNeeded(asked.words));
    }
    if (form->Attr("type") == "cancel") co_return IqResult(asked.iq);
    if (form->Attr("type") != "submit") {
      co_return ErrorAnswer(asked.iq, "modify", "bad-request", texts::FormNeeded(asked.words));
    }
    auto submission = ReadSubmission(*form);
    if (!submission.ok()) co_return Refusal(asked, submission.status());
    if (!place.folder.empty()) {
      co_return slow_.Begin(incoming, asked.words,
                            FolderPut(asked, std::move(place), *std::move(submission)));
    }
    co_return co_await Put(incoming, SubjectOf(place, asked), *std::move(submission));
  }

  static Element NotFound(const Asked& asked) {
    return ErrorAnswer(asked.iq, "cancel", "item-not-found");
  }
  static Element StillStarting(const Asked& asked) {
    return ErrorAnswer(asked.iq, "wait", "remote-server-timeout", texts::Starting(asked.words));
  }

  // Where there is something to register, else nowhere.
  Place FindPlace(const Incoming& incoming) const {
    const absl::string_view node = incoming.stanza.children.front().Attr("node");
    Place place = PlaceOf(incoming.to, node, incoming.from, context_.directory);
    const bool hidden = place.kind == Place::Kind::kType &&
                        !IsTypeShown(place.type, incoming.from.Bare(), context_);
    return hidden || place.kind == Place::Kind::kAddress ? Place() : place;
  }

  bool IsRegistered(const Place& place, const std::string& user) const {
    if (place.account != nullptr) return true;
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      if (place.kind == Place::Kind::kRoot || account->type() == place.type) return true;
    }
    return false;
  }

  FormSubject SubjectOf(const Place& place, const Asked& asked) const {
    return desk_->SubjectAt(place, asked.user, asked.words);
  }

  // JMC's: the account of that folder, to be changed, or a new one like the one browsed.
  FormSubject SubjectOfFolder(const Place& place, const Asked& asked,
                              const std::string& mailbox) const {
    FormSubject subject = SubjectOf(place, asked);
    subject.existing = AccountOfFolder(context_.directory, place.account, mailbox);
    if (subject.existing == nullptr) subject.like = place.account;
    subject.mailbox = mailbox;
    return subject;
  }

  Element FormAnswer(const Asked& asked, const FormSubject& subject, bool registered) const {
    const DataForm form = RegistrationForm(subject, asked.words);
    Element query = MakeElement("query", kNs);
    if (registered) query.Add(MakeElement("registered"));
    query.AddText("instructions", form.instructions).Add(form.ToElement());
    Element answer = IqResult(asked.iq);
    answer.Add(std::move(query));
    return answer;
  }

  net::Task<Element> FolderForm(Asked asked, Place place) {
    auto listed = co_await ListFolders(context_.fetcher, place);
    if (!listed.ok()) co_return MailServerRefusal(asked.iq, listed.status(), asked.words);
    if (!listed->self().selectable()) co_return NoMailHere(asked);
    const FormSubject subject = SubjectOfFolder(place, asked, listed->self().mailbox());
    co_return FormAnswer(asked, subject, subject.existing != nullptr);
  }

  static Element NoMailHere(const Asked& asked) {
    return ErrorAnswer(asked.iq, "cancel", "not-allowed", texts::HoldsFoldersOnly(asked.words));
  }

  net::Task<Element> FolderPut(Asked asked, Place place, Submission submission) {
    auto listed = co_await ListFolders(context_.fetcher, place);
    if (!listed.ok()) co_return MailServerRefusal(asked.iq, listed.status(), asked.words);
    if (!listed->self().selectable()) co_return NoMailHere(asked);
    FormSubject subject = SubjectOfFolder(place, asked, listed->self().mailbox());
    auto registration = Read(asked, subject, std::move(submission));
    if (!registration.ok()) co_return Refusal(asked, registration.status());
    co_return co_await TryAndStore(std::move(asked), std::move(subject), *std::move(registration));
  }

  static absl::StatusOr<Registration> Read(const Asked& asked, const FormSubject& subject,
                                           Submission submission) {
    TakeLabelsForValues(RegistrationForm(subject, asked.words).ToElement(), submission);
    return ReadRegistration(std::move(submission), subject);
  }

  // What needs no mail server is stored in the order of the stanzas; a trial takes long.
  net::Task<Element> Put(const Incoming& incoming, FormSubject subject, Submission submission) {
    Asked asked = AskedBy(incoming);
    auto registration = Read(asked, subject, std::move(submission));
    if (!registration.ok()) co_return Refusal(asked, registration.status());
    if (registration->store_untested || !NeedsTrial(subject, *registration)) {
      co_return co_await TryAndStore(std::move(asked), std::move(subject),
                                     *std::move(registration));
    }
    const Words words = asked.words;
    co_return slow_.Begin(
        incoming, words,
        TryAndStore(std::move(asked), std::move(subject), *std::move(registration)));
  }

  net::Task<Element> TryAndStore(Asked asked, FormSubject subject, Registration registration) {
    const auto problem =
        co_await desk_->Take(asked.user, std::move(subject), std::move(registration), asked.words);
    co_return problem ? Refusal(asked, *problem) : IqResult(asked.iq);
  }

  RemovalWish WishAt(const Place& place, const std::string& user) const {
    RemovalWish wish;
    wish.user = user;
    wish.everything = place.kind == Place::Kind::kRoot;
    for (AccountDirectory::Account& account : context_.directory.Of(user)) {
      const bool meant = wish.everything ||
                         (place.kind == Place::Kind::kType && account->type() == place.type) ||
                         (place.account != nullptr && account->id() == place.account->id());
      if (meant) wish.accounts.push_back(std::move(account));
    }
    return wish;
  }

  net::Task<Element> Remove(const Incoming& incoming, const Asked& asked, const Place& place) {
    if (!place.folder.empty()) {
      co_return slow_.Begin(incoming, asked.words, RemoveAtFolder(asked, place));
    }
    RemovalWish wish = WishAt(place, asked.user);
    co_return co_await removal_.Take(asked, std::move(wish));
  }

  net::Task<Element> RemoveAtFolder(Asked asked, Place place) {
    auto listed = co_await ListFolders(context_.fetcher, place);
    if (!listed.ok()) co_return MailServerRefusal(asked.iq, listed.status(), asked.words);
    RemovalWish wish;
    wish.user = asked.user;
    auto account = AccountOfFolder(context_.directory, place.account, listed->self().mailbox());
    if (account != nullptr) wish.accounts.push_back(std::move(account));
    co_return co_await removal_.Take(std::move(asked), std::move(wish));
  }

  FeatureContext context_;
  SlowAnswers slow_;
  std::shared_ptr<RegistrationDesk> desk_;
  Removal removal_;
};

}  // namespace

void InstallRegistration(StanzaRouter& router, FeatureContext context,
                         std::shared_ptr<RegistrationDesk> desk) {
  auto registrar = std::make_shared<Registrar>(context, std::move(desk));
  router.OnIq("get", kNs,
              [registrar](Incoming incoming) { return registrar->Get(std::move(incoming)); });
  router.OnIq("set", kNs,
              [registrar](Incoming incoming) { return registrar->Set(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
