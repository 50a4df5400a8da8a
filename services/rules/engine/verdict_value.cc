#include "services/rules/engine/verdict_value.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

struct Score {
  double value = 0, limit = 5;
};

// The number that follows `name`.
std::optional<double> NumberAfter(absl::string_view text, absl::string_view name) {
  const size_t at = text.find(name);
  if (at == text.npos) return std::nullopt;
  text = absl::StripLeadingAsciiWhitespace(text.substr(at + name.size()));
  const size_t end = text.find_first_not_of("+-.0123456789");
  double number = 0;
  if (!absl::SimpleAtod(text.substr(0, end), &number) || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::string HeaderText(absl::string_view name, const Run& run) {
  const auto fields = run.message.Fields(name);
  return fields.empty() ? "" : std::string(fields[0]->decoded());
}

// "Yes, score=7.1 required=5.0 tests=…" (SpamAssassin), "default: False [4.20 / 15.00]; …"
// (rspamd).
std::optional<Score> ScoreOf(const Run& run) {
  const std::string status = HeaderText("X-Spam-Status", run);
  if (const auto value = NumberAfter(status, "score="))
    return Score{*value, NumberAfter(status, "required=").value_or(5)};
  const std::string result = HeaderText("X-Spamd-Result", run);
  if (const auto value = NumberAfter(result, "["))
    return Score{*value, NumberAfter(result, "/").value_or(15)};
  if (absl::StartsWithIgnoreCase(status, "yes")) return Score{1, 1};
  if (absl::StartsWithIgnoreCase(status, "no")) return Score{0, 1};
  return std::nullopt;
}

std::string VirusValue(const Run& run) {
  const std::string status = HeaderText("X-Virus-Status", run);
  if (status.empty()) return "0";
  return absl::StartsWithIgnoreCase(status, "clean") || absl::StartsWithIgnoreCase(status, "no")
             ? "1"
             : "5";
}

}  // namespace

std::string VerdictValue(VerdictKind kind, const Run& run) {
  const char* item = kind == VerdictKind::kVirus  ? "vnd.postern.virustest"
                     : kind == VerdictKind::kSpam ? "vnd.postern.spamtest"
                                                  : "vnd.postern.spampercent";
  const auto known = run.facts.environment.find(item);
  if (known != run.facts.environment.end()) return known->second;
  if (kind == VerdictKind::kVirus) return VirusValue(run);
  const std::optional<Score> score = ScoreOf(run);
  if (!score) return "0";
  const double share = score->limit > 0 ? std::clamp(score->value / score->limit, 0.0, 1.0) : 1.0;
  if (kind == VerdictKind::kSpamPercent)
    return absl::StrCat(static_cast<int>(std::lround(share * 100)));
  return absl::StrCat(1 + static_cast<int>(std::floor(share * 9)));
}

}  // namespace postern::rules
