#pragma once

#include <cstdint>

#include "services/rules/engine/evaluate.h"

// What of section 5.1 of the rules reference operators' rules may do more often than users'.
namespace postern::rules {

constexpr uint32_t MostRedirects(const EvaluationLimits& limits, bool operator_rule) {
  return operator_rule ? 2 * limits.redirects : limits.redirects;
}
constexpr uint32_t MostNotifies(const EvaluationLimits& limits, bool operator_rule) {
  return operator_rule ? 4 * limits.notifies : limits.notifies;
}

constexpr uint32_t MostOthers(const EvaluationLimits& limits, bool operator_rule) {
  return operator_rule ? 10 * limits.others : limits.others;
}

}  // namespace postern::rules
