#include "cli/preflight.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <unordered_set>

#include "cli/launcher.h"
#include "common/base/all_problems.h"
#include "common/base/process.h"
#include "common/base/shared_module.h"
#include "common/config/task_title.h"
#include "common/data/dataset.h"
#include "common/jobs/feature_jobs.h"
#include "sql/store_reader.h"
#include "worker/backbone/backbone.h"
#include "worker/backbone/model_for.h"
#include "worker/clip_text/text_side.h"
#include "worker/clip_text/vocabulary.h"
#include "worker/faces/face_cropper.h"
#include "worker/faces/picture.h"
#include "worker/model/split.h"

namespace unmask {
namespace {

std::unordered_set<std::string> DoneJobs(const fs::path& store) {
  const StorePaths paths{store};
  if (!StoreReader::Exists(paths)) return {};
  const auto reader = StoreReader::Open(paths);
  if (!reader.ok()) return {};  // the run will say so
  auto done = (*reader)->KeysOf(JobState::kDone);
  return done.ok() ? *std::move(done) : std::unordered_set<std::string>();
}

// Of a run's own making all workers are on this processor.
Status CheckPrecision(const Settings& settings) {
  const bool wanted = settings.features.precision == Precision::kBfloat16;
  return wanted && !MultipliesBfloat16() && !UnderMpi() ? NoBfloat16() : Status();
}

Status CheckModel(const JobSpec& spec, const ModelData& data) {
  UNMASK_TRY(CheckPrecision(spec.settings));
  if (!data.files.empty()) return {};  // our own
  const auto model = OpenModelFor(spec.settings.features, data.folder);
  if (!model.ok()) return model.error();
  return {};
}

Status CheckDetector(const JobSpec& spec, const PlanOutput& planned) {
  Settings::Faces faces = spec.settings.faces;
  if (!spec.detector.empty()) faces.yunet = planned.detectors.at(spec.detector).string();
  const auto cropper = MakeFaceCropper(faces);
  if (!cropper.ok()) return cropper.error();
  return {};
}

Status Decode(const std::vector<FrameRef>& frames) {
  AllProblems problems;
  for (const Status& one : TryPictures(frames, static_cast<unsigned>(UsableCores()))) {
    problems.Add(one);
  }
  return problems.status();
}

// Whether CLIP's text side, its tokenizer and the names of the classes go together.
Status CheckPrompts(const JobSpec& spec, const TextSide& text, const Dataset& dataset) {
  for (const Task task : kTasks) {
    const auto classes = ClassesOf(task, dataset);
    const auto prompts = spec.settings.model.kind == ModelKind::kClipPrompt
                             ? LearntPrompts(text, kContextTokens, classes)
                             : ZeroShotPrompts(text, task, classes);
    if (!prompts.ok()) return prompts.error();
  }
  return {};
}

// What trainings open themselves, once for each kind: a backbone that no feature job opens for
// them, and CLIP's text side.
Status CheckTrainings(const PlanOutput& planned) {
  AllProblems problems;
  std::set<std::string> looked_at;
  std::map<std::string, std::shared_ptr<const TextSide>> texts;  // by weights
  for (const JobSpec& spec : planned.trainings) {
    if (!SeesPictures(spec.settings)) continue;
    const ModelData& model = planned.models.at(spec.weights);
    const bool alone = !ReadsBank(spec.settings);
    if (alone && looked_at.insert(spec.weights).second) problems.Add(CheckModel(spec, model));
    const bool reads = ReadsText(spec.settings) && model.files.empty();
    const std::string prompts =
        fmt::format("{} as {} of {}", spec.dataset, Name(spec.settings.model.kind), spec.weights);
    if (reads && looked_at.insert(prompts).second) {
      auto& text = texts[spec.weights];
      if (!text) {
        auto opened = OpenTextSide(model.folder, BesideProgram(kStandardMergesFile));
        problems.Add(opened);
        if (!opened.ok()) continue;
        text = *std::move(opened);
      }
      problems.Add(CheckPrompts(spec, *text, planned.datasets.at(spec.dataset)));
    }
  }
  return problems.status();
}

Status CheckFeatures(const PlanOutput& planned, const fs::path& store) {
  const auto& jobs = planned.plan.jobs;
  if (jobs.empty() || jobs.front().spec.kind != JobKind::kFeatures) return {};
  const auto done = DoneJobs(store);
  AllProblems problems;
  for (const PlannedJob& job : jobs) {
    if (job.spec.kind != JobKind::kFeatures) break;  // they come first
    if (done.contains(job.key)) continue;
    if (job.spec.view == kPlainView) {
      problems.Add(CheckModel(job.spec, planned.models.at(job.spec.weights)));
    }
    const auto frames = planned.frames.find(job.spec.dataset);
    if (job.spec.view == kCropsView) problems.Add(CheckDetector(job.spec, planned));
    if (job.spec.view == kCropsView && frames != planned.frames.end()) {
      problems.Add(Decode(frames->second));
    }
  }
  return problems.status();
}

}  // namespace

Status CheckFolds(const PlanOutput& planned) {
  AllProblems problems;
  std::set<std::string> looked_at;  // a grid's points mostly have the same folds
  for (const JobSpec& spec : planned.trainings) {
    const Settings& settings = spec.settings;
    const std::string folds =
        fmt::format("{} {} {} {}", spec.dataset, Name(settings.train.validation),
                    Name(TasksOf(settings).front()), LeastBatch(settings));
    if (!looked_at.insert(folds).second) continue;
    for (Problem& problem : FoldProblems(spec, planned.datasets.at(spec.dataset))) {
      if (!settings.dataset.manifest.empty() && problem.where == "dataset") {
        problem.where = settings.dataset.manifest;
      }
      problems.Add(ErrorCode::kData, std::move(problem));
    }
  }
  return problems.status();
}

Status CheckPlanned(const PlanOutput& planned, const fs::path& store) {
  UNMASK_TRY(CheckFolds(planned));
  UNMASK_TRY(CheckFeatures(planned, store));
  return CheckTrainings(planned);
}

}  // namespace unmask
