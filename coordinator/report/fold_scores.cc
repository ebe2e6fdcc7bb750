#include "coordinator/report/fold_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace unmask {
namespace {

using Place = std::pair<std::int64_t, std::string>;  // seed, held-out subject

// Each with the first of its kind.
std::vector<std::size_t> FirstOfEqual(std::vector<std::vector<std::string_view>> jobs) {
  std::map<std::vector<std::string_view>, std::size_t> first;
  std::vector<std::size_t> same_as;
  for (std::size_t point = 0; point < jobs.size(); ++point) {
    std::ranges::sort(jobs[point]);
    same_as.push_back(first.try_emplace(std::move(jobs[point]), point).first->second);
  }
  return same_as;
}

}  // namespace

Best BestOf(const std::vector<Score>& scores, const std::vector<std::size_t>& same_as) {
  Best best;
  for (std::size_t i = 1; i < scores.size(); ++i) {
    if (scores[i] > scores[best.at]) {
      best = {i, false};
    } else if (scores[i] == scores[best.at] && same_as[i] != same_as[best.at]) {
      best.tied = true;
    }
  }
  return best;
}

ExperimentScores ScoresOf(const FoldIndex& folds, const std::string& experiment,
                          std::vector<std::string> points, Task task,
                          const ValidationScore& validation) {
  ExperimentScores scores;
  scores.points = std::move(points);
  std::map<Place, FoldScores> places;
  std::vector<std::vector<std::string_view>> jobs(scores.points.size());
  std::size_t left = 0;
  for (std::size_t point = 0; point < scores.points.size(); ++point) {
    for (const FoldRow* row : folds.Find(experiment, scores.points[point], task)) {
      if (row->state != JobState::kDone) {
        ++left;
        continue;
      }
      FoldScores& fold = places[{row->seed, row->held_out}];
      fold.seed = row->seed;
      fold.subject = row->held_out;
      if (fold.right.empty()) fold.clips = row->confusion.Total();
      if (fold.right.size() != point || fold.clips != row->confusion.Total()) {
        scores.incomplete = "the points do not have the same folds and clips";
      }
      fold.right.push_back(row->confusion.Right());
      jobs[point].push_back(row->job_key);
      fold.validation.push_back(validation(row->job_key, task));
    }
  }
  if (left > 0) scores.incomplete = fmt::format("{} folds are not done", left);
  if (places.empty() && left == 0) scores.incomplete = "not learnt by this experiment";
  for (const auto& [place, fold] : places) {
    if (scores.incomplete.empty() && fold.right.size() != scores.points.size()) {
      scores.incomplete = "the points do not have the same folds and clips";
    }
  }
  if (!scores.incomplete.empty()) return scores;
  for (auto& [place, fold] : places) scores.folds.push_back(std::move(fold));
  scores.same_as = FirstOfEqual(std::move(jobs));
  return scores;
}

}  // namespace unmask
