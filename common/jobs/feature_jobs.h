// Feature jobs: what a training job on pictures needs before it can train. One cuts the faces out
// of a data set's pictures, and one a view turns these into a backbone's features. They know
// pictures and never labels or subjects, so all folds, points and experiments share them.
#pragma once

#include <string_view>

#include "common/jobs/job.h"

namespace unmask {

// Whether a job with these settings reads its features from the bank; else it makes them itself,
// from the crops.
bool ReadsBank(const Settings& settings);

// `training` sees pictures.
JobSpec CropsJob(const JobSpec& training);
// `view`: kPlainView or an augmented one.
JobSpec ViewJob(const JobSpec& training, std::int64_t view);

// What the store says of a job. Feature jobs have no model and no engine.
struct JobLabels {
  std::string_view kind;
  std::string_view model;
  std::string_view features;  // the source, or "crops"
  std::string_view engine;
};
JobLabels LabelsOf(const JobSpec& spec);

// How many augmented views its training meets.
std::int64_t ViewsOf(const Settings& settings);

}  // namespace unmask
