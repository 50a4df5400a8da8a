#pragma once

#include "lib/net/event.h"
#include "services/sender/delivery/roster.h"

namespace postern::sender {

// Strikes a mail off the roster, however what holds this ends.
class Underway {
 public:
  // `idle` is told when it was the last one. Both outlive this.
  Underway(Roster& roster, MailInHand& mail, net::Event& idle)
      : roster_(roster), mail_(&mail), idle_(idle) {}
  ~Underway() {
    if (mail_ == nullptr) return;
    roster_.Done(*mail_);
    if (roster_.InHand() == 0) idle_.Notify();
  }
  Underway(const Underway&) = delete;
  Underway& operator=(const Underway&) = delete;
  // Somebody else does.
  void HandOver() { mail_ = nullptr; }

 private:
  Roster& roster_;
  MailInHand* mail_;
  net::Event& idle_;
};

}  // namespace postern::sender
