#include "services/sender/mx/dkim_keys.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/secret_box.h"
#include "services/sender/mx/dns_records.h"

namespace postern::sender::mx {
namespace {

constexpr size_t kMostFileBytes = 1 << 20;

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (!file || !std::getline(file, text, '\0')) return std::nullopt;
  if (text.size() > kMostFileBytes) return std::nullopt;
  return text;
}

// A name that may stand in a signature and in DNS.
bool IsName(const std::string& text, bool with_dot) {
  return ReadName(text) && (!with_dot || text.find('.') != std::string::npos);
}

std::string WhatIsWrong(const DkimEntry& entry) {
  if (!IsName(entry.domain, true)) {
    return absl::StrCat("'", entry.domain, "' is no domain, such as 'example.org'");
  }
  if (!IsName(entry.selector, false)) {
    return absl::StrCat("'", entry.selector,
                        "' is no selector: letters, digits, '-' and dots, such as 'mail2026'");
  }
  return "";
}

// All three, or what is missing.
std::optional<DkimEntry> EntryOf(const DkimOptions& options, std::vector<OptionProblem>& problems) {
  const bool any =
      !options.domain.empty() || !options.selector.empty() || !options.key_file.empty();
  if (!any) return std::nullopt;
  const auto need = [&](const char* flag, const std::string& value) {
    if (value.empty()) {
      problems.push_back({flag,
                          "missing; --dkim-domain, --dkim-selector and --dkim-key-file go "
                          "together"});
    }
  };
  need("--dkim-domain", options.domain);
  need("--dkim-selector", options.selector);
  need("--dkim-key-file", options.key_file);
  if (options.domain.empty() || options.selector.empty() || options.key_file.empty()) {
    return std::nullopt;
  }
  DkimEntry entry{options.domain, options.selector, options.key_file};
  const std::string wrong = WhatIsWrong(entry);
  if (wrong.empty()) return entry;
  problems.push_back({IsName(entry.domain, true) ? "--dkim-selector" : "--dkim-domain", wrong});
  return std::nullopt;
}

void ReadKey(const DkimEntry& entry, const std::string& flag, std::vector<DkimKey>& keys,
             std::vector<OptionProblem>& problems) {
  auto pem = ReadFile(entry.key_file);
  if (!pem) {
    problems.push_back({flag, absl::StrCat(entry.key_file, ": can't be read, or is empty")});
    return;
  }
  auto key = crypto::SigningKey::FromPem(*pem);
  crypto::Wipe(*pem);
  if (!key.ok()) {
    problems.push_back({flag, absl::StrCat(entry.key_file, ": ", key.status().message())});
    return;
  }
  keys.push_back(DkimKey{*ReadName(entry.domain), *ReadName(entry.selector), *std::move(key)});
}

}  // namespace

std::vector<DkimEntry> ReadDkimKeysFile(absl::string_view text,
                                        std::vector<OptionProblem>& problems) {
  std::vector<DkimEntry> entries;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    std::string wrong = "is not 'DOMAIN SELECTOR KEYFILE'";
    if (words.size() == 3) {
      DkimEntry entry{words[0], words[1], words[2]};
      wrong = WhatIsWrong(entry);
      if (wrong.empty()) entries.push_back(std::move(entry));
    }
    if (!wrong.empty()) {
      problems.push_back({"--dkim-keys", absl::StrCat("line ", number, ": ", wrong)});
    }
  }
  return entries;
}

std::vector<DkimKey> ReadDkimKeys(const DkimOptions& options,
                                  std::vector<OptionProblem>& problems) {
  std::vector<DkimKey> keys;
  if (const auto entry = EntryOf(options, problems)) {
    ReadKey(*entry, "--dkim-key-file", keys, problems);
  }
  if (options.keys_file.empty()) return keys;
  const auto text = ReadFile(options.keys_file);
  if (!text) {
    problems.push_back(
        {"--dkim-keys", absl::StrCat(options.keys_file, ": can't be read, or is empty")});
    return keys;
  }
  for (const DkimEntry& entry : ReadDkimKeysFile(*text, problems)) {
    ReadKey(entry, "--dkim-keys", keys, problems);
  }
  return keys;
}

std::shared_ptr<const DkimSigner> ReadSigner(const DkimOptions& options,
                                             std::vector<OptionProblem>& problems) {
  std::vector<DkimKey> keys = ReadDkimKeys(options, problems);
  if (keys.empty()) return nullptr;
  return std::make_shared<const DkimSigner>(std::move(keys));
}

}  // namespace postern::sender::mx
