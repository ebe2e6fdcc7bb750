// Which clips a job had right: for tests that pair two cells clip by clip.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/report/fold_index.h"
#include "sql/rows.h"

namespace unmask {

// How two cells agree on the same clips.
struct ClipCounts {
  std::int64_t both = 0;
  std::int64_t only_first = 0;
  std::int64_t only_second = 0;
  std::int64_t neither = 0;
};

class ClipIndex {
 public:
  // The predictions must outlive the index.
  explicit ClipIndex(const SweepPredictions& predictions);

  // By the clip's name: whether the prediction is its label. nullopt: the job has none.
  std::optional<std::map<std::string, bool>> Right(const std::string& job_key, Task task) const;

 private:
  const SweepPredictions& predictions_;
  std::map<std::pair<std::string, Task>, const PredictionRow*> rows_;
};

// nullopt where the cells do not have the same clips, or there are several seeds: a clip that is
// counted once a seed is not as many clips.
std::optional<ClipCounts> CountClips(const FoldList& first, const ClipIndex& first_clips,
                                     const FoldList& second, const ClipIndex& second_clips);

}  // namespace unmask
