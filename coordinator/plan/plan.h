// From a study to its sweep: which jobs there are, each once, and who uses each.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/study.h"
#include "common/data/dataset.h"
#include "common/data/frames.h"
#include "common/jobs/sweep.h"
#include "coordinator/plan/model_source.h"

namespace unmask {

// Which experiments --experiment asks for; all where it is not given. Each text is a name, which
// may hold commas, else names separated by commas.
Result<std::set<std::string>> SelectedNames(const Study& study,
                                            const std::vector<std::string>& wanted);

// Which subjects --held-out asks for, each text as above; none where it is not given.
Result<std::set<std::string>> SelectedSubjects(const SweepPlan& plan,
                                               const std::vector<std::string>& wanted);

struct PlanOptions {
  std::vector<std::string> experiments;    // only these, as SelectedNames reads them; empty: all
  std::optional<std::int64_t> order_seed;  // shuffles the jobs: the same order on every machine
  bool only_check = false;                 // whether it can be planned: without trainings and uses
};

struct PlanOutput {
  SweepPlan plan;
  // What the jobs consume, by SHA-256: data sets, pictures blobs, drawn pictures.
  std::map<std::string, std::string> blobs;
  // Further files of the store, by relative path: where pictures and models lie
  // (common/data/pictures.h), and synthetic models.
  std::map<std::string, std::string> files;
  std::map<std::string, ModelData> models;              // by fingerprint
  std::map<std::string, Dataset> datasets;              // the data sets, by SHA-256
  std::vector<JobSpec> trainings;                       // one of each point
  std::map<std::string, fs::path> detectors;            // files of face detectors, by SHA-256
  std::map<std::string, std::vector<FrameRef>> frames;  // outside of the store, by pictures blob
  nlohmann::json config;                                // resolved, with paths: for people
  std::vector<std::string> notes;  // for the user: an override that is shadowed, ...
};

// Reads the manifests that the study names (relative to the current folder). Each subject of the
// selected clips is held out once, in sorted order; jobs come by seed, experiment, point and
// subject, unless shuffled.
Result<PlanOutput> MakePlan(const Study& study, const PlanOptions& options);

}  // namespace unmask
