#include "coordinator/plan/runnable.h"

#include <fmt/format.h>

#include <functional>

#include "common/config/names.h"
#include "common/jobs/feature_jobs.h"
#include "coordinator/plan/model_source.h"

namespace unmask {
namespace {

using Complain = std::function<void(std::string what, std::string expected)>;

void CheckText(const Settings& settings, const Complain& complain) {
  const ModelKind model = settings.model.kind;
  if (model != ModelKind::kClipZeroShot && model != ModelKind::kClipPrompt) return;
  const std::string kind(Name(model));
  const auto unless = [&](bool good, const std::string& key, std::string_view value,
                          const char* expected) {
    if (!good) complain(fmt::format("{}={} with model.kind={}", key, value, kind), expected);
  };
  const FeatureSource source = settings.features.source;
  unless(source == FeatureSource::kClip, "features.source", Name(source), "clip");
  unless(!settings.features.finetune, "features.finetune", "true",
         "false: prompts are learnt alone");
  const EngineKind engine = settings.train.engine;
  unless(engine == EngineKind::kAuto || engine == EngineKind::kReference, "train.engine",
         Name(engine), "auto or reference");
}

void CheckFinetune(const Settings& settings, const Complain& complain) {
  if (!settings.features.finetune) return;
  if (!SeesPictures(settings)) {
    complain("features.finetune=true without a backbone", "features.source=vit, clip or resnet18");
  }
  const EngineKind engine = settings.train.engine;
  if (engine != EngineKind::kAuto && engine != EngineKind::kReference) {
    complain(fmt::format("train.engine={} with features.finetune=true", Name(engine)),
             "train.engine=auto or reference");
  }
  if (settings.features.precision != Precision::kFloat32) {
    complain("features.precision=bfloat16 with features.finetune=true", "float32");
  }
}

void CheckDevice(const Settings& settings, const Complain& complain) {
  if (settings.train.device != DeviceKind::kCuda) return;
  if (settings.train.engine == EngineKind::kCore) {
    complain("train.engine=core runs on CPUs alone", "train.engine=lanes, or train.device=cpu");
  }
  if (SeesPictures(settings) && settings.features.precision != Precision::kFloat32) {
    complain("features.precision=bfloat16 with train.device=cuda", "float32");
  }
}

// Several devices share the batches of a backbone that is trained; all else is too small for it.
void CheckGang(const Settings& settings, const Complain& complain) {
  const std::int64_t devices = settings.train.devices;
  if (devices == 1) return;
  const std::string what = fmt::format("train.devices={}", devices);
  if (!settings.features.finetune) {
    complain(what + " without features.finetune=true", "1: other jobs run beside one another");
  }
  if (settings.train.batch < devices) {
    complain(fmt::format("{} with train.batch={}", what, settings.train.batch),
             "a batch of at least one clip a device");
  }
}

// A folder for every backbone, and where it may be had.
void CheckWeights(const Settings& settings, const Complain& complain) {
  if (!SeesPictures(settings) || settings.weights.synth > 0) return;
  const auto& [key, folder, example] = ModelSettingOf(settings);
  if (!folder.empty()) return;
  complain(fmt::format("{} names no model folder", key),
           fmt::format("{}=FOLDER with the files of huggingface.co/{}", key, example));
}

}  // namespace

std::vector<Problem> WhyNotRunnable(const Settings& settings, const std::string& where) {
  std::vector<Problem> problems;
  const Complain complain = [&](std::string what, std::string expected) {
    problems.push_back({std::move(what), where, std::move(expected)});
  };
  CheckText(settings, complain);
  CheckFinetune(settings, complain);
  CheckDevice(settings, complain);
  CheckGang(settings, complain);
  CheckWeights(settings, complain);
  if (settings.features.source == FeatureSource::kTable && settings.features.table.empty()) {
    complain("features.source=table names no table", "features.table=FILE.csv");
  }
  const bool unbiased = settings.model.kind == ModelKind::kDsid && settings.loss.alpha > 0 &&
                        settings.loss.hsic == HsicKind::kUnbiased;
  if (unbiased && settings.train.batch < 4) {
    complain(
        fmt::format("train.batch={} is too small for loss.hsic=unbiased", settings.train.batch),
        "a batch of at least 4 clips");
  }
  return problems;
}

}  // namespace unmask
