#include "worker/agent/progress.h"

#include <algorithm>
#include <vector>

namespace unmask {

void Progress::Report(std::int64_t epoch, std::int64_t steps, Millis now) {
  constexpr std::size_t kReportsMax = 63;
  if (steps > steps_) {
    step_ms_.push_back(static_cast<double>((now - step_since_).count()) /
                       static_cast<double>(steps - steps_));
    if (step_ms_.size() > kReportsMax) step_ms_.pop_front();
    step_since_ = now;
    loaded_ = true;
  }
  if (steps > steps_ || epoch > epoch_) since_ = now;
  epoch_ = epoch;
  steps_ = steps;
}

Millis Progress::MedianStep() const {
  if (step_ms_.empty()) return Millis(0);
  std::vector<double> sorted(step_ms_.begin(), step_ms_.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return Millis(static_cast<std::int64_t>(*middle));
}

Millis Progress::Limit(const HangLimits& limits) const {
  if (!loaded_) return limits.loading;
  const auto steps = static_cast<double>(MedianStep().count()) * limits.steps;
  return std::max(limits.floor, Millis(static_cast<std::int64_t>(steps)));
}

bool Progress::Hung(const HangLimits& limits, Millis now) const {
  return now - since_ > Limit(limits);
}

}  // namespace unmask
