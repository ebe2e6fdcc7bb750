#include "worker/trainer/checkpoint.h"

#include <fmt/format.h>

#include <cstring>
#include <span>

#include "common/tensors/safetensors.h"

namespace unmask {
namespace {

constexpr std::string_view kFormat = "unmask-checkpoint-1";
constexpr std::string_view kWeights = "weights/";
constexpr std::string_view kMoments = "moments/";
constexpr std::string_view kBest = "best/";
constexpr const char* kImages = "images_forwarded";
constexpr std::size_t kCurveColumns = 5;  // epoch, split, task, loss, accuracy

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::vector<T> ValuesOf(std::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void AddTensors(Safetensors& file, std::string_view prefix, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    file.tensors[std::string(prefix) + name] = {DType::kF32, tensor.shape, BytesOf(tensor.values)};
  }
}

NamedTensors TakeTensors(const Safetensors& file, std::string_view prefix) {
  NamedTensors tensors;
  for (const auto& [name, view] : file.tensors) {
    if (!name.starts_with(prefix) || view.dtype != DType::kF32) continue;
    tensors[name.substr(prefix.size())] = {view.shape, ValuesOf<float>(view.bytes)};
  }
  return tensors;
}

std::vector<double> CurveNumbers(const std::vector<CurvePoint>& curves) {
  std::vector<double> numbers;
  numbers.reserve(curves.size() * kCurveColumns);
  for (const CurvePoint& point : curves) {
    numbers.insert(numbers.end(),
                   {static_cast<double>(point.epoch), static_cast<double>(point.split),
                    static_cast<double>(point.task), point.loss, point.accuracy});
  }
  return numbers;
}

std::vector<CurvePoint> CurvesFrom(std::span<const double> numbers) {
  std::vector<CurvePoint> curves;
  for (; !numbers.empty(); numbers = numbers.subspan(kCurveColumns)) {
    curves.push_back({static_cast<std::int64_t>(numbers[0]),
                      numbers[1] == 0 ? CurveSplit::kTrain : CurveSplit::kValidation,
                      numbers[2] == 0 ? Task::kTer : Task::kDer, numbers[3], numbers[4]});
  }
  return curves;
}

// The bytes of a tensor that must be there with this type and shape (empty: any).
Result<std::string_view> Find(const Safetensors& file, const std::string& name, DType dtype,
                              const std::vector<std::int64_t>& shape, const std::string& where) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.dtype != dtype ||
      (!shape.empty() && found->second.shape != shape)) {
    return DataError(fmt::format("checkpoint without a good '{}'", name), where);
  }
  return found->second.bytes;
}

Status ReadNumbers(const Safetensors& file, const std::string& where, TrainingState& state) {
  UNMASK_ASSIGN(const auto counter_bytes, Find(file, "counters", DType::kI64, {4}, where));
  const auto counters = ValuesOf<std::int64_t>(counter_bytes);
  state.epoch = counters[0];
  state.steps = counters[1];
  state.stopping = {counters[2], counters[3]};
  UNMASK_ASSIGN(const auto second_bytes, Find(file, "seconds", DType::kF64, {1}, where));
  state.seconds = ValuesOf<double>(second_bytes)[0];
  if (file.tensors.contains(kImages)) {
    UNMASK_ASSIGN(const auto image_bytes, Find(file, kImages, DType::kI64, {1}, where));
    state.images_forwarded = ValuesOf<std::int64_t>(image_bytes)[0];
  }
  UNMASK_ASSIGN(const auto curve_bytes, Find(file, "curves", DType::kF64, {}, where));
  const auto numbers = ValuesOf<double>(curve_bytes);
  if (numbers.size() % kCurveColumns != 0) return DataError("checkpoint's curves are cut", where);
  state.curves = CurvesFrom(numbers);
  return {};
}

}  // namespace

std::string EncodeCheckpoint(const TrainingState& state) {
  Safetensors file;
  file.metadata = {{"format", std::string(kFormat)},
                   {"job_key", state.job_key},
                   {"numerics_class", state.numerics_class}};
  AddTensors(file, kWeights, state.weights);
  AddTensors(file, kMoments, state.moments);
  AddTensors(file, kBest, state.best);
  const std::vector<std::int64_t> counters = {state.epoch, state.steps, state.stopping.best_epoch,
                                              state.stopping.best_score};
  const std::vector<double> seconds = {state.seconds};
  const std::vector<std::int64_t> images = {state.images_forwarded};
  const std::vector<double> curves = CurveNumbers(state.curves);
  file.tensors["counters"] = {DType::kI64, {4}, BytesOf(counters)};
  file.tensors["seconds"] = {DType::kF64, {1}, BytesOf(seconds)};
  file.tensors[kImages] = {DType::kI64, {1}, BytesOf(images)};
  file.tensors["curves"] = {
      DType::kF64,
      {static_cast<std::int64_t>(state.curves.size()), static_cast<std::int64_t>(kCurveColumns)},
      BytesOf(curves)};
  return WriteSafetensors(file);
}

Result<TrainingState> DecodeCheckpoint(std::string_view bytes, const std::string& where) {
  UNMASK_ASSIGN(const Safetensors file, ParseSafetensors(bytes, where));
  const auto metadata = [&](const char* key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  if (metadata("format") != kFormat) return DataError("not a checkpoint of this format", where);
  TrainingState state;
  state.job_key = metadata("job_key");
  state.numerics_class = metadata("numerics_class");
  state.weights = TakeTensors(file, kWeights);
  state.moments = TakeTensors(file, kMoments);
  state.best = TakeTensors(file, kBest);
  UNMASK_TRY(ReadNumbers(file, where, state));
  return state;
}

std::string EncodeWeights(const NamedTensors& weights, const std::string& job_key) {
  Safetensors file;
  file.metadata = {{"format", "unmask-weights-1"}, {"job_key", job_key}};
  AddTensors(file, "", weights);
  return WriteSafetensors(file);
}

}  // namespace unmask
