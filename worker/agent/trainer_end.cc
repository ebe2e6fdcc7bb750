#include "worker/agent/trainer_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

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

// Whether the line is "... job 0123456789ab: ...", of a job that is not among `jobs`.
bool IsOfAnotherJob(const std::string& line, const std::set<std::string>& jobs) {
  constexpr std::string_view kJob = " job ";
  constexpr std::size_t kDigits = 12;
  const std::size_t at = line.find(kJob);
  if (at == std::string::npos) return false;
  const std::string key = line.substr(at + kJob.size(), kDigits);
  const bool is_key =
      key.size() == kDigits && key.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_key || line.substr(at + kJob.size() + kDigits, 1) != ":") return false;
  return std::ranges::none_of(jobs, [&](const std::string& job) { return job.starts_with(key); });
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

Failure FailureOf(const TrainerEnd& end, const std::set<std::string>& jobs) {
  std::string last = LastLine(end.last_words);
  if (IsOfAnotherJob(last, jobs)) last.clear();
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
