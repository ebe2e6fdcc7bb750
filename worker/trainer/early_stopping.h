// Which epoch was best, and when to stop. Pure.
#pragma once

#include <cstdint>

namespace unmask {

// Where a run stands; kept in checkpoints. The patience used up is epoch - best_epoch.
struct StoppingState {
  std::int64_t best_epoch = -1;  // -1: none yet
  std::int64_t best_score = -1;
  bool operator==(const StoppingState&) const = default;
};

class EarlyStopping {
 public:
  explicit EarlyStopping(std::int64_t patience, StoppingState state = {})
      : patience_(patience), state_(state) {}

  // Whether this epoch is the best so far: strictly greater wins, so the earliest of equals stays.
  // The score counts right answers, an integer, so that ties are exact.
  bool Observe(std::int64_t epoch, std::int64_t score) {
    if (score <= state_.best_score) return false;
    state_ = {epoch, score};
    return true;
  }

  // Whether `patience` epochs have passed without improvement after `epoch` (0-based).
  bool ShouldStop(std::int64_t epoch) const { return epoch - state_.best_epoch >= patience_; }

  const StoppingState& state() const { return state_; }

 private:
  std::int64_t patience_;
  StoppingState state_;
};

}  // namespace unmask
