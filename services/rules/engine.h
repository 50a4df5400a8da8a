#pragma once

#include <span>
#include <string>

#include "services/rules/facts.h"
#include "services/rules/program.h"

namespace postern::rules {

enum class Verdict { kKeep, kReject };

struct Judgement {
  Verdict verdict = Verdict::kKeep;
  // Which line, which value, for people: reject.txt:3: subject:\$\$\$ matched "win $$$".
  // Empty when no reject line matched: then there is nothing to explain.
  std::string reason;
  std::string program_hash;  // of the program that decided
};

// Facts in, verdict out: no I/O, no clock, no state. The stages speak in turn (the
// site's program, then the user's) and the first to reject has the last word; an
// accept line overrides the rejects of its own program only. Null stages are skipped.
//
// With several recipients each is judged by itself, and the mail is rejected
// when all of them refuse it.
Judgement Judge(std::span<const ProgramPtr> stages, const Facts& facts);

}  // namespace postern::rules
