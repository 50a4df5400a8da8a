// What judging a mail costs: CPU time of taking it apart and evaluating a script, from the bytes
// on, again and again. Prints microseconds for each mail, the best of five rounds.
//
//   bench_rules_speed SCRIPT MAIL [SECONDS]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/sieve/compile.h"

namespace postern::bench {
namespace {

std::string ReadFile(const char* name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    std::cerr << name << ": can't be read\n";
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

rules::PreparedProgramPtr Prepare(const std::string& script, double& took) {
  const double begun = CpuSeconds();
  rules::sieve::CompileOptions options;
  const rules::Compiled compiled = rules::sieve::Compile(script, options);
  if (!compiled.program) {
    std::cerr << rules::FirstError(compiled.problems) << "\n";
    std::exit(2);
  }
  auto prepared = std::make_shared<const rules::PreparedProgram>(compiled.program);
  took = CpuSeconds() - begun;
  return prepared;
}

// Microseconds for each mail.
double Round(const rules::PreparedProgram& program, const std::string& mail, double seconds) {
  rules::Facts facts;
  facts.recipients = {"ann@example.org"};
  facts.envelope_from = "bob@example.net";
  facts.now = absl::Now();
  const rules::EvaluationLimits limits;
  const double begun = CpuSeconds();
  double took = 0;
  size_t mails = 0;
  while (took < seconds) {
    for (int i = 0; i < 100; ++i) {
      rules::MessageView view(mail);
      const rules::Evaluation evaluation = rules::Evaluate(program, view, facts, limits);
      if (evaluation.error || evaluation.actions.empty()) {
        std::cerr << "evaluation failed\n";
        std::exit(1);
      }
    }
    mails += 100;
    took = CpuSeconds() - begun;
  }
  return 1e6 * took / static_cast<double>(mails);
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: bench_rules_speed SCRIPT MAIL [SECONDS]\n";
    return 2;
  }
  const double seconds = argc > 3 ? std::atof(argv[3]) : 1.0;
  double prepared_in = 0;
  const auto program = Prepare(ReadFile(argv[1]), prepared_in);
  const std::string mail = ReadFile(argv[2]);
  double best = Round(*program, mail, seconds / 5);
  for (int i = 1; i < 5; ++i) best = std::min(best, Round(*program, mail, seconds / 5));
  std::printf("%.2f %.1f\n", best, 1e3 * prepared_in);
  return 0;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) { return postern::bench::Main(argc, argv); }
