#include "services/sender/filing/sent_folder.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace postern::sender {
namespace {

constexpr char kNowhere[] = "-";

// "NAME" or "NAME/Folder", whatever slashes are in either: the longest name that fits.
std::optional<SentFolder> Named(absl::string_view sent_folder,
                                const std::vector<const Mailbox*>& of_owner) {
  std::optional<SentFolder> named;
  size_t longest = 0;
  for (const Mailbox* mailbox : of_owner) {
    const std::string& name = mailbox->name;
    if (name.size() < longest || !absl::StartsWith(sent_folder, name)) continue;
    const absl::string_view rest = sent_folder.substr(name.size());
    if (!rest.empty() && rest.front() != '/') continue;
    longest = name.size();
    named = SentFolder{mailbox->id, std::string(rest.empty() ? rest : rest.substr(1))};
  }
  return named;
}

// "co" of "co.uk".
bool IsHandedOut(absl::string_view second_level) {
  for (absl::string_view label :
       {"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"}) {
    if (second_level == label) return true;
  }
  return false;
}

bool IsIpAddress(absl::string_view host) {
  if (absl::StrContains(host, ':')) return true;
  return host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace

std::optional<SentFolder> ChooseSentFolder(const Account& account,
                                           const std::vector<const Mailbox*>& of_owner) {
  const std::string& told = account.sending.sent_folder;
  if (told == kNowhere) return std::nullopt;
  if (!told.empty()) return Named(told, of_owner);
  if (account.by_site_relay || account.login.empty()) return std::nullopt;
  const std::string provider = ProviderOf(account.host);
  const std::string login = absl::AsciiStrToLower(account.login);
  for (const Mailbox* mailbox : of_owner) {
    if (mailbox->login == login && ProviderOf(mailbox->host) == provider) {
      return SentFolder{mailbox->id, ""};
    }
  }
  return std::nullopt;
}

std::optional<SentFolder> SentFolderAfterwards(absl::string_view from,
                                               const std::vector<const Mailbox*>& of_owner) {
  for (const Mailbox* mailbox : of_owner) {
    if (absl::EqualsIgnoreCase(mailbox->login, from)) return SentFolder{mailbox->id, ""};
  }
  if (of_owner.size() != 1) return std::nullopt;
  return SentFolder{of_owner.front()->id, ""};
}

std::string ProviderOf(absl::string_view host) {
  std::string name = absl::AsciiStrToLower(host);
  if (IsIpAddress(name)) return name;
  if (absl::EndsWith(name, ".")) name.pop_back();
  const std::vector<std::string> labels = absl::StrSplit(name, '.');
  const size_t count = labels.size();
  const bool below_country =
      count > 2 && labels[count - 1].size() == 2 && IsHandedOut(labels[count - 2]);
  const size_t kept = below_country ? 3 : 2;
  if (count <= kept) return name;
  return absl::StrJoin(labels.end() - kept, labels.end(), ".");
}

std::string ChooseFolder(const std::vector<ListedFolder>& folders) {
  for (const ListedFolder& folder : folders) {
    if (folder.selectable && absl::EqualsIgnoreCase(folder.special_use, "Sent")) {
      return folder.mailbox;
    }
  }
  for (absl::string_view name : {"Sent", "Sent Items", "Sent Messages", "Sent Mail"}) {
    for (const ListedFolder& folder : folders) {
      if (folder.selectable && absl::EqualsIgnoreCase(folder.name, name)) return folder.mailbox;
    }
  }
  return "";
}

}  // namespace postern::sender
