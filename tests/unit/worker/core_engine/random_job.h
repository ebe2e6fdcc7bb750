// Models and batches of any shape, drawn by number.
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "common/config/names.h"
#include "common/random/philox.h"
#include "worker/model/engine.h"

namespace unmask::testing {

struct RandomJob {
  std::int64_t features = 75;
  std::int64_t adapter = 130;
  std::int64_t stream = 37;
  std::int64_t classes = 3;
  std::int64_t batch = 32;
  std::vector<Task> tasks = {Task::kTer, Task::kDer};
  Settings::Loss loss = {};
  bool multi_hot = true;  // features of 0 and 1, mostly 0; else any numbers
  double dropout = 0.5;
  bool class_weights = false;  // a quarter, 1, 4, ... in turn
};

inline std::ostream& operator<<(std::ostream& out, const RandomJob& job) {
  return out << job.features << '/' << job.adapter << '/' << job.stream << " classes "
             << job.classes << " batch " << job.batch << " heads " << job.tasks.size() << " alpha "
             << job.loss.alpha << " beta " << job.loss.beta << ' ' << Name(job.loss.hsic) << ' '
             << Name(job.loss.kernel) << " sigma " << job.loss.sigma << " dropout " << job.dropout
             << (job.class_weights ? " class weights" : "");
}

inline ModelShape ShapeOf(const RandomJob& job) {
  ModelShape shape{job.features, job.adapter, job.stream, {}};
  for (const Task task : job.tasks) shape.heads.push_back({task, job.classes});
  return shape;
}

inline Settings SettingsOf(const RandomJob& job) {
  Settings settings;
  settings.loss = job.loss;
  settings.train.batch = job.batch;
  settings.train.dropout = job.dropout;
  return settings;
}

// Twice as many clips as a batch has.
inline FoldData FoldOf(const RandomJob& job) {
  FoldData fold;
  fold.width = job.features;
  const auto clips = static_cast<std::size_t>(2 * job.batch);
  fold.samples.resize(clips);
  std::vector<float> features(clips * static_cast<std::size_t>(job.features));
  RandomStream(1, "", "features").FillUniform(0, 0, features);
  for (float& x : features) {
    x = job.multi_hot ? static_cast<float>(x < 0.08F) : std::sqrt(12.0F) * (x - 0.5F);
  }
  fold.inputs = std::make_shared<TableInputs>(std::move(features));
  const RandomStream labels(1, "", "labels");
  for (const Task task : job.tasks) {
    TaskLabels& to = fold.tasks.emplace_back();
    to.task = task;
    to.classes.resize(static_cast<std::size_t>(job.classes));
    for (std::int64_t i = 0; job.class_weights && i < job.classes; ++i) {
      to.class_weights.push_back(std::pow(4.0F, static_cast<float>(i % 3 - 1)));
    }
    for (std::uint32_t i = 0; i < clips; ++i) {
      to.labels.push_back(labels.Below(static_cast<std::uint32_t>(job.classes), 0,
                                       static_cast<std::uint32_t>(task), i));
    }
  }
  return fold;
}

// As a training starts, but for BatchNorm: there every scale, shift and statistic is its own.
inline NamedTensors WeightsOf(const RandomJob& job) {
  NamedTensors weights = InitialWeights(ShapeOf(job), 1, "");
  for (auto& [name, tensor] : weights) {
    if (name.find(".norm.") == std::string::npos) continue;
    std::vector<float> noise(tensor.values.size());
    RandomStream(1, "", name).FillUniform(0, 0, noise);
    for (std::size_t i = 0; i < noise.size(); ++i) tensor.values[i] += noise[i] - 0.3F;
  }
  return weights;
}

inline std::vector<std::int64_t> BatchOf(const RandomJob& job, std::int64_t step) {
  std::vector<std::int64_t> clips(static_cast<std::size_t>(job.batch));
  std::iota(clips.begin(), clips.end(), 0);
  for (std::int64_t& clip : clips) clip = (3 * clip + 5 * step) % (2 * job.batch);
  return clips;
}

// Runs `engine` over steps [from, to); returns the last loss.
inline float RunSteps(const RandomJob& job, Engine& engine, std::int64_t from, std::int64_t to) {
  MaskMaker masks(ShapeOf(job), job.dropout, 1, "");
  float loss = 0;
  for (std::int64_t step = from; step < to; ++step) {
    loss = engine.Step(0, BatchOf(job, step), masks.Make(0, step, job.batch)).loss;
  }
  return loss;
}

// Every kind of loss, shapes that fill vectors and panels and shapes that do not, and batches from
// the least on.
inline std::vector<RandomJob> AllKindsOfJobs() {
  std::vector<RandomJob> jobs;
  for (const HsicKind hsic : {HsicKind::kPaper, HsicKind::kBiased, HsicKind::kUnbiased}) {
    for (const KernelKind kernel : {KernelKind::kRbf, KernelKind::kLinear}) {
      for (const double alpha : {0.5, 50.0}) jobs.push_back({.loss = {alpha, 1, hsic, kernel, 1}});
      jobs.push_back({.batch = 4, .loss = {0.5, 0.3, hsic, kernel, 0.7}});
      jobs.push_back({.batch = 35, .loss = {2, 1, hsic, kernel, 2}, .multi_hot = false});
    }
  }
  // Narrow: each clip's own entry of the kernel matrix is far above the others'.
  jobs.push_back({.loss = {0.5, 1, HsicKind::kBiased, KernelKind::kRbf, 0.001}});
  for (const std::int64_t batch : {2, 3, 5, 16, 31, 33, 64, 65}) jobs.push_back({.batch = batch});
  jobs.push_back({.batch = 5, .multi_hot = false});
  jobs.push_back({.loss = {.alpha = 0}});
  jobs.push_back({.loss = {.alpha = 0, .beta = 0}});
  jobs.push_back({.tasks = {Task::kDer}});
  jobs.push_back({.class_weights = true});
  jobs.push_back({.batch = 5, .loss = {2, 0.3, HsicKind::kBiased}, .class_weights = true});
  jobs.push_back({.classes = 30, .batch = 35, .tasks = {Task::kTer}, .class_weights = true});
  jobs.push_back({.features = 1, .adapter = 1, .stream = 1, .classes = 2, .dropout = 0});
  jobs.push_back({.features = 33, .adapter = 16, .stream = 17, .classes = 30, .dropout = 0.1});
  jobs.push_back({.features = 64, .adapter = 600, .stream = 256, .classes = 7, .multi_hot = false});
  return jobs;
}

}  // namespace unmask::testing
