// Two cells side by side, subject by subject: what the paired tests are made of.
#pragma once

#include <string>
#include <vector>

#include "coordinator/report/fold_index.h"

namespace unmask {

// Right answers on one held-out subject's clips, summed over the seeds.
struct PairedSubject {
  std::string subject;
  std::int64_t clips = 0;  // times seeds
  std::int64_t first = 0;
  std::int64_t second = 0;
  // The second's right answers minus the first's, as a share of the clips.
  double Difference() const;
};

struct Pairing {
  std::vector<PairedSubject> subjects;  // by name
  std::int64_t seeds = 0;
  bool same_jobs = false;  // the same results, not only equal ones
  bool incomplete = false;
  std::string obstacle;  // why the cells cannot be paired; empty: they can, or folds are missing

  bool ok() const { return !incomplete && obstacle.empty(); }
  // The second's right answers minus the first's, one a subject.
  std::vector<std::int64_t> Differences() const;
  // The same as shares of the subject's clips.
  std::vector<double> AccuracyDifferences() const;
  std::vector<double> Clips() const;
  // Of the pooled accuracies: all clips weigh the same.
  double Difference() const;
};

// Cells can be paired where they have the same seeds, held-out subjects and, as far as their labels
// tell, clips.
Pairing PairFolds(const FoldList& first, const FoldList& second);

}  // namespace unmask
