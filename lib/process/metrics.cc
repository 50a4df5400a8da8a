#include "lib/process/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace postern::metrics {
namespace {

prometheus::Registry& Registry() {
  static prometheus::Registry registry;
  return registry;
}

}  // namespace

prometheus::Counter& Counter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(Registry()).Add(labels);
}

prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(Registry()).Add(labels);
}

prometheus::Histogram& Seconds(const std::string& name, const std::string& help,
                               const Labels& labels) {
  static const prometheus::Histogram::BucketBoundaries kBuckets = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(Registry())
      .Add(labels, kBuckets);
}

std::string Render() { return prometheus::TextSerializer().Serialize(Registry().Collect()); }

}  // namespace postern::metrics
