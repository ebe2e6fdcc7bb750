#include "coordinator/report/clip_index.h"

#include <set>

namespace unmask {
namespace {

// All clips of a cell of one seed.
std::optional<std::map<std::string, bool>> ClipsOf(const FoldList& folds, const ClipIndex& index) {
  std::map<std::string, bool> clips;
  std::set<std::int64_t> seeds;
  for (const FoldRow* fold : folds) {
    seeds.insert(fold->seed);
    auto right = index.Right(fold->job_key, fold->task);
    if (!right || seeds.size() > 1) return std::nullopt;
    clips.merge(*right);
  }
  return clips;
}

}  // namespace

ClipIndex::ClipIndex(const SweepPredictions& predictions) : predictions_(predictions) {
  for (const PredictionRow& row : predictions.rows) rows_[{row.job_key, row.task}] = &row;
}

std::optional<std::map<std::string, bool>> ClipIndex::Right(const std::string& job_key,
                                                            Task task) const {
  const auto row = rows_.find({job_key, task});
  if (row == rows_.end()) return std::nullopt;
  const FoldContent& fold = predictions_.folds.at(row->second->fold);
  std::map<std::string, bool> right;
  for (std::size_t i = 0; i < fold.samples.size(); ++i) {
    right[fold.samples[i]] = row->second->predicted.at(i) == fold.labels.at(i);
  }
  return right;
}

std::optional<ClipCounts> CountClips(const FoldList& first, const ClipIndex& first_clips,
                                     const FoldList& second, const ClipIndex& second_clips) {
  const auto here = ClipsOf(first, first_clips);
  const auto there = ClipsOf(second, second_clips);
  if (!here || !there || here->size() != there->size()) return std::nullopt;
  ClipCounts counts;
  for (const auto& [sample, right] : *here) {
    const auto other = there->find(sample);
    if (other == there->end()) return std::nullopt;
    std::int64_t& count = right ? (other->second ? counts.both : counts.only_first)
                                : (other->second ? counts.only_second : counts.neither);
    ++count;
  }
  return counts;
}

}  // namespace unmask
