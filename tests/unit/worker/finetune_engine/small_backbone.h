// Small backbones before the small model of ../reference_engine, by the formulas of
// finetune_values.py.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/base/files.h"
#include "common/config/names.h"
#include "tests/unit/worker/reference_engine/small_model.h"
#include "worker/backbone/tuned.h"
#include "worker/trainer/train_job.h"

namespace unmask::testing {

inline std::vector<float> FormulaWeights(const WantedTensor& wanted) {
  const int number = std::accumulate(wanted.name.begin(), wanted.name.end(), 0);
  std::int64_t count = 1;
  for (const std::int64_t extent : wanted.shape) count *= extent;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = 0.4 * std::sin(0.7 * static_cast<double>(i) + number);
    values.push_back(static_cast<float>(wanted.name.ends_with("running_var") ? 1 + value : value));
  }
  return values;
}

inline std::vector<float> FormulaPixels(std::int64_t clips, int side) {
  std::vector<float> pixels;
  for (std::int64_t clip = 0; clip < clips; ++clip) {
    for (int i = 0; i < 3 * side * side; ++i) {
      const auto c = static_cast<double>(clip);
      pixels.push_back(static_cast<float>(2 * std::sin((0.11 + 0.06 * c) * i + 1.7 * c)));
    }
  }
  return pixels;
}

// One of finetune_values.json.
struct SmallCase {
  explicit SmallCase(std::size_t number) {
    static const nlohmann::json cases = nlohmann::json::parse(
        ReadFile(UNMASK_SOURCE_DIR "/tests/unit/worker/finetune_engine/finetune_values.json")
            .value());
    expected = cases.at(number);
    for (const auto& task : expected["tasks"])
      tasks.push_back(*FromName<Task>(task.get<std::string>()));
    settings.features.finetune = true;
    settings.model.adapter = kAdapter;
    settings.model.stream = kStream;
    settings.loss.alpha = expected["alpha"];
    settings.loss.hsic = *FromName<HsicKind>(expected["hsic"].get<std::string>());
    settings.train.lr = 0.01;
    settings.train.weight_decay = 0.05;
    MakeFold();
    shape = ShapeOf(settings, fold);
    weights = SmallWeights(shape);
    weights.insert(fold.backbone->weights.begin(), fold.backbone->weights.end());
  }

  void MakeFold() {
    const int side = expected["side"];
    TunedBackbone backbone{ReadBackboneConfig(expected["config"].dump(), "config.json").value(),
                           expected["projected"] ? ClipFeature::kProjected : ClipFeature::kPooled,
                           {side, side},
                           {}};
    const std::vector<Layout> layouts = LayoutsOf(backbone.config);
    for (const WantedTensor& wanted : layouts.front()) {
      if (wanted.optional && !expected["projected"]) continue;
      const std::string name = std::string(kBackbonePrefix) + wanted.role;
      backbone.weights[name] = {wanted.shape, FormulaWeights(wanted)};
      saved_names[name] = std::string(kBackbonePrefix) + wanted.name;
    }
    fold = SmallFold(tasks);
    fold.width = std::int64_t{3} * side * side;
    fold.inputs = std::make_shared<TableInputs>(FormulaPixels(kClips, side));
    fold.backbone = std::make_shared<TunedBackbone>(std::move(backbone));
  }

  // Under the name that Python has for it.
  std::string SavedName(const std::string& name) const {
    const auto found = saved_names.find(name);
    return found == saved_names.end() ? name : found->second;
  }

  nlohmann::json expected;
  std::vector<Task> tasks;
  Settings settings;
  FoldData fold;
  ModelShape shape;
  NamedTensors weights;
  std::map<std::string, std::string> saved_names;
};

inline constexpr std::size_t kSmallCases = 3;

}  // namespace unmask::testing
