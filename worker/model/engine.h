// An engine holds one job's model and optimiser and does the arithmetic. `reference` is libtorch's
// autograd; faster ones are tested against it. No tensors of libtorch in this interface: few files
// compile against it. One thread owns an Engine.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "common/config/settings.h"
#include "worker/model/fold.h"
#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask {

struct StepOutcome {
  float loss = 0;                          // the total, over the batch
  std::vector<std::vector<float>> logits;  // [heads][batch, classes], as trained
};

struct Evaluation {
  std::vector<std::vector<float>> logits;  // [heads][clips, classes]
  // [heads][clips, stream]: what the classifiers see. Without heads where the model has no streams.
  std::vector<std::vector<float>> streams;
};

// What a step threw that was of several jobs at once: none of them is known to be its cause.
struct SharedStepFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Forward, backward and one Adam step over these clips (places in the fold) as `view` shows
  // them. Where the loss is not finite the weights are of no more use.
  virtual StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                           const DropoutMasks& masks) = 0;

  // Whether Step() draws the masks itself, from their numbers: nobody else needs to make them.
  virtual bool DrawsMasks() const { return false; }

  // Of the plain view, in evaluation mode, in blocks of a fixed number of rows, so that a clip's
  // numbers do not depend on how many others there are.
  virtual Evaluation Evaluate(std::span<const std::int64_t> clips) = 0;
  // The same without the streams, where they take time to fetch.
  virtual Evaluation EvaluateLogits(std::span<const std::int64_t> clips) { return Evaluate(clips); }

  // Parameters and BatchNorm buffers under the names of model_shape.h.
  virtual NamedTensors Weights() const = 0;
  // Adam's first/PARAMETER and second/PARAMETER.
  virtual NamedTensors Moments() const = 0;
  // Names and shapes must be those of Weights().
  virtual void SetWeights(const NamedTensors& weights) = 0;
  // `steps`: how many steps the moments have seen.
  virtual void SetMoments(const NamedTensors& moments, std::int64_t steps) = 0;

  // How many processes train the job together, each with an engine of its own (a gang); and the sum
  // of what each says, the same for all. All members make the same calls.
  virtual int members() const { return 1; }
  virtual double SumOverMembers(double mine) { return mine; }
};

}  // namespace unmask
