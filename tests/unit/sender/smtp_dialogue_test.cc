// Plays the scripts of tests/dialogue/smtp against smtp::Session; the README there
// says what is in them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/sender/smtp/session.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"

namespace postern::sender::smtp {
namespace {

struct Dialogue {
  std::string name, script;
  std::string security = "tls", login, password;
  bool allow_plaintext_auth = false, token = false;
  Envelope envelope;
  std::string content = "hi\r\n";
  std::string ends, tells;
  bool only_tries = false;
  std::map<std::string, std::pair<Fate, std::string>> expected;  // by recipient
  std::string knows, learns, left_over;
};

std::string Unescape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\r", "\r"}, {"\\n", "\n"}, {"\\0", std::string(1, '\0')}});
}

void ReadDirective(Dialogue& d, absl::string_view line) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
  const auto& [word, rest] = parts;
  const std::pair<std::string, std::string> pair = absl::StrSplit(rest, absl::MaxSplits(' ', 1));
  if (word == "security") d.security = rest;
  if (word == "login") std::tie(d.login, d.password) = pair;
  if (word == "token")
    std::tie(d.login, d.password, d.token) = std::tuple(pair.first, pair.second, true);
  if (word == "allow-plaintext-auth") d.allow_plaintext_auth = true;
  if (word == "from") d.envelope.from = Unescape(rest);
  if (word == "to") d.envelope.to = absl::StrSplit(rest, ' ');
  if (word == "size") d.envelope.size = std::stoull(rest);
  if (word == "knows") d.knows = rest;
  if (word == "learns") d.learns = rest;
  if (word == "left-over") d.left_over = rest;
  if (word == "envelope-id") d.envelope.envelope_id = rest;
  if (word == "eight-bit") d.envelope.eight_bit = true;
  if (word == "utf8") d.envelope.utf8 = true;
  if (word == "require-tls") d.envelope.require_tls = true;
  if (word == "content") d.content = Unescape(rest);
  if (word == "ends") d.ends = rest;
  if (word == "tells") d.tells = rest;
  if (word == "try") d.only_tries = true;
  if (word == "sent") d.expected[pair.first] = {Fate::kSent, pair.second};
  if (word == "failed") d.expected[pair.first] = {Fate::kFailed, pair.second};
  if (word == "pending") d.expected[pair.first] = {Fate::kPending, pair.second};
}

Dialogue ReadDialogue(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  Dialogue d;
  d.name = path.stem();
  d.script = text.str();
  d.envelope.from = "ann@example.org";
  d.envelope.to = {"bob@example.net"};
  d.envelope.size = 100;
  for (absl::string_view line : absl::StrSplit(d.script, '\n')) {
    if (absl::ConsumePrefix(&line, "#! ")) ReadDirective(d, line);
  }
  return d;
}

std::vector<Dialogue> AllDialogues() {
  std::vector<Dialogue> all;
  for (const auto& entry : std::filesystem::directory_iterator(POSTERN_DIALOGUES)) {
    if (entry.path().extension() == ".txt") all.push_back(ReadDialogue(entry.path()));
  }
  return all;
}

std::string CodeName(const absl::Status& status) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StatusCodeToString(status.code())),
                             {{"_", "-"}});
}

// In two pieces, for pieces end anywhere.
class TwoPieces : public ContentReader {
 public:
  explicit TwoPieces(const std::string& content) {
    const size_t half = (content.size() + 1) / 2;
    pieces_ = {content.substr(0, half), content.substr(half), ""};
  }
  net::Task<absl::StatusOr<std::string>> Next() override { co_return pieces_[next_++]; }
  void Rewind() override { next_ = 0; }

 private:
  std::vector<std::string> pieces_;
  size_t next_ = 0;
};

constexpr char kHost[] = "smtp.example.org";

void Note(KnownFaults& faults, absl::string_view words) {
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    if (word == "pipelining") faults.Note(kHost, KnownFaults::Fault::kPipelining);
    if (word == "chunking") faults.Note(kHost, KnownFaults::Fault::kChunking);
  }
}

std::string Names(const KnownFaults& faults) {
  std::vector<std::string> names;
  if (faults.Has(kHost, KnownFaults::Fault::kPipelining)) names.push_back("pipelining");
  if (faults.Has(kHost, KnownFaults::Fault::kChunking)) names.push_back("chunking");
  return absl::StrJoin(names, " ");
}

struct Played {
  absl::Status outcome;
  Transaction transaction;
  std::string remaining, mismatch, learnt;
  size_t steps = 0;
};

net::Task<absl::Status> PlaySession(Session& session, const Dialogue& d, Transaction& t,
                                    KnownFaults& faults) {
  Opening opening;
  opening.faults = &faults;
  opening.start_tls = d.security == "starttls";
  opening.allow_plaintext_auth = d.allow_plaintext_auth;
  opening.credentials.login = d.login;
  opening.credentials.secret = crypto::Secret(d.password);
  if (d.token) opening.credentials.kind = sasl::Credentials::Kind::kAccessToken;
  opening.credentials.host = kHost;
  opening.credentials.port = 465;
  absl::Status opened = co_await session.Open(opening);
  if (!opened.ok()) co_return opened;
  if (d.only_tries) {
    absl::Status tried = co_await session.TrySender(d.envelope.from);
    if (!tried.ok()) co_return tried;
    co_await session.Quit();
    co_return absl::OkStatus();
  }
  auto wanted = co_await session.Offer(d.envelope, t);
  if (!wanted.ok()) co_return wanted.status();
  if (*wanted) {
    TwoPieces content(d.content);
    absl::Status transferred = co_await session.Transfer(content, t);
    if (!transferred.ok()) co_return transferred;
  }
  co_await session.Quit();
  co_return absl::OkStatus();
}

Played Play(const Dialogue& d, std::optional<size_t> cut = std::nullopt) {
  testing::ScriptedStream server(d.script, d.security == "tls");
  Played played;
  played.steps = server.size();
  if (cut) server.CutAfter(*cut);
  Session session(server, kHost);
  KnownFaults faults;
  Note(faults, d.knows);
  played.transaction = Transaction(d.envelope.to);
  played.outcome = testing::Await(PlaySession(session, d, played.transaction, faults));
  played.learnt = Names(faults);
  played.remaining = server.Remaining();
  played.mismatch = server.mismatch();
  return played;
}

TEST(SmtpDialogue, GoesAsWritten) {
  const std::vector<Dialogue> dialogues = AllDialogues();
  ASSERT_GT(dialogues.size(), 20u);
  for (const Dialogue& d : dialogues) {
    SCOPED_TRACE(d.name);
    const Played played = Play(d);
    EXPECT_EQ(CodeName(played.outcome), d.ends) << played.outcome;
    if (!d.tells.empty()) {
      EXPECT_EQ(std::string(played.outcome.message()), d.tells);
    }
    EXPECT_EQ(played.mismatch, "");
    EXPECT_EQ(played.learnt, d.learns);
    if (d.only_tries) continue;
    ASSERT_EQ(played.transaction.recipients.size(), d.expected.size());
    for (const Recipient& recipient : played.transaction.recipients) {
      SCOPED_TRACE(recipient.address);
      const auto expected = d.expected.find(recipient.address);
      ASSERT_NE(expected, d.expected.end());
      EXPECT_EQ(recipient.fate, expected->second.first);
      EXPECT_EQ(words::English(recipient.reason), expected->second.second);
      EXPECT_EQ(recipient.left_over, recipient.address == d.left_over);
    }
  }
}

TEST(SmtpDialogue, PlaysEachScriptToItsEnd) {
  for (const Dialogue& d : AllDialogues()) {
    SCOPED_TRACE(d.name);
    // Behind these answers nothing of what the script's server still has to say is waited for.
    if (d.ends == "data-loss") continue;
    const std::string remaining = Play(d).remaining;
    EXPECT_TRUE(remaining.empty() || remaining == "CLOSE") << remaining;
  }
}

// Wherever the connection breaks, each recipient is where the server's words put
// it: nobody is sent or failed before the server said so, and then for good.
TEST(SmtpDialogue, KnowsWhereEveryRecipientStandsWhereverItIsCut) {
  for (const Dialogue& d : AllDialogues()) {
    SCOPED_TRACE(d.name);
    const Played whole = Play(d);
    std::vector<Fate> before(d.envelope.to.size(), Fate::kPending);
    for (size_t cut = 0; cut <= whole.steps; ++cut) {
      SCOPED_TRACE(absl::StrCat("cut after ", cut));
      const Played played = Play(d, cut);
      EXPECT_EQ(played.mismatch, "");
      bool settled = true;
      for (size_t i = 0; i < before.size(); ++i) {
        const Fate fate = played.transaction.recipients[i].fate;
        if (fate != Fate::kPending) {
          EXPECT_EQ(fate, whole.transaction.recipients[i].fate);
        } else {
          EXPECT_EQ(before[i], Fate::kPending) << "settled earlier, and open again";
          settled = false;
        }
        before[i] = fate;
      }
      if (!settled && cut < whole.steps && whole.outcome.ok() && !whole.transaction.AnyPending()) {
        EXPECT_FALSE(played.outcome.ok());
      }
    }
  }
}

// Whatever ends a session, and wherever: its user gets a sentence that can be translated.
TEST(SmtpDialogue, HasWordsForEveryEnd) {
  for (const Dialogue& d : AllDialogues()) {
    SCOPED_TRACE(d.name);
    const size_t steps = Play(d).steps;
    for (size_t cut = 0; cut <= steps; ++cut) {
      const absl::Status outcome = Play(d, cut).outcome;
      if (outcome.ok()) continue;
      const auto wording = words::WordingOf(outcome);
      ASSERT_TRUE(wording) << outcome;
      EXPECT_EQ(words::English(*wording), outcome.message());
    }
  }
}

TEST(SmtpDialogue, SaysSentOnlyAfterTheAnswerToTheDot) {
  for (const Dialogue& d : AllDialogues()) {
    // Of chunks there are tests of their own; a lone dot may also end what is for nobody.
    const bool by_dot = !absl::StrContains(d.script, "BDAT") && absl::StrContains(d.script, "354");
    if (d.ends != "ok" || !by_dot || !Play(d).transaction.dot_began) continue;
    SCOPED_TRACE(d.name);
    size_t dot = 0, step = 0;
    for (absl::string_view line : absl::StrSplit(d.script, '\n')) {
      if (line.empty() || line[0] == '#') continue;
      ++step;
      if (line == "C: .") dot = step;
    }
    if (dot == 0) continue;
    for (const Recipient& recipient : Play(d, dot).transaction.recipients) {
      EXPECT_NE(recipient.fate, Fate::kSent) << recipient.address;
    }
    EXPECT_TRUE(Play(d, dot).transaction.dot_sent);
    EXPECT_FALSE(Play(d, dot + 1).transaction.dot_sent);
  }
}

}  // namespace
}  // namespace postern::sender::smtp
