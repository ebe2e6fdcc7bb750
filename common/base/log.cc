#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>

namespace unmask {
namespace {

spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("unmask");
    made->set_pattern("unmask: %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

std::atomic<bool> line_is_open = false;

void Log(spdlog::level::level_enum level, std::string_view message) {
  if (!Logger().should_log(level)) return;
  if (line_is_open.exchange(false)) std::fputs("\r\x1b[2K", stderr);  // ECMA-48 EL
  Logger().log(level, "{}", VisibleText(message));
}

}  // namespace

void SetLogLevel(LogLevel level) {
  Logger().set_level(level == LogLevel::kQuiet    ? spdlog::level::err
                     : level == LogLevel::kNormal ? spdlog::level::info
                                                  : spdlog::level::debug);
}

void LogError(std::string_view message) {
  Log(spdlog::level::err, fmt::format("error: {}", message));
}
void LogInfo(std::string_view message) { Log(spdlog::level::info, message); }
void LogDebug(std::string_view message) { Log(spdlog::level::debug, message); }

void LineIsOpen(bool open) { line_is_open = open; }

}  // namespace unmask
