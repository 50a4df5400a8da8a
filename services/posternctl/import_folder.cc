#include "services/posternctl/import_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/import_account.h"
#include "services/posternctl/import_report.h"
#include "services/posternctl/import_roles.h"
#include "services/posternctl/new_file.h"
#include "services/posternctl/rule_check.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/installation.h"
#include "services/rules/jsmail/password_roles.h"
#include "services/rules/jsmail/pop_accounts.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;
namespace jsmail = rules::jsmail;
using Stub = Session::Stub;

constexpr size_t kMaxFiles = 20'000;  // 10,000 finger files, and what else lies there

struct Read {
  RuleFile file;
  CheckedFile checked;
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

std::string Count(size_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
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
        (void)Report();  // what was done before stays done
        return s;
      }
    }
    return Report();
  }

 private:
  absl::Status ReadAll() {
    auto names = NamesIn(wanted_.path);
    if (!names.ok()) return names.status();
    Errors errors;
    std::vector<std::string> others;
    std::map<FileKind, std::string> seen;
    for (const std::string& name : *names) {
      const auto kind = jsmail::KindOfFile(name);
      if (!kind) {
        others.push_back(name);
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
    for (const std::string& out : {wanted_.aliases_out, wanted_.routes_out}) CheckNew(out, errors);
    TellOthers(others);
    AskService(errors);
    return errors.Told();
  }

  // Else it would be found when half is done.
  static void CheckNew(const std::string& out, Errors& errors) {
    std::error_code none;
    if (out.empty() || !std::filesystem::exists(out, none)) return;
    errors.Add(absl::AlreadyExistsError(
        absl::StrCat(out, ": is there already; name another file, or remove it")));
  }

  void TellOthers(const std::vector<std::string>& names) {
    std::map<std::string, std::string> texts;  // what responders answer, and in which file
    for (const Read& read : files_) {
      if (read.file.kind.jsmail != FileKind::kResponders) continue;
      for (const std::string& text : jsmail::TextsWanted(read.file.text.Reveal())) {
        texts[text] = read.file.name;
      }
    }
    for (const std::string& name : names) {
      const auto found = texts.find(name);
      became_.push_back({name, "",
                         found == texts.end() ? "not one of JSMail's files by its name; passed over"
                                              : absl::StrCat("goes along with ", found->second)});
    }
  }

  // What only the service knows, before anything is changed.
  void AskService(Errors& errors) {
    for (const Read& read : files_) {
      const FileKind kind = read.file.kind.jsmail;
      const bool rules = LanguageOf(read.file.kind) != rules::v1::RULE_LANGUAGE_UNSPECIFIED;
      if (!rules || kind == FileKind::kFinger) continue;  // there may be many of these
      rules::v1::ImportRulesRequest request = RequestFor(read.file);
      request.set_scope(wanted_.scope);
      request.set_dry_run(true);
      const auto tried = session_.Call(&Stub::ImportRules, request);
      if (!tried.ok()) {
        errors.Add(tried.status());
        if (absl::IsUnavailable(tried.status())) return;
        continue;
      }
      for (const std::string& warning : tried->warnings()) {
        const bool known =
            std::find(warnings_.begin(), warnings_.end(), warning) != warnings_.end();
        if (!known) warnings_.push_back(warning);
      }
    }
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
    Tell(read, finger ? absl::StrCat("what ", request.name(), " says about themselves")
                      : absl::StrCat(Count(read.checked.entries, "rule", "rules"), " for ",
                                     wanted_.scope));
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
    Tell(read, absl::StrCat(Count(users.size(), "user", "users"), " and ",
                            Count(read.checked.entries - users.size(), "alias", "aliases"),
                            out.empty() ? ": give the file to the sender's --aliases-file"
                                        : absl::StrCat(", without passwords, in ", out)));
    for (const auto& [role, names] : by_role) {
      if (role == jsmail::Role::kUser) continue;
      auto told = ImportRoles(session_, wanted_, role, names);
      if (!told.ok()) return told.status();
      for (std::string& sentence : *told) Tell(read, std::move(sentence));
    }
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
        if (absl::Status s = PutPopAccount(session_, account, owner, name); !s.ok()) {
          return absl::Status(s.code(),
                              absl::StrCat(read.file.name, ":", account.line, ": ", s.message()));
        }
      }
      Tell(read, absl::StrCat(what, ": account ", owner, "/", name));
    }
    return absl::OkStatus();
  }

  absl::Status ImportSchedule(const Read& read) {
    const std::string& out = wanted_.routes_out;
    if (!out.empty() && !wanted_.dry_run) {
      const std::string routes = jsmail::ScheduleWithoutLogins(read.file.text.Reveal());
      if (absl::Status s = WriteNewFile(out, routes, false); !s.ok()) return s;
    }
    Tell(read, absl::StrCat(Count(read.checked.entries, "route", "routes"),
                            out.empty() ? ": give the file to the sender's --routes-file, or an "
                                          "account's schedule its lines"
                                        : absl::StrCat(", without logins, in ", out)));
    return absl::OkStatus();
  }

  absl::Status Report() { return PrintReport(session_, became_, warnings_, wanted_.dry_run); }

  void Tell(const Read& read, std::string what) {
    became_.push_back({read.file.name, jsmail::NameOfKind(read.file.kind.jsmail), std::move(what)});
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
