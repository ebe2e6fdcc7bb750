// Everything that a job needs to go on as if it had never stopped, as one safetensors file
// (docs/formats.md, "Checkpoint"): tensors weights/NAME, moments/NAME, best/NAME (float32), curves
// (float64 [points, 5]), counters (int64), seconds (float64), images_forwarded (int64; older ones
// have none); metadata format, job_key, numerics_class.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/messages.h"
#include "worker/model/named_tensors.h"
#include "worker/trainer/early_stopping.h"

namespace unmask {

struct TrainingState {
  std::string job_key;
  std::string numerics_class;
  std::int64_t epoch = 0;  // epochs finished
  std::int64_t steps = 0;  // optimiser steps, all attempts
  NamedTensors weights;    // parameters and BatchNorm buffers
  NamedTensors moments;    // Adam: first/PARAMETER and second/PARAMETER
  NamedTensors best;       // weights of the best epoch; empty: there is none yet
  StoppingState stopping;
  std::vector<CurvePoint> curves;
  double seconds = 0;                 // of training so far, all attempts
  std::int64_t images_forwarded = 0;  // through a backbone, likewise
  bool operator==(const TrainingState&) const = default;
};

std::string EncodeCheckpoint(const TrainingState& state);
// `where` names the file in errors.
Result<TrainingState> DecodeCheckpoint(std::string_view bytes, const std::string& where);

// Weights alone, as kept by `store.keep: best`.
std::string EncodeWeights(const NamedTensors& weights, const std::string& job_key);

}  // namespace unmask
