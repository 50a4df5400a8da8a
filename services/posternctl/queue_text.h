#pragma once

#include <ostream>

#include "postern/sender/v1/sender.pb.h"

// The queue as operators read it.
namespace postern::posternctl {

void PrintQueue(std::ostream& out, const sender::v1::ListQueueResponse& list);
void PrintMail(std::ostream& out, const sender::v1::ShowQueuedResponse& answer);

}  // namespace postern::posternctl
