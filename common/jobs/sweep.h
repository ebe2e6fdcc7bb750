// A planned sweep: distinct jobs, and who uses each. Made by coordinator/plan, stored by sql, run
// by coordinator/app.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/jobs/job.h"

namespace unmask {

// A distinct job, to be trained at most once.
struct PlannedJob {
  std::string key;
  JobSpec spec;
  std::vector<std::string> dependencies;  // keys of jobs that must be done first (feature jobs)
  std::string view_set;    // the bank that it is a view of, or trains on; empty: none
  std::int64_t view = -1;  // which view it makes; -1: none of a bank
  std::int64_t views = 0;  // how many it trains on
  // How it is run, which no number depends on. Of a shared job what its most careful experiment
  // says.
  double checkpoint_seconds = 30;
  bool keep_best = true;
};

// One fold of one point of one experiment, and the job that answers it. A shared job has several.
struct JobUse {
  std::string experiment;
  std::string
      point;  // JSON object: every grid key with its value; "{}" where the grid does not apply
  std::optional<double> alpha;  // nullopt: does not apply (single-task)
  std::optional<double> beta;
  std::string hsic;        // empty: does not apply, or alpha is 0
  std::string validation;  // "inner-subject", ...
  std::int64_t seed = 0;
  std::string held_out;
  std::string job_key;
};

struct SweepPlan {
  std::string sweep;  // NAME-xxxxxxxx
  std::string name;
  std::string config_json;       // resolved configuration, canonical
  std::string config_sha256;     // of config_json
  std::string tables_json;       // the study's tables as the report reads them (config/study.h)
  std::vector<PlannedJob> jobs;  // in the order in which they should run
  std::vector<JobUse> uses;
};

}  // namespace unmask
