#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/rules/ir/problem.h"

// A Sieve script as it is written (RFC 5228 section 8), before it means anything.
namespace postern::rules::sieve {

struct String {
  Position at;
  std::string text;  // without quotes, dots unstuffed; not yet expanded
};

struct Argument {
  enum class Kind : uint8_t { kTag, kNumber, kString, kStrings };
  Kind kind = Kind::kTag;
  Position at;
  std::string tag;  // lower case, without the colon
  uint64_t number = 0;
  std::vector<String> strings;  // kString: one
};

struct TestNode {
  Position at;
  std::string name;  // lower case
  std::vector<Argument> arguments;
  std::vector<TestNode> tests;
};

struct Command {
  Position at;
  size_t begin = 0, end = 0;  // in the source, in bytes: from its comments to its ";" or "}"
  std::string name;           // lower case
  std::vector<Argument> arguments;
  std::vector<TestNode> tests;
  std::vector<Command> block;
  bool has_block = false;
  bool broken = false;                // not read to its end: what it means nobody knows
  std::vector<std::string> comments;  // those before it, a line each, without their marks
};

struct Script {
  std::vector<Command> commands;
  std::vector<std::string> comments;  // after the last command
};

}  // namespace postern::rules::sieve
