#include "common/synth_model/random_tensors.h"

#include "common/base/check.h"
#include "common/random/philox.h"

namespace unmask {
namespace {

// Of mean 0 and deviation 1, for this seed and tensor.
std::vector<float> Uniform(std::int64_t seed, const std::string& name, std::size_t count) {
  constexpr double kSqrt12 = 3.4641016151377544;  // width of a uniform distribution of deviation 1
  std::vector<float> values(count);
  RandomStream(seed, name, "synthetic weights").FillUniform(0, 0, values);
  for (float& value : values) value = static_cast<float>((double{value} - 0.5) * kSqrt12);
  return values;
}

}  // namespace

void RandomTensors::Add(const std::string& name, Shape shape, double deviation, double mean) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  std::vector<float> values = Uniform(seed_, name, count);
  for (float& value : values) value = static_cast<float>(mean + deviation * value);
  Keep(name, std::move(shape), std::move(values));
}

void RandomTensors::AddContrastFilters(const std::string& name, int outputs, int side,
                                       double deviation) {
  constexpr int kBlock = 2;
  const int blocks = side / kBlock;
  const std::size_t each = static_cast<std::size_t>(blocks) * blocks;
  std::vector<float> drawn = Uniform(seed_, name, each * outputs);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(outputs) * 3 * side * side);
  for (int output = 0; output < outputs; ++output) {
    const float* filter = &drawn[output * each];
    double mean = 0;
    for (std::size_t i = 0; i < each; ++i) mean += filter[i] / static_cast<double>(each);
    for (int i = 0; i < 3 * side * side; ++i) {
      const int row = i / side % side / kBlock;
      const int column = i % side / kBlock;
      values.push_back(static_cast<float>(deviation * (filter[row * blocks + column] - mean)));
    }
  }
  Keep(name, {outputs, 3, side, side}, std::move(values));
}

void RandomTensors::Keep(const std::string& name, Shape shape, std::vector<float> values) {
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
