// Files of routes and aliases that are sealed (lib/crypto/sealed_file.h).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/sealed_file.h"
#include "services/sender/aliases/alias_file.h"
#include "services/sender/routes/route_file.h"

namespace postern::sender {
namespace {

namespace fs = std::filesystem;
using crypto::FileKind;

struct SealedFiles : ::testing::Test {
  SealedFiles() : folder(fs::temp_directory_path() / absl::StrCat("postern-sealed-", ::getpid())) {
    fs::create_directories(folder);
    key_line = crypto::SecretBox::NewKeyLine("main");
    keys = Put("keys", key_line);
  }
  ~SealedFiles() override { fs::remove_all(folder); }

  std::string Put(const std::string& name, const std::string& bytes) {
    const fs::path path = folder / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  std::string Sealed(FileKind kind, const std::string& text) const {
    return crypto::SealFile(*crypto::SecretBox::FromText(key_line, "test"), kind, text);
  }

  fs::path folder;
  std::string key_line, keys;
};

constexpr char kAliases[] = "fred,u,scooby\nsales,a,fred\n";
constexpr char kRoutes[] = "[NIGHT]\nuser: fred\npassword: scooby\n* 02:00\n";

TEST_F(SealedFiles, AreReadAsTheirTexts) {
  AliasFile aliases(Put("a.jsm", Sealed(FileKind::kPasswords, kAliases)), {"ex.org"}, keys);
  ASSERT_TRUE(aliases.Refresh().ok()) << aliases.problem();
  EXPECT_EQ(aliases.table()->users(), 1u);
  EXPECT_EQ(aliases.table()->aliases(), 1u);
  RouteFile routes(Put("r.jsm", Sealed(FileKind::kScheduler, kRoutes)), RouteRules(), keys);
  ASSERT_TRUE(routes.Refresh().ok()) << routes.problem();
  EXPECT_NE(routes.table()->Find("NIGHT"), nullptr);
}

TEST_F(SealedFiles, AreRefusedInWordsAndWhatWasInForceStays) {
  const std::string good = Sealed(FileKind::kPasswords, kAliases);
  const std::string path = Put("a.jsm", good);
  AliasFile aliases(path, {"ex.org"}, keys);
  ASSERT_TRUE(aliases.Refresh().ok());
  std::string flipped = good;
  flipped.back() ^= 1;
  const struct {
    const char* name;
    std::string bytes;
    const char* problem;
  } cases[] = {
      {"damaged", flipped, "damaged"},
      {"another kind", Sealed(FileKind::kScheduler, kRoutes),
       "is a file of the kind scheduler, not passwords"},
      {"another key",
       crypto::SealFile(
           *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("other"), "test"),
           FileKind::kPasswords, kAliases),
       "'other'"},
      {"JSMC's own", std::string("\x01\x00JSM", 5), "nobody knows its format"},
      {"a wrong line", Sealed(FileKind::kPasswords, "fred,u,scooby\nx,a,x\n"), "2:1: alias loop"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Put("a.jsm", c.bytes);
    const absl::Status status = aliases.Refresh();
    EXPECT_FALSE(status.ok());
    EXPECT_TRUE(absl::StrContains(status.message(), c.problem)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "scooby")) << status;
    EXPECT_EQ(aliases.table()->aliases(), 1u);
  }
  RouteFile keyless(Put("r.jsm", Sealed(FileKind::kScheduler, kRoutes)), RouteRules());
  EXPECT_TRUE(absl::StrContains(keyless.Refresh().status().message(),
                                "it is sealed, and no key file is named"));
}

}  // namespace
}  // namespace postern::sender
