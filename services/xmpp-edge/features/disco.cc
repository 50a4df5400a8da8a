// XEP-0030: Service Discovery. The tree: the gateway, a node for each type of account,
// below it the asker's accounts of that type, below an IMAP account the folders of its
// mail server. Addresses stand beside it.
#include "services/xmpp-edge/features/disco.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/directory_wait.h"
#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/features/caps.h"
#include "services/xmpp-edge/features/command_list.h"
#include "services/xmpp-edge/features/disco_info.h"
#include "services/xmpp-edge/features/folder_nodes.h"
#include "services/xmpp-edge/result_set.h"
#include "services/xmpp-edge/slow_answers.h"
#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {
namespace {

absl::string_view NodeOf(const Incoming& incoming) {
  return incoming.stanza.children.front().Attr("node");
}

Element NotFound(const Element& iq) { return ErrorAnswer(iq, "cancel", "item-not-found"); }

ListedItem MakeItem(absl::string_view jid, absl::string_view node, absl::string_view name) {
  Element item = MakeElement("item");
  item.Set("jid", jid).Set("node", node).Set("name", name);
  return {std::string(node), std::move(item)};
}

Element Answer(const Element& iq, Element query) {
  Element answer = IqResult(iq);
  answer.Add(std::move(query));
  return answer;
}

// The answer to a question for items: all of them, or a page.
Element Listing(const Element& iq, std::vector<ListedItem> items,
                const std::optional<PageRequest>& page, Element query,
                const RestItem& rest = nullptr) {
  const absl::Status added = AddPage(std::move(items), page, query, rest);
  return added.ok() ? Answer(iq, std::move(query)) : NotFound(iq);
}

// One question, and what is needed to answer it later.
struct Question {
  Element iq;     // the envelope
  Element query;  // of the answer: with the node asked for, still empty
  std::optional<PageRequest> page;
  Place place;
  Words words;
};

class Disco {
 public:
  explicit Disco(FeatureContext context) : context_(context), slow_(context.sink, context.tasks) {}

  net::Task<Element> Info(Incoming incoming) {
    const bool known = co_await AccountsAreKnown(context_.directory);
    const Element& iq = incoming.stanza;
    const Words& words = WordsFor(incoming);
    Element query = EmptyQuery(incoming, kInfoNs);
    if (TellsOfCommands(incoming, words, query) || TellsCaps(incoming, query)) {
      co_return Answer(iq, std::move(query));
    }
    Place place = FindPlace(incoming);
    if (place.kind == Place::Kind::kNowhere) co_return NothingThere(iq, known, words);
    if (!place.folder.empty()) {
      Question question{Envelope(iq), std::move(query), std::nullopt, std::move(place), words};
      co_return slow_.Begin(incoming, words, FolderInfo(std::move(question)));
    }
    if (place.kind == Place::Kind::kType) {
      DescribeType(LabelOfType(place.type, context_.site.current(), words), query);
    } else {
      // Browsers ask at the account's node; what its presence hashes is asked for without.
      const bool named = place.account != nullptr && !NodeOf(incoming).empty();
      DescribePlace(place, context_.contacts, query, named ? place.account->name() : "");
    }
    co_return Answer(iq, std::move(query));
  }

  net::Task<Element> Items(Incoming incoming) {
    const bool known = co_await AccountsAreKnown(context_.directory);
    const Element& iq = incoming.stanza;
    const Words& words = WordsFor(incoming);
    Element query = EmptyQuery(incoming, kItemsNs);
    if (NodeOf(incoming) == kCommandsNs) co_return CommandItems(incoming, words, std::move(query));
    Place place = FindPlace(incoming);
    if (place.kind == Place::Kind::kNowhere) co_return NothingThere(iq, known, words);
    auto page = ReadPageRequest(iq.children.front());
    if (!page.ok()) co_return ErrorAnswer(iq, "modify", "bad-request", page.status().message());

    const std::string user = incoming.from.Bare();
    if (place.kind == Place::Kind::kRoot) {
      co_return Listing(iq, TypeItems(user, words), *page, std::move(query));
    }
    if (place.kind == Place::Kind::kType) {
      co_return Listing(iq, AccountItems(user, place.type), *page, std::move(query));
    }
    if (place.type != admin::v1::ACCOUNT_TYPE_IMAP) co_return Answer(iq, std::move(query));
    Question question{Envelope(iq), std::move(query), *std::move(page), std::move(place), words};
    co_return slow_.Begin(incoming, words, FoldersBelow(std::move(question)));
  }

 private:
  const Words& WordsFor(const Incoming& incoming) const {
    return context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  }

  static Element EmptyQuery(const Incoming& incoming, absl::string_view ns) {
    Element query = MakeElement("query", ns);
    const absl::string_view node = NodeOf(incoming);
    if (!node.empty()) query.Set("node", node);
    return query;
  }

  // Another's account and none at all are the same: nowhere.
  Place FindPlace(const Incoming& incoming) const {
    Place place = PlaceOf(incoming.to, NodeOf(incoming), incoming.from, context_.directory);
    const bool hidden = place.kind == Place::Kind::kType &&
                        !IsTypeShown(place.type, incoming.from.Bare(), context_);
    return hidden ? Place() : place;
  }

  static Element NothingThere(const Element& iq, bool known, const Words& words) {
    if (known) return NotFound(iq);
    return ErrorAnswer(iq, "wait", "remote-server-timeout", texts::Starting(words));
  }

  bool TellsOfCommands(const Incoming& incoming, const Words& words, Element& query) const {
    const absl::string_view node = NodeOf(incoming);
    if (node.empty()) return false;
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    if (place.kind == Place::Kind::kNowhere) return false;
    if (node != kCommandsNs) {
      return DescribeCommand(context_, incoming.from, place, node, words, query);
    }
    if (place.kind == Place::Kind::kAddress) return false;
    DescribeCommandList(words, query);
    return true;
  }

  // XEP-0115 section 6.2: "node#ver" is what disco#info says, as long as it still does.
  bool TellsCaps(const Incoming& incoming, Element& query) const {
    absl::string_view hash;
    if (!IsCapsNode(NodeOf(incoming), hash)) return false;
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    if (place.kind == Place::Kind::kNowhere || place.kind == Place::Kind::kType) return false;
    if (Caps(place, context_.contacts).Attr("ver") != hash) return false;
    DescribePlace(place, context_.contacts, query);
    return true;
  }

  Element CommandItems(const Incoming& incoming, const Words& words, Element query) const {
    const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
    if (place.kind == Place::Kind::kNowhere || place.kind == Place::Kind::kAddress) {
      return NotFound(incoming.stanza);
    }
    AddCommandItems(context_, incoming.from, place, incoming.to.Full(), words, query);
    return Answer(incoming.stanza, std::move(query));
  }

  std::vector<ListedItem> TypeItems(const std::string& user, const Words& words) const {
    std::vector<ListedItem> items;
    for (const admin::v1::AccountType type : kAccountTypes) {
      if (!IsTypeShown(type, user, context_)) continue;
      const std::string name = NameOfType(type);
      items.push_back(MakeItem(absl::StrCat(context_.domain, "/", name), name,
                               LabelOfType(type, context_.site.current(), words)));
    }
    return items;
  }

  std::vector<ListedItem> AccountItems(const std::string& user, admin::v1::AccountType type) const {
    std::vector<ListedItem> items;
    const std::string type_name = NameOfType(type);
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      if (account->type() != type) continue;
      items.push_back(MakeItem(absl::StrCat(ContactJid(*account, context_.domain), "/", type_name),
                               absl::StrCat(type_name, "/", account->name()), account->name()));
    }
    return items;
  }

  net::Task<Element> FolderInfo(Question question) {
    const bool continues = TakeContinuation(question.place) > 0;
    auto listed = co_await ListFolders(context_.fetcher, question.place);
    if (!listed.ok()) co_return MailServerRefusal(question.iq, listed.status(), question.words);
    if (continues) {
      DescribeContinuation(question.query);
    } else {
      DescribeFolder(listed->self(), question.query);
    }
    co_return Answer(question.iq, std::move(question.query));
  }

  net::Task<Element> FoldersBelow(Question question) {
    const size_t from = TakeContinuation(question.place);
    auto listed = co_await ListFolders(context_.fetcher, question.place);
    if (!listed.ok()) co_return MailServerRefusal(question.iq, listed.status(), question.words);
    std::vector<ListedItem> items = FolderItems(question.place, context_.domain, *listed);
    items.erase(items.begin(), items.begin() + std::min(from, items.size()));
    const RestItem rest = [&question, from, this](size_t next, size_t left) {
      return ContinuationItem(question.place, context_.domain, from + next, left, question.words);
    };
    co_return Listing(question.iq, std::move(items), question.page, std::move(question.query),
                      rest);
  }

  FeatureContext context_;
  SlowAnswers slow_;
};

}  // namespace

void InstallDisco(StanzaRouter& router, FeatureContext context) {
  auto disco = std::make_shared<Disco>(context);
  router.OnIq("get", std::string(kInfoNs),
              [disco](Incoming incoming) { return disco->Info(std::move(incoming)); });
  router.OnIq("get", std::string(kItemsNs),
              [disco](Incoming incoming) { return disco->Items(std::move(incoming)); });
}

}  // namespace postern::xmpp_edge
