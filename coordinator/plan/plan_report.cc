#include "coordinator/plan/plan_report.h"

#include <algorithm>
#include <set>

#include "common/base/json_or_null.h"
#include "common/config/names.h"
#include "common/data/dataset.h"
#include "common/data/pictures.h"
#include "common/jobs/feature_jobs.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

// Bytes beside blobs. Measured on 40 finished stores of 15 to 12,000 jobs, of 1 to 3,000 epochs, 2
// to 7 classes and 5 to 30 held-out clips, of one task and of two: the sum is 0.74 to 1.45 of what
// unmask.db and the logs had become.
constexpr std::int64_t kStoreBytes = 200'000;  // pages of tables and indexes that are not full
constexpr std::int64_t kJobBytes = 1'200;      // key, spec, attempt, uses; half of it its log
constexpr std::int64_t kSeriesBytes = 50;      // of the curves of a split and task
constexpr std::int64_t kPointBytes = 30;       // an epoch of them, as JSON
constexpr std::int64_t kLogitBytes = 12;       // as JSON
constexpr std::int64_t kIndexBytes = 2;        // a predicted class, a count of the confusions
constexpr double kPagesOverTexts = 1.2;        // a row of more than half a page has one for itself

// Of a data set.
struct Counts {
  std::int64_t ter_classes = 0;
  std::int64_t der_classes = 0;
  std::map<std::string, std::int64_t> clips;  // by subject

  std::int64_t ClassesOf(Task task) const { return task == Task::kTer ? ter_classes : der_classes; }
};

std::map<std::string, Counts> CountsOf(const PlanOutput& output) {
  std::map<std::string, Counts> counts;
  for (const auto& [sha256, dataset] : output.datasets) {
    Counts& of = counts[sha256];
    of.ter_classes = std::ssize(TrueClasses(dataset));
    of.der_classes = std::ssize(DisguisedClasses(dataset));
    for (const Clip& clip : dataset.clips) ++of.clips[clip.subject];
  }
  return counts;
}

// Floats of one set of weights, BatchNorm's statistics included (docs/model.md).
std::int64_t WeightsOf(const JobSpec& spec, const Counts& counts, std::int64_t inputs) {
  const auto adapter = [](std::int64_t in, std::int64_t out) { return in * out + 5 * out; };
  const Settings::Model& model = spec.settings.model;
  // 16 tokens a task, as wide as those of CLIP B: only the model's folder knows.
  if (model.kind == ModelKind::kClipPrompt) return std::int64_t{2} * 16 * 512;
  if (model.kind == ModelKind::kClipZeroShot) return 0;
  std::int64_t floats = adapter(inputs, model.adapter);
  for (const Task task : TasksOf(spec.settings)) {
    floats += adapter(model.adapter, model.stream) + (model.stream + 1) * counts.ClassesOf(task);
  }
  return floats;
}

// How many are likely: of 200 epochs with a patience of 50, jobs on MFED's action units ran 90.
std::int64_t EpochsOf(const Settings& settings) {
  if (settings.model.kind == ModelKind::kClipZeroShot) return 0;
  const Settings::Train& train = settings.train;
  return train.validation == Validation::kNone ? train.max_epochs
                                               : std::min(train.max_epochs, 2 * train.patience);
}

// Of a training job's answer, in the database.
std::int64_t AnswerBytes(const JobSpec& spec, const Counts& counts) {
  const std::int64_t splits = spec.settings.train.validation == Validation::kNone ? 1 : 2;
  const std::int64_t series = kSeriesBytes + kPointBytes * EpochsOf(spec.settings);
  const auto held_out = counts.clips.find(spec.held_out);
  const std::int64_t clips = held_out == counts.clips.end() ? 0 : held_out->second;
  std::int64_t bytes = 0;
  for (const Task task : TasksOf(spec.settings)) {
    const std::int64_t classes = counts.ClassesOf(task);
    bytes += splits * series + clips * (kLogitBytes * classes + kIndexBytes) +
             kIndexBytes * classes * classes;
  }
  return static_cast<std::int64_t>(kPagesOverTexts * static_cast<double>(bytes));
}

// What jobs of one output cost on disk.
class Sizes {
 public:
  Sizes(const PlanOutput& output, const WidthOfModel& width_of)
      : output_(output), width_of_(width_of), counts_(CountsOf(output)) {}

  // Of what a feature job makes.
  std::int64_t FeatureBytes(const JobSpec& spec) {
    const std::int64_t size = spec.settings.faces.size;
    const std::int64_t each = spec.view == kCropsView ? size * size * 3 : kFloat * WidthOf(spec);
    return Pictures(spec.dataset) * each;
  }

  // Of one set of a training job's weights.
  std::int64_t WeightBytes(const JobSpec& spec) {
    const std::int64_t own = kFloat * WeightsOf(spec, counts_.at(spec.dataset), WidthOf(spec));
    if (!spec.settings.features.finetune) return own;
    return own + output_.models.at(spec.weights).weight_bytes;
  }

  // Of a job's rows and log.
  std::int64_t RowsOf(const JobSpec& spec) const {
    if (spec.kind != JobKind::kTrain) return kJobBytes;
    return kJobBytes + AnswerBytes(spec, counts_.at(spec.dataset));
  }

 private:
  static constexpr std::int64_t kFloat = 4;

  std::int64_t WidthOf(const JobSpec& spec) {
    if (spec.weights.empty()) return static_cast<std::int64_t>(FacsVocabulary().size());
    if (!width_of_) return 0;
    return width_of_(output_.models.at(spec.weights).config_json, spec.settings);
  }

  std::int64_t Pictures(const std::string& sha256) {
    const auto [found, is_new] = pictures_.try_emplace(sha256, 0);
    if (!is_new) return found->second;
    const auto pictures = ParsePicturesBlob(output_.blobs.at(sha256));
    UNMASK_CHECK(pictures.ok());  // the planner made it
    return found->second = std::ssize(*pictures);
  }

  const PlanOutput& output_;
  const WidthOfModel& width_of_;
  std::map<std::string, Counts> counts_;
  std::map<std::string, std::int64_t> pictures_;  // how many, by the blob
};

bool TrainsMore(const PlanOutput& output, const StoreHistory& history) {
  return std::ranges::any_of(output.plan.jobs, [&](const PlannedJob& job) {
    return job.spec.kind == JobKind::kTrain && !history.done.contains(job.key) &&
           !history.dead.contains(job.key);
  });
}

}  // namespace

PlanReport ReportPlan(const PlanOutput& output, const StoreHistory& history,
                      const WidthOfModel& width_of) {
  constexpr std::int64_t kCheckpointSets = 4;  // weights, Adam's two moments, the best weights
  Sizes sizes(output, width_of);
  const bool trains_more = TrainsMore(output, history);
  PlanReport report;
  report.folds = static_cast<std::int64_t>(output.plan.uses.size());
  report.jobs = static_cast<std::int64_t>(output.plan.jobs.size());
  std::set<std::string> datasets;  // of what remains
  report.shared = report.folds;
  if (trains_more && history.done.empty()) report.remaining_bytes += kStoreBytes;
  for (const PlannedJob& job : output.plan.jobs) {
    if (job.spec.kind == JobKind::kTrain) --report.shared;
    PlanReport::Count& count = report.kinds[std::string(Name(job.spec.kind))];
    ++count.jobs;
    if (history.done.contains(job.key)) {
      ++count.done;
      ++report.done;
      continue;
    }
    if (history.dead.contains(job.key)) {
      ++report.dead;
      continue;
    }
    if (!trains_more) continue;
    ++count.remaining;
    ++report.remaining;
    const bool trains = job.spec.kind == JobKind::kTrain;
    const std::int64_t bytes = trains ? sizes.WeightBytes(job.spec) : 0;
    report.checkpoint_bytes = std::max(report.checkpoint_bytes, 2 * kCheckpointSets * bytes);
    if (!trains) report.remaining_bytes += sizes.FeatureBytes(job.spec);
    if (datasets.insert(job.spec.dataset).second) {
      report.remaining_bytes += static_cast<std::int64_t>(output.blobs.at(job.spec.dataset).size());
    }
    if (job.keep_best) report.remaining_bytes += bytes;
    report.remaining_bytes += sizes.RowsOf(job.spec);
    const auto pace = history.paces.find(PaceKey(job.spec));
    if (pace == history.paces.end()) {
      ++report.unlike;
    } else {
      report.least_seconds += pace->second;
    }
  }
  if (report.unlike == 0) report.remaining_seconds = report.least_seconds;
  return report;
}

Json PlanReportJson(const PlanOutput& output, const PlanReport& report) {
  Json kinds = Json::object();
  for (const auto& [kind, count] : report.kinds) {
    kinds[kind] = {{"jobs", count.jobs}, {"done", count.done}};
  }
  return {{"sweep", output.plan.sweep},
          {"config_sha256", output.plan.config_sha256},
          {"kinds", std::move(kinds)},
          {"folds", report.folds},
          {"jobs", report.jobs},
          {"shared", report.shared},
          {"done", report.done},
          {"failed", report.dead},
          {"remaining", report.remaining},
          {"remaining_bytes", report.remaining_bytes},
          {"checkpoint_bytes", report.checkpoint_bytes},
          {"remaining_seconds", OrNull(report.remaining_seconds)},
          {"notes", output.notes},
          {"config", output.config}};
}

}  // namespace unmask
