#include "coordinator/app/status_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "common/base/log.h"
#include "common/base/time_text.h"

namespace unmask {
namespace {

constexpr Millis kLivePeriod{200};
constexpr Millis kPlainPeriod{10'000};

}  // namespace

std::string FormatProgress(const RunProgress& progress, std::int64_t done_before, Millis elapsed) {
  const StateCounts& jobs = progress.jobs;
  std::string text =
      fmt::format("{}/{} done, {} running, {} failed, {} {}", jobs.done, jobs.total(), jobs.running,
                  jobs.dead(), progress.workers, progress.workers == 1 ? "worker" : "workers");
  const std::int64_t fresh = jobs.done - done_before;
  if (fresh <= 0 || elapsed.count() <= 0) return text;
  const double rate = 1000.0 * static_cast<double>(fresh) / static_cast<double>(elapsed.count());
  return text + ", " + RateText(rate, SecondsLeft(jobs.left(), rate));
}

StatusLine::StatusLine(Mode mode, Millis start, std::int64_t done_before)
    : mode_(mode), start_(start), done_before_(done_before), next_(start) {}

void StatusLine::Update(const RunProgress& progress, Millis now) {
  if (mode_ == Mode::kOff || now < next_) return;
  next_ = now + (mode_ == Mode::kLive ? kLivePeriod : kPlainPeriod);
  if (mode_ == Mode::kPlain && progress == printed_) return;
  Print(progress, now);
}

void StatusLine::Finish(const RunProgress& progress, Millis now) {
  if (mode_ == Mode::kOff) return;
  Print(progress, now);
  if (mode_ != Mode::kLive) return;
  std::fputs("\n", stderr);
  LineIsOpen(false);
}

void StatusLine::Print(const RunProgress& progress, Millis now) {
  printed_ = progress;
  const std::string text = FormatProgress(progress, done_before_, now - start_);
  if (mode_ == Mode::kPlain) return LogInfo(text);
  // Erase the line (ECMA-48 EL), write, stay on it: a terminal that is too narrow cuts it (DECAWM
  // off and on again), whatever its width is by now. Rank 0 cannot ask: its stderr is mpirun's
  // pipe.
  fmt::print(stderr, "\r\x1b[2K\x1b[?7l{}\x1b[?7h", text);
  std::fflush(stderr);
  LineIsOpen(true);
}

}  // namespace unmask
