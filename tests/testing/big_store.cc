// Writes a store with a finished sweep as large as asked for, through ResultsStore as a coordinator
// does: for measuring how `tables` and `report` scale.
//
//   big_store FOLDER POINTS      (POINTS x 22 jobs: 4546 points are 100,012)
#include <cstdio>
#include <cstdlib>

#include "common/base/sha256.h"
#include "sql/results_store.h"

namespace unmask {
namespace {

constexpr int kSubjects = 22;
constexpr int kClips = 29;
constexpr const char* kNow = "2026-11-22T15:40:00.123Z";

[[noreturn]] void Die(const Error& error) {
  std::fprintf(stderr, "%s\n", FormatError(error).c_str());
  std::exit(1);
}
template <typename T>
void Check(const Result<T>& status) {
  if (!status.ok()) Die(status.error());
}

PlannedJob MakeJob(double alpha, const std::string& held_out) {
  PlannedJob job;
  job.spec.settings.loss.alpha = alpha;
  job.spec.settings = Reduce(job.spec.settings);
  job.spec.dataset = Sha256Hex("dataset");
  job.spec.held_out = held_out;
  job.key = JobKey(job.spec);
  return job;
}

SweepPlan MakePlan(int points) {
  SweepPlan plan;
  plan.sweep = "big-00000001";
  plan.name = "big";
  plan.config_json = R"({"name":"big"})";
  plan.config_sha256 = Sha256Hex(plan.config_json);
  plan.tables_json = "{}";
  for (int point = 0; point < points; ++point) {
    const double alpha = (point + 1) / 100.0;
    for (int subject = 0; subject < kSubjects; ++subject) {
      plan.jobs.push_back(MakeJob(alpha, std::to_string(subject)));
      JobUse use;
      use.experiment = "dsid";
      use.point = "{\"loss.alpha\":" + std::to_string(alpha) + "}";
      use.alpha = alpha;
      use.beta = 1;
      use.hsic = "paper";
      use.validation = "inner-subject";
      use.held_out = std::to_string(subject);
      use.job_key = plan.jobs.back().key;
      plan.uses.push_back(std::move(use));
    }
  }
  return plan;
}

TaskPredictions Predict(Task task, const std::string& held_out, std::size_t job) {
  TaskPredictions predictions;
  predictions.task = task;
  predictions.classes = {"an", "di", "fe", "ha", "ne", "sa", "su"};
  for (int clip = 0; clip < kClips; ++clip) {
    predictions.samples.push_back(held_out + "_" + std::to_string(clip));
    predictions.labels.push_back((clip + (task == Task::kTer ? 0 : 3)) % 7);
    const auto predicted =
        static_cast<std::int32_t>((static_cast<std::size_t>(clip) * 5 + job) % 7);
    predictions.predicted.push_back(predicted);
    for (int one = 0; one < 7; ++one) {
      predictions.logits.push_back(one == predicted ? 1.25F : 0.0625F * static_cast<float>(one));
    }
  }
  return predictions;
}

JobResult MakeResult(const PlannedJob& job, std::size_t number) {
  JobResult result;
  for (const Task task : {Task::kTer, Task::kDer}) {
    result.predictions.push_back(Predict(task, job.spec.held_out, number));
    for (std::int64_t epoch = 0; epoch < 60; ++epoch) {
      const double loss = 2 - 0.01 * static_cast<double>(epoch);
      result.curves.push_back({epoch, CurveSplit::kTrain, task, loss, 0.25});
      result.curves.push_back({epoch, CurveSplit::kValidation, task, loss + 0.1, 0.125});
    }
  }
  result.epochs = 60;
  result.best_epoch = 12;
  result.seconds = 1.5;
  result.held_out_hsic = 0.0625;
  result.stream_cosine = 0.5;
  result.numerics_class = "cpu-avx2";
  return result;
}

void Finish(ResultsStore& store, const PlannedJob& job, std::size_t number) {
  const LeaseId lease{job.key, AttemptNumber{1}, store.epoch()};
  const int worker = static_cast<int>(number % 16) + 1;
  Check(store.Apply(RecordLease{lease, {WorkerId{worker}, "host", "cpu", "cpu-avx2", 1}}, kNow));
  Check(store.Apply(RecordStarted{lease, 0}, kNow));
  Check(store.Apply(RecordResult{lease, MakeResult(job, number)}, kNow));
  if (number % 500 == 0) Check(store.Commit());
}

int Main(const char* folder, int points) {
  auto store = ResultsStore::Open({folder}, {false, "test", kNow, std::nullopt});
  if (!store.ok()) Die(store.error());
  const SweepPlan plan = MakePlan(points);
  Check((*store)->RegisterSweep(plan, "{}", kNow));
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) Finish(**store, plan.jobs[i], i);
  Check((*store)->Commit());
  std::printf("%zu jobs\n", plan.jobs.size());
  return 0;
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  if (argc != 3 || std::atoi(argv[2]) < 1) {
    std::fprintf(stderr, "usage: big_store FOLDER POINTS\n");
    return 2;
  }
  return unmask::Main(argv[1], std::atoi(argv[2]));
}
