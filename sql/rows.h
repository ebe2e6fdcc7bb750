// What the store holds, as typed rows. They mirror the public views (docs/formats.md, "Store"): a
// column that may be NULL is an optional.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"
#include "common/metrics/metrics.h"
#include "common/protocol/records.h"

namespace unmask {

struct SweepRow {
  std::string sweep;
  std::string config_sha256;
  std::string created_at;
  std::int64_t jobs = 0;  // distinct
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  std::int64_t number = 0;  // in the order they came
};

// What a sweep was asked to do, beside its counts.
struct SweepTexts {
  std::string name;  // the study's
  std::string config_json;
  std::string tables_json;
  std::string provenance_json;  // of the newest run
};

// One use of a job: one row for each sweep, experiment and point. A feature job that no experiment
// names has an empty experiment.
struct JobRow {
  std::string experiment;
  std::string job_key;
  std::string kind;
  std::string model;
  std::optional<std::string> task;  // single-task only
  std::string features;
  std::string engine;
  std::optional<double> alpha;
  std::optional<double> beta;
  std::optional<std::string> hsic;
  std::string point;
  std::string validation;
  std::int64_t seed = 0;
  std::string held_out;
  JobState state = JobState::kQueued;
  std::int64_t attempts = 0;
  std::optional<double> seconds;
  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> best_epoch;
  std::optional<double> held_out_hsic;
  std::optional<double> stream_cosine;
  std::optional<std::int64_t> images_forwarded;
  std::optional<std::string> error;
};

struct AttemptRow {
  std::int64_t attempt = 0;
  std::int64_t coordinator_epoch = 0;
  std::int64_t worker = 0;
  std::string host;
  std::string device;
  std::string numerics_class;
  std::optional<std::int64_t> first_epoch;
  std::string started_at;
  std::optional<std::string> ended_at;
  std::optional<AttemptOutcome> outcome;
  std::optional<std::string> error_class;
  std::optional<std::string> message;
};
inline std::string_view OutcomeName(const AttemptRow& attempt) {
  return attempt.outcome ? Name(*attempt.outcome) : "running";
}

// An attempt at a job of a sweep, and how many jobs its worker took at a time.
struct SpanRow {
  std::string job_key;
  std::string held_out;
  std::int64_t slots = 1;
  AttemptRow attempt;
};

// One run of a sweep: a coordinator's life.
struct RunRow {
  std::int64_t epoch = 0;
  std::string started_at;
  std::string build;
  std::string provenance_json;
};

// What a held-out fold consists of for one task, shared by every job that predicts it.
struct FoldContent {
  std::vector<std::string> classes;
  std::vector<std::string> samples;  // [clips]
  std::vector<std::int32_t> labels;  // [clips], into classes
};
struct PredictionRow {  // one finished job and task
  std::string job_key;
  Task task = Task::kTer;
  std::int64_t fold = 0;                // of SweepPredictions::folds
  std::vector<std::int32_t> predicted;  // [clips], into the fold's classes
};
struct SweepPredictions {
  std::map<std::int64_t, FoldContent> folds;
  std::vector<PredictionRow> rows;  // in no order
};

// What always guessing one class would have right: the label that most clips have, by name where
// several are equal.
struct CommonestClass {
  std::string name;
  std::int64_t clips = 0;
};

struct CellRow {
  std::int64_t point_id = 0;  // within an experiment they rise in the order of the plan's grid
  std::string experiment;
  std::optional<double> alpha;
  std::optional<double> beta;
  std::optional<std::string> hsic;
  std::string point;
  std::string validation;
  std::int64_t seed = 0;
  Task task = Task::kTer;
  std::string features;  // "action-units", ...: the same for all folds
  std::int64_t folds_done = 0;
  std::int64_t folds_failed = 0;  // failed or quarantined
  std::int64_t folds_total = 0;
  std::vector<std::string> job_keys;        // one a fold, by held-out subject
  std::optional<CellMetrics> metrics;       // nullopt until all folds are done
  std::optional<CommonestClass> commonest;  // of the same clips
  bool leaky = false;
};

// One fold of a cell and the job behind it.
struct FoldRow {
  std::string experiment;
  std::string point;
  std::int64_t seed = 0;
  Task task = Task::kTer;
  std::string held_out;
  std::string job_key;
  JobState state = JobState::kQueued;
  ConfusionMatrix confusion;  // empty until the job is done
};

// One job with its spec, wherever it is used.
struct JobDetails {
  std::string job_key;
  std::string spec_json;  // canonical
  JobState state = JobState::kQueued;
  std::int64_t attempts = 0;
  std::optional<std::string> error;
  std::string numerics_class;                 // of the result; empty until done
  std::optional<std::string> weights_sha256;  // the blob of a train job's best weights, where kept
};

struct JobUseRow {
  std::string sweep;
  std::string experiment;
  std::string point;
  std::int64_t seed = 0;
};

struct DoneSpecRow {
  std::string job_key;
  std::string spec;  // canonical JSON
  std::optional<double> seconds;
};

struct ExperimentProgress {
  std::string experiment;
  std::int64_t folds_total = 0;
  std::int64_t folds_done = 0;
  std::int64_t folds_dead = 0;  // failed or quarantined
};

struct FailureCount {
  std::string error_class;  // of attempts: "killed", "hang", ...
  std::int64_t attempts = 0;
};

struct DeadJobRow {  // failed or quarantined
  std::string job_key;
  JobState state = JobState::kFailed;
  std::string held_out;
  std::string error;
};

// Over how many finished jobs a rate is measured: of those `running` all may end together.
inline std::int64_t RateWindow(std::int64_t running) {
  return std::max<std::int64_t>(64, 2 * running);
}
// Until `left` jobs are finished; nullopt where none is left, or the rate is not known.
inline std::optional<double> SecondsLeft(std::int64_t left, std::optional<double> jobs_per_second) {
  if (left <= 0 || !jobs_per_second) return std::nullopt;
  return static_cast<double>(left) / *jobs_per_second;
}

struct StateCounts {  // distinct jobs
  std::int64_t queued = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  bool operator==(const StateCounts&) const = default;

  std::int64_t& Of(JobState state) {
    std::int64_t* const counts[] = {&queued, &running, &done, &failed, &quarantined};
    return *counts[static_cast<std::size_t>(state)];
  }
  // visit(name of the state, count), for each.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    StateCounts counts = *this;
    for (std::size_t i = 0; i < kNames<JobState>.size(); ++i) {
      visit(kNames<JobState>[i], counts.Of(static_cast<JobState>(i)));
    }
  }
  std::int64_t total() const { return left() + done + dead(); }
  std::int64_t left() const { return queued + running; }
  std::int64_t dead() const { return failed + quarantined; }
};

struct SweepProgress {
  StateCounts jobs;
  std::vector<ExperimentProgress> experiments;
  std::vector<FailureCount> failures;
  std::optional<double> jobs_per_second;  // over the last finished jobs of the newest run
  std::optional<double> eta_seconds;      // nullopt: nothing measured yet, or done
  // Whoever has the store's lock works on it: the last run was of this sweep, or one of another
  // sweep has jobs of it under way. Where nobody has the lock it tells nothing.
  bool attended = false;
};

}  // namespace unmask
