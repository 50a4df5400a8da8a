#pragma once

#include "lib/store/redis_client.h"

// How rule programs lie in Redis. One hash tag: a script touches them together. The first four
// are as they were when a scope had one reject file and nothing else.
namespace postern::rules {

inline constexpr char kProgramsKey[] = "postern:rules:{programs}";  // FieldOf(key) -> RuleProgram
inline constexpr char kRevisionsKey[] =
    "postern:rules:{programs}:revisions";  // field -> its revision
inline constexpr char kRevisionKey[] = "postern:rules:{programs}:revision";  // the newest of them
inline constexpr char kBytesKey[] = "postern:rules:{programs}:bytes";        // all together
// Scope -> the name of its script in force; behind a line feed, the hash of one that is suspended.
inline constexpr char kActiveKey[] = "postern:rules:{programs}:active";

// KEYS: these five. ARGV: ms, most programs, most bytes; then step, field, value for each step of
// a ProgramChange. Answers "done", or the condition that does not hold.
const store::Script& ChangeProgramsScript();
// ARGV: number of a key, field, … Answers the values, "" for none.
const store::Script& ReadProgramsScript();

}  // namespace postern::rules
