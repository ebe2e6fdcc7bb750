// A store whose results are told fold by fold: how many of a fold's four clips each point has
// right, held-out and in validation.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/testing/store_env.h"

namespace unmask {

struct Grade {
  int right = 0;          // of 4, the first ones
  double validation = 0;  // accuracy at the best epoch
  double loss = 1;        // there
  bool validated = true;  // whether there is a validation split
};
using Grader = std::function<Grade(const JobSpec& spec)>;

class GradedStore : public StoreEnv {
 public:
  // Every job answers both tasks alike. What another sweep finished is not run again.
  void FinishGraded(const SweepPlan& plan, const Grader& grade) {
    Register(plan);
    for (const PlannedJob& job : plan.jobs) {
      if (!finished_.insert(job.key).second) continue;
      const LeaseId lease = LeaseOf(job.key);
      Lease(lease);
      Apply(RecordStarted{lease, 0});
      Apply(RecordResult{lease, ResultOf(job.spec, grade(job.spec))});
      Commit();
    }
  }

 private:
  static TaskPredictions PredictionsOf(Task task, const std::string& held_out, int right) {
    TaskPredictions predictions;
    predictions.task = task;
    predictions.classes = {"an", "ha"};
    for (int i = 0; i < 4; ++i) {
      predictions.samples.push_back(held_out + "_" + std::to_string(i));
      predictions.labels.push_back(i % 2);
      predictions.predicted.push_back(i < right ? i % 2 : 1 - i % 2);
      predictions.logits.insert(predictions.logits.end(), {0.5F, -0.5F});
    }
    return predictions;
  }

  static JobResult ResultOf(const JobSpec& spec, const Grade& grade) {
    JobResult result = TestResult(spec);
    result.best_epoch = 1;
    result.predictions.clear();
    result.curves.clear();
    for (const Task task : TasksOf(spec.settings)) {
      result.predictions.push_back(PredictionsOf(task, spec.held_out, grade.right));
      for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        result.curves.push_back({epoch, CurveSplit::kTrain, task, 0.1, 1.0});
        if (!grade.validated) continue;
        // Other epochs look better: they are not the one that predictions come from.
        const bool best = epoch == result.best_epoch;
        result.curves.push_back({epoch, CurveSplit::kValidation, task, best ? grade.loss : 0.0,
                                 best ? grade.validation : 1.0});
      }
    }
    return result;
  }

  std::set<std::string> finished_;
};

// "dsid" at the given alphas, and what the study's own alpha is.
inline SweepPlan AlphaPlan(const std::string& sweep, const std::vector<double>& alphas,
                           double own = 0.5, Validation validation = Validation::kInnerSubject,
                           const std::vector<std::int64_t>& seeds = {0}) {
  SweepPlan plan = MakeTestPlan(
      sweep, {{.name = "dsid", .alphas = alphas, .validation = validation, .seeds = seeds}});
  plan.config_json = R"({"experiments":{"dsid":{"loss":{"alpha":)" + std::to_string(own) +
                     R"(}}},"loss":{"alpha":)" + std::to_string(own) + R"(},"name":")" + sweep +
                     R"("})";
  return plan;
}

}  // namespace unmask
