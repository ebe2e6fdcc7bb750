#include "worker/trainer/measures.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "worker/model/constants.h"

namespace unmask {
namespace {

double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Rows as doubles of unit length; a zero row stays zero.
std::vector<std::vector<double>> UnitRows(std::span<const float> values, std::size_t clips) {
  const std::size_t width = values.size() / clips;
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < clips; ++i) {
    const auto row = values.subspan(i * width, width);
    rows.emplace_back(row.begin(), row.end());
    const double norm = std::max(std::sqrt(Dot(rows.back(), rows.back())), kUnitEpsilon);
    for (double& value : rows.back()) value /= norm;
  }
  return rows;
}

// RBF kernel matrix with sigma 1, [clips * clips].
std::vector<double> RbfMatrix(const std::vector<std::vector<double>>& rows) {
  std::vector<double> matrix;
  matrix.reserve(rows.size() * rows.size());
  for (const auto& a : rows) {
    for (const auto& b : rows) {
      double squared_distance = 0;
      for (std::size_t d = 0; d < a.size(); ++d) squared_distance += (a[d] - b[d]) * (a[d] - b[d]);
      matrix.push_back(std::exp(-squared_distance / 2));
    }
  }
  return matrix;
}

}  // namespace

std::int32_t PredictedClass(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void AddScore(std::span<const float> logits, std::span<const std::int64_t> clips,
              std::span<const std::int64_t> labels, TaskScore& score) {
  const std::size_t classes = logits.size() / clips.size();
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto row = logits.subspan(i * classes, classes);
    const std::int64_t label = labels[static_cast<std::size_t>(clips[i])];
    const double greatest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float logit : row) sum += std::exp(logit - greatest);
    score.loss_sum += std::log(sum) + greatest - row[static_cast<std::size_t>(label)];
    score.correct += PredictedClass(row) == label ? 1 : 0;
    ++score.clips;
  }
}

double BiasedHsic(std::span<const float> x, std::span<const float> y, std::size_t clips) {
  UNMASK_CHECK(clips > 1 && x.size() == y.size());
  const std::vector<double> k = RbfMatrix(UnitRows(x, clips));
  const std::vector<double> l = RbfMatrix(UnitRows(y, clips));
  const auto n = static_cast<double>(clips);
  std::vector<double> l_means(clips, 0);  // of rows; of columns too, for L is symmetric
  double l_mean = 0;
  for (std::size_t i = 0; i < clips; ++i) {
    for (std::size_t j = 0; j < clips; ++j) l_means[i] += l[i * clips + j] / n;
    l_mean += l_means[i] / n;
  }
  double trace = 0;
  for (std::size_t i = 0; i < clips; ++i) {
    for (std::size_t j = 0; j < clips; ++j) {
      trace += k[i * clips + j] * (l[i * clips + j] - l_means[i] - l_means[j] + l_mean);
    }
  }
  return std::max(0.0, trace) / ((n - 1) * (n - 1));  // rounding may make a zero negative
}

double MeanCosine(std::span<const float> x, std::span<const float> y, std::size_t clips) {
  UNMASK_CHECK(clips > 0 && x.size() == y.size());
  const auto a = UnitRows(x, clips);
  const auto b = UnitRows(y, clips);
  double sum = 0;
  for (std::size_t i = 0; i < clips; ++i) sum += Dot(a[i], b[i]);
  return sum / static_cast<double>(clips);
}

}  // namespace unmask
