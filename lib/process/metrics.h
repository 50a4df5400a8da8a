#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>

// The process's metrics; the only singleton. Names:
// postern_<service>_<what>_{total,seconds}. Declare them at the top of the file
// that bumps them: static auto& delivered = metrics::Counter("...", "...");
namespace postern::metrics {

using Labels = std::map<std::string, std::string>;  // values from fixed sets only

prometheus::Counter& Counter(const std::string& name, const std::string& help,
                             const Labels& labels = {});
prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                         const Labels& labels = {});
// Seconds, with buckets from 1 ms to 60 s.
prometheus::Histogram& Seconds(const std::string& name, const std::string& help,
                               const Labels& labels = {});
// The text form of all of them, for /metrics.
std::string Render();

}  // namespace postern::metrics
