// The weights of a Hugging Face folder: model.safetensors, or the shards that
// model.safetensors.index.json names. Never pickle.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/tensors/mapped_file.h"
#include "common/tensors/safetensors.h"

namespace unmask {

struct StoredTensor {
  TensorView view;   // into a mapped file
  std::string file;  // path of that file, for errors
};

struct WeightFiles {
  std::map<std::string, StoredTensor> tensors;
  std::vector<std::shared_ptr<const MappedFile>> files;  // keep the views alive
};

// Each shard must hold all that the index says of it. A folder with pickled weights only is
// refused, with the command that converts them.
Result<WeightFiles> OpenWeightFiles(const fs::path& folder);

// F32, F16 or BF16.
bool IsWeightType(DType dtype);

// F32, F16 and BF16 as float32, row-major; an error for other types. `name` is for the error.
Result<std::vector<float>> FloatsOf(const StoredTensor& tensor, const std::string& name);

// IEEE binary16, infinities, NaN and subnormal numbers included.
float FloatOfHalf(std::uint16_t half);

}  // namespace unmask
