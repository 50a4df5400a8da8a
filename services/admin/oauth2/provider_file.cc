#include "services/admin/oauth2/provider_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"
#include "services/admin/host_syntax.h"
#include "services/admin/oauth2/url.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxNameBytes = 32, kMaxValueBytes = 4096;

struct Preset {
  const char* name;
  std::map<std::string, std::string> settings;
};

const std::vector<Preset>& Presets() {
  static const std::vector<Preset> presets = {
      // No device-url: Google gives no mail scope to devices (limited-input client types).
      {"google",
       {{"label", "Google"},
        {"hosts",
         "imap.gmail.com, pop.gmail.com, smtp.gmail.com, imap.googlemail.com, pop.googlemail.com, "
         "smtp.googlemail.com"},
        {"authorization-url", "https://accounts.google.com/o/oauth2/v2/auth"},
        {"token-url", "https://oauth2.googleapis.com/token"},
        {"scope", "https://mail.google.com/"},
        {"client-authentication", "post"},
        // Without both, there is a refresh token the first time alone, or never.
        {"parameters", "access_type=offline prompt=consent"}}},
      {"microsoft",
       {{"label", "Microsoft"},
        {"hosts",
         "outlook.office365.com, outlook.office.com, smtp.office365.com, imap-mail.outlook.com, "
         "pop-mail.outlook.com, smtp-mail.outlook.com"},
        {"authorization-url", "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"},
        {"token-url", "https://login.microsoftonline.com/common/oauth2/v2.0/token"},
        {"device-url", "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode"},
        {"client-authentication", "post"},
        {"scope",
         "https://outlook.office.com/IMAP.AccessAsUser.All "
         "https://outlook.office.com/POP.AccessAsUser.All https://outlook.office.com/SMTP.Send "
         "offline_access"}}},
  };
  return presets;
}

struct Setting {
  int line = 0;
  std::string value;
};

// One section, as it stands in the file; a preset's settings have the section's line.
struct Section {
  int line = 0;
  std::string name;
  std::map<std::string, Setting> settings;
};

class Parser {
 public:
  Parser(absl::string_view text, const ReadSecret& read_secret)
      : text_(text), read_secret_(read_secret) {}

  ProviderFile Parse() {
    int number = 0;
    for (absl::string_view line : absl::StrSplit(text_, '\n')) ReadLine(++number, line);
    if (sections_.empty() && problems_.empty()) Complain(1, "there is no [provider]");
    std::set<std::string> seen;
    for (const Section& section : sections_) {
      if (!seen.insert(section.name).second) {
        Complain(section.line, absl::StrCat("[", section.name, "] stands there twice"));
      }
      file_.providers.push_back(MakeProvider(section));
    }
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [line, problem] : problems_) {
      file_.problems.push_back(absl::StrCat(line, ": ", problem));
    }
    return std::move(file_);
  }

 private:
  void Complain(int line, std::string problem) { problems_.emplace_back(line, std::move(problem)); }

  void ReadLine(int number, absl::string_view line) {
    line = absl::StripAsciiWhitespace(line);
    if (number == 1) absl::ConsumePrefix(&line, "\xEF\xBB\xBF");
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[') return Begin(number, line);
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) {
      return Complain(number, "is neither [provider] nor 'setting = value'");
    }
    if (sections_.empty()) return Complain(number, "a [provider] has to come first");
    const std::string key(absl::StripAsciiWhitespace(line.substr(0, equals)));
    const std::string value(absl::StripAsciiWhitespace(line.substr(equals + 1)));
    if (!IsKnown(key)) return Complain(number, absl::StrCat("there is no setting '", key, "'"));
    // A value may be a secret: no complaint repeats it.
    if (value.size() > kMaxValueBytes || !mail::IsUtf8(value) || HasControlCharacter(value)) {
      return Complain(number, absl::StrCat(key, ": must be at most ", kMaxValueBytes,
                                           " bytes of UTF-8, without control characters"));
    }
    Setting& setting = sections_.back().settings[key];
    if (setting.line > sections_.back().line) {
      return Complain(number, absl::StrCat("'", key, "' is set twice"));
    }
    setting = Setting{number, value};
  }

  void Begin(int number, absl::string_view line) {
    Section& section = sections_.emplace_back();
    section.line = number;
    if (line.back() == ']') {
      section.name = std::string(absl::StripAsciiWhitespace(line.substr(1, line.size() - 2)));
    }
    const bool fine = !section.name.empty() && section.name.size() <= kMaxNameBytes &&
                      std::all_of(section.name.begin(), section.name.end(), [](char c) {
                        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
                      });
    if (!fine) Complain(number, "must be [NAME]: small letters, digits and dashes, at most 32");
    for (const Preset& preset : Presets()) {
      if (section.name != preset.name) continue;
      for (const auto& [key, value] : preset.settings) {
        section.settings[key] = Setting{number, value};
      }
    }
  }

  static bool IsKnown(const std::string& key) {
    static const std::set<std::string> known = {"label",
                                                "hosts",
                                                "client-id",
                                                "client-secret",
                                                "client-secret-file",
                                                "token-url",
                                                "device-url",
                                                "scope",
                                                "parameters",
                                                "authorization-url",
                                                "client-authentication"};
    return known.contains(key);
  }

  OAuth2Provider MakeProvider(const Section& section) {
    OAuth2Provider provider;
    provider.name = section.name;
    provider.label = Take(section, "label").value;
    if (provider.label.empty()) provider.label = section.name;
    provider.client_id = Require(section, "client-id").value;
    provider.authorization_url = TakeUrl(section, "authorization-url", true);
    provider.token_url = TakeUrl(section, "token-url", true);
    provider.device_url = TakeUrl(section, "device-url", false);
    provider.scope = Take(section, "scope").value;
    TakeHosts(section, provider);
    TakeSecret(section, provider);
    TakeClientAuth(section, provider);
    TakeParameters(section, provider);
    return provider;
  }

  static Setting Take(const Section& section, const std::string& key) {
    const auto found = section.settings.find(key);
    return found == section.settings.end() ? Setting() : found->second;
  }

  Setting Require(const Section& section, const std::string& key) {
    Setting setting = Take(section, key);
    if (setting.value.empty()) {
      Complain(std::max(setting.line, section.line),
               absl::StrCat("[", section.name, "] needs '", key, "'"));
    }
    return setting;
  }

  std::string TakeUrl(const Section& section, const std::string& key, bool required) {
    const Setting setting = required ? Require(section, key) : Take(section, key);
    if (!setting.value.empty() && !IsHttpsUrl(setting.value)) {
      Complain(setting.line, absl::StrCat(key,
                                          ": must begin with https:// and a host, and have "
                                          "no blank and no #fragment"));
    }
    return setting.value;
  }

  void TakeHosts(const Section& section, OAuth2Provider& provider) {
    const Setting hosts = Require(section, "hosts");
    for (absl::string_view text : absl::StrSplit(hosts.value, ',', absl::SkipWhitespace())) {
      absl::string_view name = absl::StripAsciiWhitespace(text);
      const bool below = absl::ConsumePrefix(&name, "*.");
      const auto host = NormalizeHost(name);
      if (host.ok()) {
        provider.hosts.push_back(absl::StrCat(below ? "*." : "", *host));
      } else {
        Complain(hosts.line, absl::StrCat("hosts: '", text,
                                          "' is neither a host name nor "
                                          "*.example.org"));
      }
    }
  }

  void TakeSecret(const Section& section, OAuth2Provider& provider) {
    const Setting text = Take(section, "client-secret"), file = Take(section, "client-secret-file");
    provider.client_secret = crypto::Secret(text.value);
    if (file.value.empty()) return;
    if (!text.value.empty()) {
      return Complain(file.line, "client-secret and client-secret-file can't both be given");
    }
    auto secret = read_secret_(file.value);
    if (!secret.ok()) return Complain(file.line, std::string(secret.status().message()));
    provider.client_secret = crypto::Secret(*secret);
    crypto::Wipe(*secret);
  }

  void TakeClientAuth(const Section& section, OAuth2Provider& provider) {
    const Setting auth = Take(section, "client-authentication");
    if (auth.value == "post") {
      provider.client_auth = OAuth2Provider::ClientAuth::kPost;
    } else if (!auth.value.empty() && auth.value != "basic") {
      Complain(auth.line, "client-authentication: must be basic or post");
    }
  }

  void TakeParameters(const Section& section, OAuth2Provider& provider) {
    const Setting setting = Take(section, "parameters");
    for (absl::string_view text : absl::StrSplit(setting.value, ' ', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> parameter =
          absl::StrSplit(text, absl::MaxSplits('=', 1));
      if (parameter.first.empty() || !absl::StrContains(text, '=')) {
        Complain(setting.line, absl::StrCat("parameters: '", text, "' is not NAME=VALUE"));
      }
      provider.parameters.push_back(parameter);
    }
  }

  absl::string_view text_;
  const ReadSecret& read_secret_;
  ProviderFile file_;
  std::vector<Section> sections_;
  std::vector<std::pair<int, std::string>> problems_;
};

}  // namespace

ProviderFile ParseProviderFile(absl::string_view text, const ReadSecret& read_secret) {
  return Parser(text, read_secret).Parse();
}

}  // namespace postern::admin
