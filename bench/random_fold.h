// What the benchmarks of engines train on: uniform features, and both tasks with random labels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/random/philox.h"
#include "worker/model/fold.h"
#include "worker/model/inputs.h"

namespace unmask {

inline FoldData RandomFold(std::uint32_t clips, std::int64_t width, std::uint32_t classes) {
  const RandomStream stream(0, "", "bench");
  FoldData fold;
  fold.width = width;
  std::vector<float> features(static_cast<std::size_t>(clips * width));
  stream.FillUniform(0, 0, features);
  fold.inputs = std::make_shared<TableInputs>(std::move(features));
  for (const Task task : {Task::kTer, Task::kDer}) {
    TaskLabels labels{task, std::vector<std::string>(classes), {}};
    for (std::uint32_t clip = 0; clip < clips; ++clip) {
      labels.labels.push_back(stream.Below(classes, static_cast<std::uint32_t>(task), clip, 0));
    }
    fold.tasks.push_back(std::move(labels));
  }
  return fold;
}

}  // namespace unmask
