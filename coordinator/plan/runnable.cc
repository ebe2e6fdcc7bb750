#include "coordinator/plan/runnable.h"

#include <fmt/format.h>

#include "common/config/names.h"

namespace unmask {

std::vector<Problem> WhyNotRunnable(const Settings& settings, const std::string& where) {
  std::vector<Problem> problems;
  const auto later = [&](bool asked, std::string_view key, std::string_view value,
                         const char* expected) {
    if (!asked) return;
    problems.push_back(
        {fmt::format("{}={} is not available in this version", key, value), where, expected});
  };
  const auto& [dataset, features, faces, weights, augment, model, loss, train, store] = settings;
  later(features.source != FeatureSource::kActionUnits, "features.source", Name(features.source),
        "action-units");
  later(features.finetune, "features.finetune", "true", "false");
  later(model.kind != ModelKind::kDsid && model.kind != ModelKind::kSingleTask, "model.kind",
        Name(model.kind), "dsid or single-task");
  later(train.devices > 1, "train.devices", std::to_string(train.devices), "1");
  const bool lanes = train.engine == EngineKind::kLanes || train.engine == EngineKind::kAuto;
  if (train.device == DeviceKind::kCuda && !lanes) {
    problems.push_back({fmt::format("train.engine={} runs on CPUs alone", Name(train.engine)),
                        where, "train.engine=lanes, or train.device=cpu"});
  }
  const bool unbiased =
      model.kind == ModelKind::kDsid && loss.alpha > 0 && loss.hsic == HsicKind::kUnbiased;
  if (unbiased && train.batch < 4) {
    problems.push_back(
        {fmt::format("train.batch={} is too small for loss.hsic=unbiased", train.batch), where,
         "a batch of at least 4 clips"});
  }
  return problems;
}

}  // namespace unmask
