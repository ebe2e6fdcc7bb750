// The model (docs/model.md) as names and shapes:
//   adapter: Linear, BatchNorm1d, ReLU, Dropout -> one stream a task: the same, then a classifier.
// Parameters: adapter.linear.{weight,bias}, adapter.norm.{weight,bias}, and likewise
// TASK.linear..., TASK.norm..., TASK.classifier.{weight,bias}; buffers:
// LAYER.norm.running_{mean,var}. A single-task model is a DSID with one stream, under the same
// names, so it starts from the same weights.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"
#include "common/random/philox.h"
#include "worker/model/named_tensors.h"

namespace unmask {

struct ModelShape {
  struct Head {
    Task task = Task::kTer;
    std::int64_t classes = 0;
    bool operator==(const Head&) const = default;
  };
  std::int64_t features = 0;
  std::int64_t adapter = 0;
  std::int64_t stream = 0;
  std::vector<Head> heads;  // one (single-task) or two (ter, der)
  // Instead of layers, tokens that are learnt for each task (worker/clip_engine): TASK.context
  // [context, width]. At context 0 nothing is learnt, and there are no tensors.
  struct Prompt {
    std::int64_t context = 0;
    std::int64_t width = 0;  // of CLIP's embeddings of tokens
    bool operator==(const Prompt&) const = default;
  };
  std::optional<Prompt> prompt = std::nullopt;
  // A backbone that is trained with the rest: its tensors, backbone/ROLE (worker/backbone/tuned.h).
  std::map<std::string, std::vector<std::int64_t>> backbone = {};
  bool operator==(const ModelShape&) const = default;
};

// Whether a tensor of a model is BatchNorm's, which no optimiser moves.
bool IsBuffer(std::string_view name);

// PyTorch's defaults: Linear weight and bias U(-1/sqrt(fan_in), 1/sqrt(fan_in)), BatchNorm weight 1
// and bias 0, running mean 0 and variance 1. A prompt's tokens have CoOp's standard deviation of
// 0.02 (Zhou et al. 2022), uniform. Drawn by (seed, fold, parameter's name, element). A backbone's
// tensors are not among them: they are given.
NamedTensors InitialWeights(const ModelShape& shape, std::int64_t seed, std::string_view fold);

// What a step's masks are drawn from, for an engine that does it itself: a layer's element (row
// width + column) is dropped where the upper 24 bits of its number (RandomStream) are below
// `least`.
struct DropoutNumbers {
  std::uint32_t epoch = 0;
  std::uint32_t step = 0;
  std::int32_t least = 0;
  PhiloxKey adapter{};
  std::vector<PhiloxKey> streams;  // one a head
};

// What a Dropout layer multiplies with: 0, or 1/(1-p). Row-major [batch, width].
struct DropoutMasks {
  std::vector<float> adapter;
  std::vector<std::vector<float>> streams;  // one a head
  DropoutNumbers numbers = {};
};

// What a Dropout layer multiplies with where it drops nothing: 1/(1-p).
float KeptScale(double dropout);

// Masks as functions of (seed, fold, layer, epoch, step, element); reuses its buffers.
class MaskMaker {
 public:
  MaskMaker(const ModelShape& shape, double dropout, std::int64_t seed, std::string_view fold);
  // Valid until the next call.
  const DropoutMasks& Make(std::int64_t epoch, std::int64_t step, std::int64_t batch);
  // The numbers alone, without the masks.
  const DropoutMasks& Numbers(std::int64_t epoch, std::int64_t step);

 private:
  void Fill(const RandomStream& stream, std::uint32_t epoch, std::uint32_t step, std::int64_t size,
            std::vector<float>& mask) const;

  ModelShape shape_;
  float dropout_;
  float kept_;
  RandomStream adapter_;
  std::vector<RandomStream> streams_;
  DropoutMasks masks_;
};

}  // namespace unmask
