#include "worker/model/model_shape.h"

#include <cmath>

#include "common/base/check.h"
#include "common/config/names.h"

namespace unmask {
namespace {

constexpr float kContextDeviation = 0.02F;

class Initializer {
 public:
  Initializer(std::int64_t seed, std::string_view fold) : seed_(seed), fold_(fold) {}

  void Linear(const std::string& name, std::int64_t in, std::int64_t out) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(in));
    weights_[name + ".weight"] = Drawn("init/" + name + ".weight", {out, in}, bound);
    weights_[name + ".bias"] = Drawn("init/" + name + ".bias", {out}, bound);
  }

  void Norm(const std::string& name, std::int64_t width) {
    weights_[name + ".weight"] = Constant(width, 1.0F);
    weights_[name + ".bias"] = Constant(width, 0.0F);
    weights_[name + ".running_mean"] = Constant(width, 0.0F);
    weights_[name + ".running_var"] = Constant(width, 1.0F);
  }

  void Context(const std::string& name, const ModelShape::Prompt& prompt) {
    const float bound = kContextDeviation * std::sqrt(3.0F);
    weights_[name] = Drawn("init/" + name, {prompt.context, prompt.width}, bound);
  }

  NamedTensors Take() { return std::move(weights_); }

 private:
  FloatTensor Drawn(const std::string& purpose, std::vector<std::int64_t> shape,
                    float bound) const {
    std::size_t size = 1;
    for (const std::int64_t extent : shape) size *= static_cast<std::size_t>(extent);
    FloatTensor tensor{std::move(shape), std::vector<float>(size)};
    RandomStream(seed_, fold_, purpose).FillUniform(0, 0, tensor.values);
    for (float& value : tensor.values) value = (2.0F * value - 1.0F) * bound;
    return tensor;
  }

  static FloatTensor Constant(std::int64_t width, float value) {
    return {{width}, std::vector<float>(static_cast<std::size_t>(width), value)};
  }

  std::int64_t seed_;
  std::string_view fold_;
  NamedTensors weights_;
};

}  // namespace

bool IsBuffer(std::string_view name) {
  return name.find(".running_") != std::string_view::npos || name.ends_with(".norm.mean") ||
         name.ends_with(".norm.variance");
}

NamedTensors InitialWeights(const ModelShape& shape, std::int64_t seed, std::string_view fold) {
  Initializer init(seed, fold);
  if (shape.prompt) {
    for (const ModelShape::Head& head : shape.heads) {
      if (shape.prompt->context == 0) break;
      init.Context(std::string(Name(head.task)) + ".context", *shape.prompt);
    }
    return init.Take();
  }
  init.Linear("adapter.linear", shape.features, shape.adapter);
  init.Norm("adapter.norm", shape.adapter);
  for (const ModelShape::Head& head : shape.heads) {
    const std::string name(Name(head.task));
    init.Linear(name + ".linear", shape.adapter, shape.stream);
    init.Norm(name + ".norm", shape.stream);
    init.Linear(name + ".classifier", shape.stream, head.classes);
  }
  return init.Take();
}

float KeptScale(double dropout) { return static_cast<float>(1.0 / (1.0 - dropout)); }

MaskMaker::MaskMaker(const ModelShape& shape, double dropout, std::int64_t seed,
                     std::string_view fold)
    : shape_(shape),
      dropout_(static_cast<float>(dropout)),
      kept_(KeptScale(dropout)),
      adapter_(seed, fold, "dropout/adapter") {
  UNMASK_CHECK(dropout >= 0 && dropout < 1);
  for (const ModelShape::Head& head : shape.heads) {
    streams_.emplace_back(seed, fold, "dropout/" + std::string(Name(head.task)));
    masks_.numbers.streams.push_back(streams_.back().key());
  }
  masks_.numbers.least = LeastKept(dropout_);
  masks_.numbers.adapter = adapter_.key();
  masks_.streams.resize(shape.heads.size());
}

const DropoutMasks& MaskMaker::Numbers(std::int64_t epoch, std::int64_t step) {
  masks_.numbers.epoch = static_cast<std::uint32_t>(epoch);
  masks_.numbers.step = static_cast<std::uint32_t>(step);
  return masks_;
}

const DropoutMasks& MaskMaker::Make(std::int64_t epoch, std::int64_t step, std::int64_t batch) {
  Numbers(epoch, step);
  const std::uint32_t e = masks_.numbers.epoch;
  const std::uint32_t s = masks_.numbers.step;
  Fill(adapter_, e, s, batch * shape_.adapter, masks_.adapter);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    Fill(streams_[i], e, s, batch * shape_.stream, masks_.streams[i]);
  }
  return masks_;
}

void MaskMaker::Fill(const RandomStream& stream, std::uint32_t epoch, std::uint32_t step,
                     std::int64_t size, std::vector<float>& mask) const {
  mask.resize(static_cast<std::size_t>(size));
  stream.FillMask(epoch, step, dropout_, kept_, mask);
}

}  // namespace unmask
