#include "common/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace unmask {
namespace {

spdlog::logger& Logger() {
  static const auto logger = [] {
    // NO_COLOR: no-color.org. spdlog itself leaves colour off where stderr is no terminal.
    const auto mode =
        std::getenv("NO_COLOR") ? spdlog::color_mode::never : spdlog::color_mode::automatic;
    auto made = spdlog::stderr_color_mt("unmask", mode);
    made->set_pattern("unmask: %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

}  // namespace

void SetLogLevel(LogLevel level) {
  Logger().set_level(level == LogLevel::kQuiet    ? spdlog::level::err
                     : level == LogLevel::kNormal ? spdlog::level::info
                                                  : spdlog::level::debug);
}

void LogError(std::string_view message) { Logger().error("error: {}", EscapeControl(message)); }
void LogInfo(std::string_view message) { Logger().info("{}", EscapeControl(message)); }
void LogDebug(std::string_view message) { Logger().debug("{}", EscapeControl(message)); }

}  // namespace unmask
