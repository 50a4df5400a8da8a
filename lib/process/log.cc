#include "lib/process/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/process/log_together.h"

namespace postern::log {
namespace {

bool g_json = false;

spdlog::logger& Logger() {
  static auto logger = [] {
    auto made = spdlog::stderr_logger_st("postern");
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *logger;
}

// The lines of a log::Together.
std::string* g_together = nullptr;

// "2026-11-22T10:00:00.123Z". Whole seconds are written once for all lines of one.
std::string TimeStamp() {
  static int64_t written_second = -1;
  static std::string written;
  const int64_t millis = absl::ToUnixMillis(absl::Now());
  if (millis / 1000 != written_second) {
    written_second = millis / 1000;
    written = absl::FormatTime("%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(written_second),
                               absl::UTCTimeZone());
  }
  return absl::StrCat(written, absl::Dec(millis % 1000, absl::kZeroPad3), "Z");
}

// Control characters and quotes become escapes: nobody writes lines of their own
// into our log, or to the terminal that shows it. JSON and text share the form.
std::string Escaped(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

bool NeedsQuotes(absl::string_view value) {
  if (value.empty()) return true;
  for (const unsigned char c : value) {
    if (c <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f) return true;
  }
  return false;
}

std::string TextLine(const char* level, absl::string_view message, Fields fields) {
  std::string line =
      absl::StrCat(TimeStamp(), " ", absl::AsciiStrToUpper(level), " ", Escaped(message));
  for (const Field& field : fields) {
    if (NeedsQuotes(field.value)) {
      absl::StrAppend(&line, " ", field.key, "=\"", Escaped(field.value), "\"");
    } else {
      absl::StrAppend(&line, " ", field.key, "=", field.value);
    }
  }
  return line;
}

std::string JsonLine(const char* level, absl::string_view message, Fields fields) {
  std::string line = absl::StrCat("{\"time\":\"", TimeStamp(), "\",\"level\":\"", level,
                                  "\",\"message\":\"", Escaped(message), "\"");
  for (const Field& field : fields) {
    absl::StrAppend(&line, ",\"", field.key, "\":\"", Escaped(field.value), "\"");
  }
  line.push_back('}');
  return line;
}

void Write(spdlog::level::level_enum level, const char* name, absl::string_view message,
           Fields fields) {
  spdlog::logger& logger = Logger();
  if (!logger.should_log(level)) return;
  const std::string line =
      g_json ? JsonLine(name, message, fields) : TextLine(name, message, fields);
  if (g_together != nullptr) {
    absl::StrAppend(g_together, g_together->empty() ? "" : "\n", line);
  } else {
    logger.log(level, spdlog::string_view_t(line));
  }
}

}  // namespace

void Debug(absl::string_view message, Fields fields) {
  Write(spdlog::level::debug, "debug", message, fields);
}
void Info(absl::string_view message, Fields fields) {
  Write(spdlog::level::info, "info", message, fields);
}
void Warn(absl::string_view message, Fields fields) {
  Write(spdlog::level::warn, "warn", message, fields);
}
void Error(absl::string_view message, Fields fields) {
  Write(spdlog::level::err, "error", message, fields);
}

Together::Together() : outer_(g_together) {
  if (outer_ == nullptr) g_together = &lines_;
}

Together::~Together() {
  if (outer_ != nullptr) return;
  g_together = nullptr;
  // Each line was wanted by its own level.
  if (!lines_.empty()) Logger().log(spdlog::level::critical, spdlog::string_view_t(lines_));
}

bool Configure(absl::string_view format, absl::string_view level) {
  if (format != "text" && format != "json") return false;
  if (level != "debug" && level != "info" && level != "warn" && level != "error") return false;
  g_json = format == "json";
  Logger().set_level(spdlog::level::from_str(std::string(level)));
  return true;
}

}  // namespace postern::log
