#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/net/deadline.h"
#include "services/xmpp-edge/component_stream.h"
#include "tests/support/await.h"

namespace postern::xmpp_edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// A file of tests/dialogue/xmpp: "C: " is a text that the component must send by
// then, "S: " what the server sends; comments say what to expect.
struct Dialogue {
  std::string name;
  std::vector<std::string> steps;
  std::map<std::string, std::string> facts;
};

std::vector<Dialogue> AllDialogues() {
  std::vector<Dialogue> all;
  for (const auto& entry : std::filesystem::directory_iterator(XMPP_DIALOGUES)) {
    Dialogue dialogue;
    dialogue.name = entry.path().filename();
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      absl::string_view fact = line;
      if (!absl::ConsumePrefix(&fact, "# ")) {
        dialogue.steps.push_back(line);
        continue;
      }
      const std::vector<std::string> pair = absl::StrSplit(fact, absl::MaxSplits(": ", 1));
      if (pair.size() == 2) dialogue.facts[pair[0]] = pair[1];
    }
    all.push_back(std::move(dialogue));
  }
  return all;
}

// The server: plays the first `count` steps on a thread of its own, then hangs up.
class ScriptedServer {
 public:
  ScriptedServer(std::vector<std::string> steps, size_t count) : steps_(std::move(steps)) {
    steps_.resize(count);
    thread_ = std::thread([this] { Play(); });
  }
  ~ScriptedServer() { thread_.join(); }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Play() {
    boost::system::error_code error;
    tcp::socket socket = acceptor_.accept(error);
    std::string read;
    for (const std::string& step : steps_) {
      const std::string text = step.substr(3);
      if (step[0] == 'S') {
        asio::write(socket, asio::buffer(text + "\n"), error);
      } else {
        const size_t end = asio::read_until(socket, asio::dynamic_buffer(read), text, error);
        read.erase(0, end);
      }
      if (error) return;
    }
  }

  std::vector<std::string> steps_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

struct Played {
  absl::Status end;
  bool up = false;
  std::vector<std::string> got;  // "message m1"
};

Played Play(const Dialogue& dialogue, size_t count) {
  std::signal(SIGPIPE, SIG_IGN);  // as every Postern process does
  ScriptedServer server(dialogue.steps, count);
  asio::io_context io;
  ComponentStream::Target target{"127.0.0.1", server.port(), "gw.example", "sesame"};
  ComponentStream stream(io.get_executor(), target);
  Played played;
  auto run = stream.Run(
      [&] {
        played.up = true;
        stream.Write("<message id=\"out1\" to=\"ann@a.example\"/>");
      },
      [&](Element stanza) {
        played.got.push_back(stanza.name + " " + std::string(stanza.Attr("id")));
      },
      [] {});
  played.end = testing::Await(io, net::WithDeadline(std::chrono::seconds(10), std::move(run)));
  return played;
}

TEST(ComponentDialogue, EveryScriptEndsAsItSays) {
  for (const Dialogue& dialogue : AllDialogues()) {
    SCOPED_TRACE(dialogue.name);
    const Played played = Play(dialogue, dialogue.steps.size());
    EXPECT_EQ(absl::StatusCodeToString(played.end.code()), dialogue.facts.at("outcome"))
        << played.end;
    EXPECT_EQ(played.up, dialogue.facts.at("up") == "yes");
    if (dialogue.facts.count("got") != 0) {
      EXPECT_EQ(absl::StrJoin(played.got, ", "), dialogue.facts.at("got"));
    }
  }
}

TEST(ComponentDialogue, AScriptCutAnywhereEndsTheStreamInWords) {
  for (const Dialogue& dialogue : AllDialogues()) {
    for (size_t count = 0; count < dialogue.steps.size(); ++count) {
      SCOPED_TRACE(dialogue.name + " cut after step " + std::to_string(count));
      const Played played = Play(dialogue, count);
      EXPECT_FALSE(played.end.ok());
      EXPECT_NE(played.end.code(), absl::StatusCode::kDeadlineExceeded) << "it hung";
      EXPECT_FALSE(played.end.message().empty());
    }
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
