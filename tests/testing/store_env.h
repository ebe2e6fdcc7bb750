// A store in a folder of its own, sweeps to register in it, and results that look like a trainer's.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/sha256.h"
#include "common/config/names.h"
#include "common/jobs/sweep.h"
#include "sql/results_store.h"
#include "sql/store_reader.h"
#include "tests/testing/temp_folder.h"

namespace unmask {

inline constexpr const char* kStoreNow = "2026-11-22T15:40:00.123Z";

inline const std::vector<std::string>& TestSubjects() {
  static const std::vector<std::string> subjects = {"01", "02", "03"};
  return subjects;
}

// What one experiment of a test's sweep is: a model at some alphas, each with every fold.
struct TestExperiment {
  std::string name = "dsid";
  ModelKind model = ModelKind::kDsid;
  Task task = Task::kTer;  // single-task only
  std::vector<double> alphas = {0.5};
  Validation validation = Validation::kInnerSubject;
  std::vector<std::int64_t> seeds = {0};
};

inline void AddFold(SweepPlan& plan, const TestExperiment& experiment, double alpha,
                    std::int64_t seed, const std::string& held_out) {
  JobSpec spec;
  spec.settings.model.kind = experiment.model;
  spec.settings.model.task = experiment.task;
  spec.settings.loss.alpha = alpha;
  spec.settings.train.validation = experiment.validation;
  spec.settings = Reduce(spec.settings);
  spec.dataset = Sha256Hex("dataset");
  spec.held_out = held_out;
  spec.seed = seed;
  const std::string key = JobKey(spec);
  const bool known =
      std::ranges::any_of(plan.jobs, [&](const PlannedJob& job) { return job.key == key; });
  if (!known) {
    PlannedJob& job = plan.jobs.emplace_back();
    job.key = key;
    job.spec = spec;
  }
  const bool dsid = experiment.model == ModelKind::kDsid;
  JobUse use;
  use.experiment = experiment.name;
  use.point = dsid ? "{\"loss.alpha\":" + std::to_string(alpha) + "}" : "{}";
  if (dsid) {
    use.alpha = alpha;
    use.beta = 1;
    use.hsic = alpha > 0 ? "paper" : "";
  }
  use.validation = Name(experiment.validation);
  use.seed = seed;
  use.held_out = held_out;
  use.job_key = key;
  plan.uses.push_back(use);
}

inline SweepPlan MakeTestPlan(const std::string& sweep,
                              const std::vector<TestExperiment>& experiments) {
  SweepPlan plan;
  plan.sweep = sweep;
  plan.name = sweep.substr(0, sweep.find('-'));
  plan.config_json = "{\"name\":\"" + sweep + "\"}";
  plan.config_sha256 = Sha256Hex(plan.config_json);
  plan.tables_json = "{}";
  for (const TestExperiment& experiment : experiments) {
    for (const double alpha : experiment.alphas) {
      for (const std::int64_t seed : experiment.seeds) {
        for (const std::string& held_out : TestSubjects()) {
          AddFold(plan, experiment, alpha, seed, held_out);
        }
      }
    }
  }
  return plan;
}

// A view of a bank, which no experiment names.
inline PlannedJob AddViewJob(SweepPlan& plan) {
  PlannedJob job;
  job.spec.kind = JobKind::kFeatures;
  job.spec.view = 0;
  job.spec.pictures = Sha256Hex("pictures");
  job.key = JobKey(job.spec);
  plan.jobs.insert(plan.jobs.begin(), job);
  return job;
}

// Two clips, the first of them right, in classes "an" and "ha".
inline TaskPredictions TestPredictions(Task task, const std::string& held_out) {
  TaskPredictions predictions;
  predictions.task = task;
  predictions.classes = {"an", "ha"};
  predictions.samples = {held_out + "_a", held_out + "_b"};
  predictions.labels = {0, 1};
  predictions.predicted = {0, 0};
  predictions.logits = {1.5F, -0.25F, 0.1F, 0.05F};
  return predictions;
}

inline JobResult TestResult(const JobSpec& spec) {
  JobResult result;
  for (const Task task : TasksOf(spec.settings)) {
    result.predictions.push_back(TestPredictions(task, spec.held_out));
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
      result.curves.push_back({epoch, CurveSplit::kTrain, task, 1.5 - 0.5 * epoch, 0.25});
      result.curves.push_back({epoch, CurveSplit::kValidation, task, 2.5 - 0.5 * epoch, 0.125});
    }
  }
  result.epochs = 3;
  result.best_epoch = 2;
  result.seconds = 1.5;
  if (spec.settings.model.kind == ModelKind::kDsid) {
    result.held_out_hsic = 0.0625;
    result.stream_cosine = 0.5;
  }
  result.numerics_class = "cpu-avx2";
  return result;
}

inline WorkerInfo TestWorker(int id = 1) {
  return {WorkerId{id}, "host-a", "cpu: test", "cpu-avx2", 2};
}

// A store that is open for writing, and the steps of a job's life as a coordinator takes them.
class StoreEnv {
 public:
  StoreEnv() { Open(); }

  StorePaths paths() const { return {folder_.path() / "store"}; }

  void Open(const ResultsStore::Options& options = {false, "test", kStoreNow, std::nullopt}) {
    store.reset();
    auto opened = ResultsStore::Open(paths(), options);
    ASSERT_TRUE(opened.ok()) << FormatError(opened.error());
    store = std::move(opened).value();
  }

  std::unique_ptr<StoreReader> Reader() const {
    auto reader = StoreReader::Open(paths());
    EXPECT_TRUE(reader.ok()) << (reader.ok() ? "" : FormatError(reader.error()));
    return reader.ok() ? std::move(reader).value() : nullptr;
  }

  void Register(const SweepPlan& plan) const {
    Expect(store->RegisterSweep(plan, "{}", kStoreNow));
  }

  LeaseId LeaseOf(const std::string& job_key, int attempt = 1) const {
    return {job_key, AttemptNumber{attempt}, store->epoch()};
  }

  void Apply(const Record& record) const { Expect(store->Apply(record, kStoreNow)); }
  void Commit() const { Expect(store->Commit()); }

  void Lease(const LeaseId& lease) const { Apply(RecordLease{lease, TestWorker()}); }

  // Leases, starts and finishes the job; committed.
  void Finish(const PlannedJob& job, int attempt = 1) const {
    const LeaseId lease = LeaseOf(job.key, attempt);
    Lease(lease);
    Apply(RecordStarted{lease, 0});
    Apply(RecordResult{lease, TestResult(job.spec)});
    Commit();
  }
  void FinishAll(const SweepPlan& plan) const {
    for (const PlannedJob& job : plan.jobs) Finish(job);
  }

  template <typename T>
  static void Expect(const Result<T>& result) {
    ASSERT_TRUE(result.ok()) << (result.ok() ? "" : FormatError(result.error()));
  }

  std::unique_ptr<ResultsStore> store;

 private:
  TempFolder folder_;
};

}  // namespace unmask
