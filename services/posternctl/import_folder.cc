#include "services/posternctl/import_folder.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_box.h"
#include "services/posternctl/new_file.h"
#include "services/posternctl/rule_check.h"
#include "services/posternctl/table.h"
#include "services/rules/jsmail/installation.h"
#include "services/rules/jsmail/password_roles.h"
#include "services/rules/jsmail/pop_accounts.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;
namespace jsmail = rules::jsmail;
using Stub = Session::Stub;

constexpr size_t kMaxFiles = 20'000;  // 10,000 finger files, and what else lies there

// A file, and what became of it.
struct Read {
  RuleFile file;
  CheckedFile checked;
};
struct Became {
  std::string file, kind, what;
};

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::error_code failed;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code none;
    if (!entry->is_regular_file(none)) continue;
    names.push_back(entry->path().filename().string());
    if (names.size() > kMaxFiles) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder, ": more than ", kMaxFiles, " files; this is no installation"));
    }
  }
  if (failed) return absl::NotFoundError(absl::StrCat(folder, ": ", failed.message()));
  std::sort(names.begin(), names.end());
  return names;
}

// So that errors of all files are told together.
class Errors {
 public:
  void Add(const absl::Status& status) { lines_.emplace_back(status.message()); }
  absl::Status Told() const {
    if (lines_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(absl::StrJoin(lines_, "\n"), "\nnothing was imported"));
  }

 private:
  std::vector<std::string> lines_;
};

class FolderImporter {
 public:
  FolderImporter(Session& session, const FolderImport& wanted)
      : session_(session), wanted_(wanted) {}

  absl::Status Go() {
    if (absl::Status s = ReadAll(); !s.ok()) return s;
    for (const Read& read : files_) {
      if (absl::Status s = ImportFile(read); !s.ok()) {
        (void)Print();  // what was done before stays done
        return s;
      }
    }
    return Print();
  }

 private:
  absl::Status ReadAll() {
    auto names = NamesIn(wanted_.path);
    if (!names.ok()) return names.status();
    Errors errors;
    std::map<FileKind, std::string> seen;
    for (const std::string& name : *names) {
      const auto kind = jsmail::KindOfFile(name);
      if (!kind) {
        became_.push_back({name, "", "not one of JSMail's files by its name; passed over"});
        continue;
      }
      const auto [first, is_new] = seen.try_emplace(*kind, name);
      if (!is_new && *kind != FileKind::kFinger) {
        errors.Add(absl::InvalidArgumentError(absl::StrCat(
            name, ": ", first->second, " is a file of the same kind; leave one of them")));
        continue;
      }
      ReadOne(name, *kind, errors);
    }
    return errors.Told();
  }

  void ReadOne(const std::string& name, FileKind kind, Errors& errors) {
    auto file = ReadRuleFile(absl::StrCat(wanted_.path, "/", name), wanted_.key_file,
                             RuleKind{false, kind});
    if (!file.ok()) return errors.Add(file.status());
    RuleCheck check;
    if (!wanted_.local_domains.empty()) check.local_domains = wanted_.local_domains;
    if (kind == FileKind::kPasswords && wanted_.local_domains.empty()) {
      return errors.Add(absl::InvalidArgumentError(
          absl::StrCat(name, ": --local-domain must say whose users these are")));
    }
    auto checked = CheckRuleFile(*file, check);
    if (!checked.ok()) return errors.Add(checked.status());
    warnings_.insert(warnings_.end(), checked->warnings.begin(), checked->warnings.end());
    files_.push_back({*std::move(file), *std::move(checked)});
  }

  absl::Status ImportFile(const Read& read) {
    switch (read.file.kind.jsmail) {
      case FileKind::kPasswords:
        return ImportPasswords(read);
      case FileKind::kPopAccounts:
        return ImportAccounts(read);
      case FileKind::kScheduler:
        return ImportSchedule(read);
      default:
        return ImportRules(read);
    }
  }

  absl::Status ImportRules(const Read& read) {
    rules::v1::ImportRulesRequest request = RequestFor(read.file);
    request.set_scope(wanted_.scope);
    if (!wanted_.dry_run) {
      auto imported = session_.Call(&Stub::ImportRules, request);
      if (!imported.ok()) return imported.status();
    }
    const bool finger = read.file.kind.jsmail == FileKind::kFinger;
    const uint32_t count = read.checked.entries;
    Tell(read, finger
                   ? absl::StrCat("what ", request.name(), " says about themselves")
                   : absl::StrCat(count, count == 1 ? " rule" : " rules", " for ", wanted_.scope));
    return absl::OkStatus();
  }

  // Users are Jabber users here, whose passwords are their server's: none is taken over.
  absl::Status ImportPasswords(const Read& read) {
    const std::string& text = read.file.text.Reveal();
    std::map<jsmail::Role, std::vector<std::string>> by_role;
    const auto users = jsmail::UsersOf(text, wanted_.swap_fr);
    for (const jsmail::PasswordUser& user : users) by_role[user.role].push_back(user.name);
    const std::string& out = wanted_.aliases_out;
    if (!out.empty() && !wanted_.dry_run) {
      if (absl::Status s = WriteNewFile(out, jsmail::WithoutPasswords(text), false); !s.ok()) {
        return s;
      }
    }
    Tell(read,
         absl::StrCat(users.size(), " users and ", read.checked.entries - users.size(), " aliases",
                      out.empty() ? ": give the file to the sender's --aliases-file"
                                  : absl::StrCat(", without passwords, in ", out)));
    const auto tell_role = [&](jsmail::Role role, const char* what) {
      if (!by_role[role].empty())
        Tell(read, absl::StrCat(absl::StrJoin(by_role[role], ", "), what));
    };
    tell_role(jsmail::Role::kOperator,
              ": operator there; here is one who may reach postern-admin with posternctl");
    tell_role(jsmail::Role::kRedirector,
              ": may redirect own mail; here every user may, by a rule of their own");
    if (!wanted_.swap_fr && users.size() != by_role[jsmail::Role::kUser].size()) {
      Tell(read, "f was taken for operator, r for redirecting; --swap-fr if it is the other way");
    }
    return absl::OkStatus();
  }

  absl::Status ImportAccounts(const Read& read) {
    const auto parsed = jsmail::ParsePopAccounts(read.file.text.Reveal(), read.file.name);
    size_t number = 0;
    for (const jsmail::PopAccount& account : parsed.accounts) {
      const std::string name = absl::StrCat("pop", ++number);
      const std::string owner = account.dest.empty() ? wanted_.owner : account.dest;
      const std::string what =
          absl::StrCat("POP3 account ", account.user, " at ", account.host, ":", account.port);
      if (owner.empty()) {
        Tell(read, absl::StrCat(what, ": nobody's; name a user with --owner, or in a dest: line"));
        continue;
      }
      if (!wanted_.dry_run) {
        if (absl::Status s = Create(account, owner, name); !s.ok()) {
          return absl::Status(s.code(),
                              absl::StrCat(read.file.name, ":", account.line, ": ", s.message()));
        }
      }
      Tell(read, absl::StrCat(what, ": account ", owner, "/", name));
    }
    return absl::OkStatus();
  }

  absl::Status Create(const jsmail::PopAccount& account, const std::string& owner,
                      const std::string& name) {
    admin::v1::PutAccountRequest request;
    admin::v1::Account& created = *request.mutable_account();
    created.set_owner(owner);
    created.set_name(name);
    created.set_type(admin::v1::ACCOUNT_TYPE_POP3);
    created.set_host(account.host);
    created.set_port(account.port);
    created.set_login(account.user);
    created.set_store_password(true);
    created.set_security(account.security == jsmail::PopSecurity::kTls ? admin::v1::SECURITY_TLS
                         : account.security == jsmail::PopSecurity::kStartTls
                             ? admin::v1::SECURITY_STARTTLS
                             : admin::v1::SECURITY_NONE);
    created.set_interval_minutes(10);
    for (const auto set :
         {&admin::v1::PresenceActions::set_chat, &admin::v1::PresenceActions::set_online,
          &admin::v1::PresenceActions::set_away, &admin::v1::PresenceActions::set_xa,
          &admin::v1::PresenceActions::set_dnd, &admin::v1::PresenceActions::set_offline}) {
      (created.mutable_actions()->*set)(admin::v1::ACTION_FULL);
    }
    request.set_password(account.password.Reveal());
    const absl::Status status = session_.Call(&Stub::PutAccount, request).status();
    crypto::Wipe(*request.mutable_password());
    return status;
  }

  absl::Status ImportSchedule(const Read& read) {
    const std::string& out = wanted_.routes_out;
    const uint32_t count = read.checked.entries;
    if (!out.empty() && !wanted_.dry_run) {
      const std::string routes = jsmail::ScheduleWithoutLogins(read.file.text.Reveal());
      if (absl::Status s = WriteNewFile(out, routes, false); !s.ok()) return s;
    }
    Tell(read, absl::StrCat(count, count == 1 ? " route" : " routes",
                            out.empty() ? ": give the file to the sender's --routes-file, or an "
                                          "account's schedule its lines"
                                        : absl::StrCat(", without logins, in ", out)));
    return absl::OkStatus();
  }

  void Tell(const Read& read, std::string what) {
    became_.push_back({read.file.name, jsmail::NameOfKind(read.file.kind.jsmail), std::move(what)});
  }

  absl::Status Print() {
    if (session_.json) return PrintJson();
    for (const std::string& warning : warnings_) {
      PrintLine(session_.out(), absl::StrCat("warning: ", warning));
    }
    Table table({"FILE", "KIND", wanted_.dry_run ? "WOULD BECOME" : "BECAME"});
    for (const Became& each : became_) table.Add({each.file, each.kind, each.what});
    table.Print(session_.out(), "The folder holds no files.");
    return absl::OkStatus();
  }

  absl::Status PrintJson() {
    google::protobuf::Struct told;
    auto& files = *(*told.mutable_fields())["files"].mutable_list_value();
    for (const Became& each : became_) {
      auto& fields = *files.add_values()->mutable_struct_value()->mutable_fields();
      fields["file"].set_string_value(each.file);
      fields["kind"].set_string_value(each.kind);
      fields["became"].set_string_value(each.what);
    }
    auto& list = *(*told.mutable_fields())["warnings"].mutable_list_value();
    for (const std::string& warning : warnings_) list.add_values()->set_string_value(warning);
    return session_.PrintJson(told);
  }

  Session& session_;
  const FolderImport& wanted_;
  std::vector<Read> files_;
  std::vector<std::string> warnings_;
  std::vector<Became> became_;
};

}  // namespace

absl::Status ImportFolder(Session& session, const FolderImport& wanted) {
  return FolderImporter(session, wanted).Go();
}

}  // namespace postern::posternctl
