#include "worker/agent/trainer_end.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/text.h"

namespace unmask {
namespace {

// The last line that says something, safe and short enough for one line of a table.
std::string LastLine(const std::string& words) {
  constexpr std::size_t kLengthMax = 300;
  const std::string_view text = Trim(words);
  const std::size_t at = text.rfind('\n');
  const auto line = Trim(at == std::string_view::npos ? text : text.substr(at + 1));
  return EscapeControl(line.substr(0, kLengthMax));
}

std::string What(const TrainerEnd& end) {
  if (!end.protocol_error.empty()) return "the trainer broke the protocol: " + end.protocol_error;
  if (end.out_of_memory) return "the trainer was killed for lack of memory";
  if (end.signal != 0) {
    return fmt::format("the trainer died by signal {} ({})", end.signal, strsignal(end.signal));
  }
  return fmt::format("the trainer exited with code {}", end.exit_code);
}

}  // namespace

Failure FailureOf(const TrainerEnd& end) {
  const std::string last = LastLine(end.last_words);
  Failure failure{FailureClass::kKilled, What(end) + (last.empty() ? "" : ": " + last)};
  if (!end.protocol_error.empty()) {
    failure.failure = FailureClass::kExit;
  } else if (end.out_of_memory) {
    failure.failure = FailureClass::kOutOfMemory;
  } else if (end.signal == 0) {
    failure.failure = FailureClass::kExit;
  }
  return failure;
}

}  // namespace unmask
