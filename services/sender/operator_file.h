#pragma once

#include "lib/words/operator_file.h"

// Files of the sender's operators.
namespace postern::sender {

using words::FileLine;
using words::FileProblems;
using words::InFile;
using words::LinesOf;
using words::PlaceOf;

}  // namespace postern::sender
