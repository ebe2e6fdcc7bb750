#include "worker/model/class_weights.h"

#include <algorithm>

namespace unmask {
namespace {

std::size_t ClassOf(const TaskLabels& task, std::int64_t clip) {
  return static_cast<std::size_t>(task.labels[static_cast<std::size_t>(clip)]);
}

}  // namespace

std::vector<float> BalancedWeights(const TaskLabels& task, std::span<const std::int64_t> train) {
  std::vector<std::int64_t> counts(task.classes.size());
  for (const std::int64_t clip : train) ++counts[ClassOf(task, clip)];
  const auto present = std::ssize(counts) - std::ranges::count(counts, 0);
  std::vector<float> weights;
  weights.reserve(counts.size());
  for (const std::int64_t count : counts) {
    const auto even = static_cast<double>(train.size()) / static_cast<double>(present);
    weights.push_back(count == 0 ? 0 : static_cast<float>(even / static_cast<double>(count)));
  }
  return weights;
}

std::vector<float> SharesOf(const TaskLabels& task, std::span<const std::int64_t> clips) {
  const auto weight = [&](std::int64_t clip) {
    return task.class_weights.empty() ? 1.0 : task.class_weights[ClassOf(task, clip)];
  };
  double sum = 0;
  for (const std::int64_t clip : clips) sum += weight(clip);
  std::vector<float> shares;
  shares.reserve(clips.size());
  for (const std::int64_t clip : clips) shares.push_back(static_cast<float>(weight(clip) / sum));
  return shares;
}

}  // namespace unmask
