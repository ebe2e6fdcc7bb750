// The program's log: stderr, one line a message, through spdlog. Results never go here.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "common/base/text.h"

namespace unmask {

enum class LogLevel {
  kQuiet,
  kNormal,
  kVerbose
};  // errors only; and what a user wants to know; and all

void SetLogLevel(LogLevel level);
void LogError(std::string_view message);
void LogInfo(std::string_view message);
void LogDebug(std::string_view message);

// A line that is redrawn stands open on the terminal: what is logged next takes its place.
void LineIsOpen(bool open);

}  // namespace unmask
