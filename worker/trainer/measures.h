// Figures of logits and features, in double precision and a fixed order of summation. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace unmask {

struct TaskScore {
  double loss_sum = 0;  // cross-entropy
  std::int64_t correct = 0;
  std::int64_t clips = 0;
};

// The class of the greatest logit, the first of equals.
std::int32_t PredictedClass(std::span<const float> logits);

// Adds clips to a score. `logits` [clips, classes] row-major; `labels` [fold's clips], of which row
// i belongs to clips[i].
void AddScore(std::span<const float> logits, std::span<const std::int64_t> clips,
              std::span<const std::int64_t> labels, TaskScore& score);

// Of two streams' features [clips, width], L2-normalised as in the loss: the biased HSIC estimator
// tr(KHLH)/(n-1)^2 with RBF kernels of sigma 1. Of at least two clips.
double BiasedHsic(std::span<const float> x, std::span<const float> y, std::size_t clips);

// Mean over clips of the cosine between the streams; 0 where one is the zero vector.
double MeanCosine(std::span<const float> x, std::span<const float> y, std::size_t clips);

}  // namespace unmask
