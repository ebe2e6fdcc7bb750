#include "common/synth_model/random_tensors.h"

#include "common/base/check.h"
#include "common/random/philox.h"

namespace unmask {

void RandomTensors::Add(const std::string& name, Shape shape, double deviation, double mean) {
  constexpr double kSqrt12 = 3.4641016151377544;  // width of a uniform distribution of deviation 1
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  std::vector<float> values(count);
  RandomStream(seed_, name, "synthetic weights").FillUniform(0, 0, values);
  for (float& value : values) {
    value = static_cast<float>(mean + (double{value} - 0.5) * kSqrt12 * deviation);
  }
  const bool added = tensors_.emplace(name, Tensor{std::move(shape), std::move(values)}).second;
  UNMASK_CHECK(added);
}

std::string RandomTensors::Bytes() const {
  Safetensors file;
  file.metadata["format"] = "pt";  // which readers of transformers ask for
  for (const auto& [name, tensor] : tensors_) {
    const std::string_view bytes(reinterpret_cast<const char*>(tensor.values.data()),
                                 tensor.values.size() * sizeof(float));
    file.tensors[name] = {DType::kF32, tensor.shape, bytes};
  }
  return WriteSafetensors(file);
}

}  // namespace unmask
