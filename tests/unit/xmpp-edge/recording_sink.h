#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/xmpp-edge/stanza_sink.h"

namespace postern::testing {

// A link that keeps what is written, and breaks on demand.
class RecordingSink : public xmpp_edge::StanzaSink {
 public:
  net::Task<absl::Status> Send(xmpp_edge::Element stanza) override {
    if (!up) co_return absl::UnavailableError("down");
    sent.push_back(std::move(stanza));
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> Barrier() override {
    ++barriers;
    if (!up || !barrier_works) co_return absl::UnavailableError("down");
    co_return absl::OkStatus();
  }
  bool IsUp() const override { return up; }

  // "kind type from>to", one line for each stanza since the last call.
  std::string Take() {
    std::string lines;
    for (const xmpp_edge::Element& s : std::exchange(sent, {})) {
      lines += s.name + " " + std::string(s.Attr("type")) + " " + std::string(s.Attr("from")) +
               ">" + std::string(s.Attr("to")) + "\n";
    }
    return lines;
  }

  std::vector<xmpp_edge::Element> sent;
  int barriers = 0;
  bool up = true;
  bool barrier_works = true;
};

}  // namespace postern::testing
