#include "services/sender/routes/egress_routes.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/routes/command.h"

namespace postern::sender {
namespace {

auto& refused =
    metrics::Counter("postern_sender_files_refused_total",
                     "Files of the operator that could not be put in force", {{"file", "routes"}});

constexpr std::chrono::seconds kLookEvery{2}, kRedisPause{1};
constexpr std::chrono::milliseconds kEndPatience{2500}, kEndLook{20};

bool SameLink(const RouteSettings& a, const RouteSettings& b) {
  return a.up == b.up && a.down == b.down && a.keep == b.keep;
}

bool SameRelay(const std::optional<SiteRelay>& a, const std::optional<SiteRelay>& b) {
  if (!a || !b) return !a && !b;
  return a->host == b->host && a->port == b->port && a->security == b->security &&
         a->login == b->login && a->password.Reveal() == b->password.Reveal();
}

bool SameWay(const RouteSettings& a, const RouteSettings& b) {
  return SameLink(a, b) && SameRelay(a.relay, b.relay) && a.direct == b.direct &&
         a.source == b.source && a.schedule.sections.empty() == b.schedule.sections.empty();
}

constexpr size_t kMostTold = 1000;  // routes that are not there, in the log

absl::Status NotSetUp() {
  return words::Error(absl::StatusCode::kUnavailable,
                      words::Word("the operator of this gateway has not set up the way that this "
                                  "mail is to take; it waits"));
}

}  // namespace

// A route as it was when the file was read.
class EgressRoutes::Way final : public Route {
 public:
  Way(RouteSettings settings, std::unique_ptr<net::Dialer> dialer, std::shared_ptr<Link> link)
      : settings_(std::move(settings)), dialer_(std::move(dialer)), link_(std::move(link)) {}

  const std::string& name() const override { return settings_.name; }
  const SiteRelay* relay() const override { return settings_.relay ? &*settings_.relay : nullptr; }
  bool direct() const override { return settings_.direct; }
  bool has_link() const override { return link_->has_commands(); }
  net::Dialer& dialer() override { return *dialer_; }
  net::Task<absl::Status> Open() override { return link_->Open(); }
  void Close() override { link_->Close(); }

  const RouteSettings& settings() const { return settings_; }
  const std::shared_ptr<Link>& link() const { return link_; }

 private:
  const RouteSettings settings_;
  const std::unique_ptr<net::Dialer> dialer_;
  const std::shared_ptr<Link> link_;
};

// In place of a route that is not there.
class EgressRoutes::NoWay final : public Route, public net::Dialer {
 public:
  const std::string& name() const override { return name_; }
  const SiteRelay* relay() const override { return nullptr; }
  net::Dialer& dialer() override { return *this; }
  net::Task<absl::Status> Open() override { co_return NotSetUp(); }
  void Close() override {}
  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> Dial(net::Endpoint) override {
    co_return NotSetUp();
  }

 private:
  const std::string name_;
};

EgressRoutes::EgressRoutes(boost::asio::any_io_executor executor, RouteFile file,
                           RouteOptions options, RouteParts parts)
    : executor_(executor),
      file_(std::move(file)),
      options_(std::move(options)),
      parts_(std::move(parts)),
      no_way_(std::make_unique<NoWay>()),
      loops_(executor) {
  Follow();
}

EgressRoutes::~EgressRoutes() = default;

std::string EgressRoutes::NameOf(const Account& account) const {
  return account.route.empty() ? options_.default_route : account.route;
}

Route* EgressRoutes::RouteOf(const Account& account) {
  const std::string name = NameOf(account);
  if (name.empty()) return nullptr;
  const auto found = in_force_.find(absl::AsciiStrToLower(name));
  if (found == in_force_.end()) {
    if (told_.size() < kMostTold && told_.insert(name).second) {
      log::Warn("there is no such route; mail waits until the file of routes has it",
                {{"route", name}, {"account", account.id}});
    }
    return no_way_.get();
  }
  return found->second;
}

const Link* EgressRoutes::LinkOf(absl::string_view route) const {
  const auto found = in_force_.find(absl::AsciiStrToLower(route));
  if (found == in_force_.end() || !found->second->link()->has_commands()) return nullptr;
  return found->second->link().get();
}

void EgressRoutes::Retried() {
  for (const auto& link : links_) link->EndRest();
}

// --- following the file -----------------------------------------------------------

void EgressRoutes::Follow() {
  told_.clear();
  const auto before = std::exchange(in_force_, {});
  for (const RouteSettings& settings : file_.table()->routes) {
    if (settings.schedule.sections.empty()) continue;  // it only fetches
    const std::string name = absl::AsciiStrToLower(settings.name);
    const auto known = before.find(name);
    Way* way = known == before.end() ? nullptr : known->second;
    if (way == nullptr || !SameWay(way->settings(), settings)) {
      auto dialing = options_.dialing;
      dialing.source = settings.source;
      // The relay's host is the operator's word; nothing else is dialled with this one.
      if (settings.relay) dialing.allow_hosts.assign(1, absl::StrCat("*:", settings.relay->port));
      auto dialer = net::TcpDialer::Create(executor_, dialing);
      if (!dialer.ok()) {
        log::Error("a route can't be used",
                   {{"route", settings.name}, {"error", dialer.status().message()}});
        continue;
      }
      auto link = LinkFor(settings, way);
      ways_.push_back(std::make_unique<Way>(settings, *std::move(dialer), std::move(link)));
      way = ways_.back().get();
    }
    in_force_[name] = way;
  }
  // Links of routes that are no more go down as soon as nobody uses them.
  for (const auto& link : links_) {
    const bool used = std::any_of(in_force_.begin(), in_force_.end(),
                                  [&](const auto& entry) { return entry.second->link() == link; });
    if (!used) link->Retire();
  }
}

// Commands that are the same go on with the link as it is; others wait until it is down.
std::shared_ptr<Link> EgressRoutes::LinkFor(const RouteSettings& settings, const Way* before) {
  if (before != nullptr && SameLink(before->settings(), settings)) return before->link();
  LinkSettings how;
  how.route = settings.name;
  how.up = settings.up;
  how.down = settings.down;
  how.keep = settings.keep;
  const std::string name = absl::AsciiStrToLower(settings.name);
  std::shared_ptr<Link> earlier;
  if (before != nullptr && before->link()->has_commands()) earlier = before->link();
  auto link = std::make_shared<Link>(
      executor_, std::move(how), parts_.record, [this, name] { return parts_.waiting(name); },
      std::move(earlier));
  if (!link->has_commands()) return link;
  links_.push_back(link);
  if (running_) Start(link);
  return link;
}

void EgressRoutes::Start(const std::shared_ptr<Link>& link) {
  loops_.Spawn("sender link", RunLink(link));
}

net::Task<void> EgressRoutes::RunLink(std::shared_ptr<Link> link) { co_await link->Run(); }

net::Task<void> EgressRoutes::EndLink(std::shared_ptr<Link> link) {
  co_await link->End(kEndPatience);
}

net::Task<void> EgressRoutes::Run() {
  if (file_.path().empty()) co_return;
  co_await EndWhatIsLeft();
  running_ = true;
  for (const auto& link : links_) Start(link);
  for (;;) {
    const auto changed = file_.Refresh();
    if (!changed.ok()) {
      refused.Increment();
      log::Error("the file of routes can't be used; those before stay in force",
                 {{"error", changed.status().message()}});
    } else if (*changed) {
      Follow();
      log::Info("routes in force", {{"routes", in_force_.size()}});
      parts_.on_change();
    }
    co_await net::Sleep(kLookEvery);
  }
}

// What a sender of this machine brought up that was killed.
net::Task<void> EgressRoutes::EndWhatIsLeft() {
  auto left = co_await parts_.record.TakeLeft();
  while (!left.ok()) {
    co_await net::Sleep(kRedisPause);
    left = co_await parts_.record.TakeLeft();
  }
  for (const std::string& name : *left) {
    const RouteSettings* route = file_.table()->Find(name);
    if (route == nullptr || route->down.empty()) {
      log::Warn("a link was left up, and the file of routes does not say how it is brought down",
                {{"route", name}});
      continue;
    }
    Command command;
    command.words = route->down;
    command.environment = {absl::StrCat("POSTERN_ROUTE=", route->name)};
    absl::Status ended = co_await RunCommand(std::move(command), Link::kCommandLimit);
    log::Info("a link that was left up is brought down",
              {{"route", name}, {"outcome", ended.ok() ? "done" : ended.message()}});
  }
}

net::Task<void> EgressRoutes::Stop() {
  co_await loops_.Stop();
  for (const auto& link : links_) loops_.Spawn("sender link ends", EndLink(link));
  const auto until = std::chrono::steady_clock::now() + kEndPatience;
  while (loops_.size() > 0 && std::chrono::steady_clock::now() < until) {
    co_await net::Sleep(kEndLook);
  }
}

}  // namespace postern::sender
