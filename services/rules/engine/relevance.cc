#include "services/rules/engine/relevance.h"

#include <algorithm>

namespace postern::rules {
namespace {

template <typename Number>
void SortOnce(std::vector<Number>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace

Relevance::Relevance(const PreparedProgram& prepared, Run& run)
    : run_(run), filter_(prepared.prefilter()) {
  // Who wants every reason is told of each test; a suite's commands may change all there is.
  if (run.limits.trace || run.foreign != nullptr) filter_ = nullptr;
  if (filter_ != nullptr && !filter_->empty()) SearchHeader();
}

void Relevance::Search(const Prefilter::Class& one) {
  ClassFilter::Search search(one.filter);
  ForEachText(one.field, run_, [&](absl::string_view text) {
    run_.budget.Spend(text.size());
    search.Feed(text);
  });
  search.AddHits(hits_);
}

void Relevance::SearchHeader() {
  for (absl::string_view name : run_.message.Names()) {
    const std::vector<uint32_t>* const those = filter_->ClassesOf(name);
    if (those == nullptr) continue;
    for (uint32_t place : *those) Search(filter_->classes()[place]);
  }
  for (uint32_t place : filter_->other_classes()) Search(filter_->classes()[place]);
  TakeHits();
}

void Relevance::SearchBody() {
  searched_body_ = true;
  for (uint32_t place : filter_->body_classes()) Search(filter_->classes()[place]);
  TakeHits();
}

void Relevance::TakeHits() {
  SortOnce(hits_);
  rules_.clear();
  for (size_t i = 0; i < hits_.size(); ++i) {
    const uint32_t test = ClassFilter::TestOf(hits_[i]);
    if (i > 0 && ClassFilter::TestOf(hits_[i - 1]) == test) continue;
    const std::vector<uint32_t>& of_test = filter_->RulesOf(test);
    rules_.insert(rules_.end(), of_test.begin(), of_test.end());
  }
  SortOnce(rules_);
}

uint32_t Relevance::NextRule(uint32_t rule, uint32_t until) const {
  const auto next = std::lower_bound(rules_.begin(), rules_.end(), rule);
  return next == rules_.end() || *next >= until ? until : *next;
}

size_t Relevance::Next(size_t at) {
  if (filter_ == nullptr) return at;
  const std::vector<RuleSpan>& spans = run_.program.rules;
  while (true) {
    const uint32_t rule = filter_->RuleAt(at);
    if (rule == Prefilter::kNoRule) return at;
    run_.rule = rule;
    const Prefilter::Rule& its = filter_->rules()[rule];
    if (!its.skippable) return at;
    if (its.needs_body && !searched_body_) SearchBody();
    const uint32_t until =
        searched_body_ ? its.same_until : std::min(its.same_until, its.headers_until);
    const uint32_t next = NextRule(rule, until);
    run_.rule = next;
    if (next == rule) return at;
    at = next < until ? spans[next].begin : spans[until - 1].end;
    if (next < until) return at;
  }
}

std::optional<std::span<const ClassFilter::Hit>> Relevance::LikelyKeys(uint32_t test) {
  if (filter_ == nullptr) return std::nullopt;
  const Prefilter::Judged how = filter_->HowJudged(test);
  if (how == Prefilter::Judged::kNever) return std::nullopt;
  // It is read for this test in any case; so it is for all that look at it.
  if (how == Prefilter::Judged::kByBody && !searched_body_) SearchBody();
  const auto begin = std::lower_bound(hits_.begin(), hits_.end(), ClassFilter::HitOf(test, 0));
  auto end = begin;
  while (end != hits_.end() && ClassFilter::TestOf(*end) == test) ++end;
  return std::span<const ClassFilter::Hit>(begin, end);
}

}  // namespace postern::rules
