// A model and batch small enough to check number by number, by the formulas of pytorch_values.py.
#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "worker/model/fold.h"
#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask::testing {

inline constexpr std::int64_t kFeatures = 6;
inline constexpr std::int64_t kAdapter = 5;
inline constexpr std::int64_t kStream = 4;
inline constexpr std::int64_t kClips = 7;

inline ModelShape SmallShape(const std::vector<Task>& tasks) {
  ModelShape shape{kFeatures, kAdapter, kStream, {}};
  for (const Task task : tasks) shape.heads.push_back({task, task == Task::kTer ? 3 : 2});
  return shape;
}

inline FoldData SmallFold(const std::vector<Task>& tasks) {
  FoldData fold;
  fold.width = kFeatures;
  std::vector<float> features;
  for (std::int64_t row = 0; row < kClips; ++row) {
    fold.samples.push_back("clip" + std::to_string(row));
    for (std::int64_t column = 0; column < kFeatures; ++column) {
      features.push_back((5 * row + 3 * column) % 7 < 3 ? 1.0F : 0.0F);
    }
  }
  fold.inputs = std::make_shared<TableInputs>(std::move(features));
  for (const Task task : tasks) {
    TaskLabels labels{task, {"a", "b"}, {}};
    if (task == Task::kTer) labels.classes.emplace_back("c");
    for (std::int64_t row = 0; row < kClips; ++row) {
      labels.labels.push_back(task == Task::kTer ? (2 * row + 1) % 3 : row / 2 % 2);
    }
    fold.tasks.push_back(std::move(labels));
  }
  return fold;
}

inline std::vector<std::int64_t> AllClips() {
  std::vector<std::int64_t> clips(kClips);
  std::iota(clips.begin(), clips.end(), 0);
  return clips;
}

// Parameter p of the sorted names has element i at 0.6 sin(1.3 i + 0.7 p + 0.1).
inline NamedTensors SmallWeights(const ModelShape& shape) {
  NamedTensors weights = InitialWeights(shape, 0, "");
  int p = 0;
  for (auto& [name, tensor] : weights) {
    if (name.find(".running_") != std::string::npos) continue;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      tensor.values[i] =
          static_cast<float>(0.6 * std::sin(1.3 * static_cast<double>(i) + 0.7 * p + 0.1));
    }
    ++p;
  }
  return weights;
}

// Clip 2's streams are all dropped: a zero vector.
inline std::vector<float> SmallMask(std::int64_t width, std::int64_t offset) {
  std::vector<float> mask;
  for (std::int64_t row = 0; row < kClips; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      const bool dropped = (7 * row + 3 * column + offset) % 4 == 0;
      mask.push_back(dropped || (row == 2 && width == kStream) ? 0.0F : 2.0F);
    }
  }
  return mask;
}

inline DropoutMasks SmallMasks(const std::vector<Task>& tasks) {
  DropoutMasks masks{SmallMask(kAdapter, 0), {}};
  for (const Task task : tasks) {
    masks.streams.push_back(SmallMask(kStream, task == Task::kTer ? 1 : 2));
  }
  return masks;
}

}  // namespace unmask::testing
