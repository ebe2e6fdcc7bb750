// What a choice of grid points is made from: right answers of every point on every fold, held-out
// and in validation.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/report/fold_index.h"

namespace unmask {

// The larger the better: the first number decides, the second where those are equal.
using Score = std::pair<double, double>;

// One fold (seed and held-out subject) of an experiment and task, at every point.
struct FoldScores {
  std::int64_t seed = 0;
  std::string subject;
  std::int64_t clips = 0;
  std::vector<std::int64_t> right;               // [points], on the held-out clips
  std::vector<std::optional<Score>> validation;  // [points], at the epoch that training kept
};

struct ExperimentScores {
  std::vector<std::string> points;  // as stored, in the plan's order
  // [points]: the first that has the very same jobs, since the grid moves what they do not consume.
  std::vector<std::size_t> same_as;
  std::vector<FoldScores> folds;  // by seed, then subject
  std::string incomplete;         // why there are no folds
};

// nullopt: the job had no validation clips.
using ValidationScore = std::function<std::optional<Score>(const std::string& job_key, Task task)>;

// `points` in the order in which ties are decided.
ExperimentScores ScoresOf(const FoldIndex& folds, const std::string& experiment,
                          std::vector<std::string> points, Task task,
                          const ValidationScore& validation);

// The place of the highest score, the first on ties, and whether there was one: with a point of
// other jobs.
struct Best {
  std::size_t at = 0;
  bool tied = false;
};
Best BestOf(const std::vector<Score>& scores, const std::vector<std::size_t>& same_as);

}  // namespace unmask
