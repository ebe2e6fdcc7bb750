#include "coordinator/report_page/mask_counts.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace unmask {
namespace {

std::int32_t PlaceOf(const std::vector<std::string>& sorted, const std::string& name) {
  const auto at = std::ranges::lower_bound(sorted, name);
  return static_cast<std::int32_t>(at - sorted.begin());
}

}  // namespace

MaskCounter::MaskCounter(const ReportData& data) : data_(data) {
  std::set<std::int64_t> true_folds;
  std::set<std::int64_t> shown_folds;
  for (const PredictionRow& row : data.predictions.rows) {
    (row.task == Task::kTer ? true_folds : shown_folds).insert(row.fold);
  }
  std::set<std::string> names;
  for (const auto& [id, fold] : data.predictions.folds) {
    names.insert(fold.classes.begin(), fold.classes.end());
  }
  classes_.assign(names.begin(), names.end());
  for (const auto& [id, fold] : data.predictions.folds) {
    for (const std::string& name : fold.classes) place_[id].push_back(PlaceOf(classes_, name));
  }
  std::unordered_map<std::string, std::int32_t> shown_by;  // sample -> place in classes_
  for (const std::int64_t id : shown_folds) {
    const FoldContent& fold = data.predictions.folds.at(id);
    for (std::size_t i = 0; i < fold.samples.size(); ++i) {
      const std::int32_t shown = place_[id][static_cast<std::size_t>(fold.labels[i])];
      shown_[id].push_back(shown);
      const auto [at, first] = shown_by.try_emplace(fold.samples[i], shown);
      if (!first && at->second != shown) at->second = -1;
    }
  }
  for (const std::int64_t id : true_folds) {
    for (const std::string& sample : data.predictions.folds.at(id).samples) {
      const auto at = shown_by.find(sample);
      shown_elsewhere_[id].push_back(at == shown_by.end() ? -1 : at->second);
    }
  }
}

std::optional<MaskCounts> MaskCounter::Count(const ReportCell& cell) const {
  MaskCounts counts;
  counts.by_shown = ConfusionMatrix(classes_);
  std::vector<std::int64_t> predicted_as(classes_.size());
  std::vector<std::int64_t> shown_as(classes_.size());
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> seeds;  // shown, all
  for (const JobRow* job : cell.jobs) {
    const auto at = data_.predictions_of.find(job->job_key);
    if (at == data_.predictions_of.end() || at->second[0] == nullptr) continue;
    const PredictionRow& row = *at->second[0];
    const FoldContent& fold = data_.predictions.folds.at(row.fold);
    const auto& place = place_.at(row.fold);
    const PredictionRow* own = at->second[1];
    const auto& shown_of = own != nullptr ? shown_.at(own->fold) : shown_elsewhere_.at(row.fold);
    for (std::size_t i = 0; i < shown_of.size(); ++i) {
      const std::int32_t felt = place[static_cast<std::size_t>(fold.labels[i])];
      const std::int32_t shown = shown_of[i];
      if (shown < 0 || shown == felt) continue;
      const std::int32_t predicted = place[static_cast<std::size_t>(row.predicted[i])];
      ++(predicted == felt ? counts.felt : predicted == shown ? counts.shown : counts.other);
      seeds[job->seed].first += predicted == shown ? 1 : 0;
      ++seeds[job->seed].second;
      ++predicted_as[static_cast<std::size_t>(predicted)];
      ++shown_as[static_cast<std::size_t>(shown)];
      ++counts.by_shown.At(static_cast<std::size_t>(shown), static_cast<std::size_t>(predicted));
    }
  }
  const auto total = static_cast<double>(counts.Total());
  if (total == 0) return std::nullopt;
  for (const auto& [seed, count] : seeds) {
    counts.shown_shares.push_back(static_cast<double>(count.first) /
                                  static_cast<double>(count.second));
  }
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    counts.shown_by_chance +=
        static_cast<double>(predicted_as[i]) * static_cast<double>(shown_as[i]) / total;
  }
  return counts;
}

}  // namespace unmask
