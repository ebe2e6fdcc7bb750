#include "worker/core_engine/core_model.h"

#include "common/base/check.h"
#include "common/config/names.h"

namespace unmask {
namespace {

std::size_t Size(std::int64_t n) { return static_cast<std::size_t>(n); }

// Calls `element(i, j)` for every element of a weight: i in the interface's [out, in] row-major
// order, j in the panels.
template <typename F>
void ForEachElement(const Linear& linear, F element) {
  for (std::size_t out = 0; out < linear.out; ++out) {
    const std::size_t first = out / kPanel * kPanel;
    const std::size_t at = linear.PanelOffset(first) + out - first;
    for (std::size_t in = 0; in < linear.in; ++in) {
      element(out * linear.in + in, at + in * linear.PanelWidth(first));
    }
  }
}

FloatTensor Unpack(const Linear& linear, const FloatBuffer& panels) {
  FloatTensor tensor{{static_cast<std::int64_t>(linear.out), static_cast<std::int64_t>(linear.in)},
                     std::vector<float>(linear.out * linear.in)};
  ForEachElement(linear,
                 [&](std::size_t i, std::size_t j) { tensor.values[i] = panels.data()[j]; });
  return tensor;
}

void Pack(const FloatTensor& tensor, const Linear& linear, FloatBuffer& panels) {
  UNMASK_CHECK(tensor.values.size() == linear.out * linear.in);
  ForEachElement(linear,
                 [&](std::size_t i, std::size_t j) { panels.data()[j] = tensor.values[i]; });
}

FloatTensor UnpackVector(const FloatBuffer& buffer, std::size_t width) {
  return {{static_cast<std::int64_t>(width)}, {buffer.data(), buffer.data() + width}};
}

void PackVector(const FloatTensor& tensor, std::size_t width, FloatBuffer& buffer) {
  UNMASK_CHECK(tensor.values.size() == width);
  std::copy(tensor.values.begin(), tensor.values.end(), buffer.data());
}

// Both walk over the parameters by name. `matrix(name, linear, trained)` is called for weights,
// `vector(name, width, trained)` for the rest. M is CoreModel or const CoreModel.
template <typename L, typename Matrix, typename Vector>
void VisitLinear(const std::string& name, L& linear, Matrix matrix, Vector vector) {
  matrix(name + ".weight", linear, linear.weight);
  vector(name + ".bias", linear.out, linear.bias);
}

template <typename B, typename Matrix, typename Vector>
void VisitBlock(const std::string& name, B& block, Matrix matrix, Vector vector) {
  VisitLinear(name + ".linear", block.linear, matrix, vector);
  vector(name + ".norm.weight", block.linear.out, block.norm.scale);
  vector(name + ".norm.bias", block.linear.out, block.norm.shift);
}

template <typename M, typename Matrix, typename Vector>
void VisitParameters(M& model, const std::vector<std::string>& names, Matrix matrix,
                     Vector vector) {
  VisitBlock("adapter", model.adapter, matrix, vector);
  for (std::size_t i = 0; i < names.size(); ++i) {
    VisitBlock(names[i], model.heads[i].block, matrix, vector);
    VisitLinear(names[i] + ".classifier", model.heads[i].classifier, matrix, vector);
  }
}

// `buffer(name, width, floats)` for BatchNorm's running statistics.
template <typename M, typename F>
void VisitBuffers(M& model, const std::vector<std::string>& names, F buffer) {
  const auto visit = [&](const std::string& name, auto& block) {
    buffer(name + ".norm.running_mean", block.linear.out, block.norm.running_mean);
    buffer(name + ".norm.running_var", block.linear.out, block.norm.running_var);
  };
  visit("adapter", model.adapter);
  for (std::size_t i = 0; i < names.size(); ++i) visit(names[i], model.heads[i].block);
}

}  // namespace

CoreModel::CoreModel(const ModelShape& shape) : adapter(Size(shape.features), Size(shape.adapter)) {
  for (const ModelShape::Head& head : shape.heads) {
    heads.push_back({Block(Size(shape.adapter), Size(shape.stream)),
                     Linear(Size(shape.stream), Size(head.classes))});
    names_.emplace_back(Name(head.task));
  }
}

NamedTensors CoreModel::Weights() const {
  NamedTensors weights;
  VisitParameters(
      *this, names_,
      [&](const std::string& name, const Linear& linear, const Trained& trained) {
        weights[name] = Unpack(linear, trained.value);
      },
      [&](const std::string& name, std::size_t width, const Trained& trained) {
        weights[name] = UnpackVector(trained.value, width);
      });
  VisitBuffers(*this, names_,
               [&](const std::string& name, std::size_t width, const FloatBuffer& buffer) {
                 weights[name] = UnpackVector(buffer, width);
               });
  return weights;
}

NamedTensors CoreModel::Moments() const {
  NamedTensors moments;
  VisitParameters(
      *this, names_,
      [&](const std::string& name, const Linear& linear, const Trained& trained) {
        moments["first/" + name] = Unpack(linear, trained.first);
        moments["second/" + name] = Unpack(linear, trained.second);
      },
      [&](const std::string& name, std::size_t width, const Trained& trained) {
        moments["first/" + name] = UnpackVector(trained.first, width);
        moments["second/" + name] = UnpackVector(trained.second, width);
      });
  return moments;
}

void CoreModel::SetWeights(const NamedTensors& weights) {
  VisitParameters(
      *this, names_,
      [&](const std::string& name, const Linear& linear, Trained& trained) {
        Pack(weights.at(name), linear, trained.value);
      },
      [&](const std::string& name, std::size_t width, Trained& trained) {
        PackVector(weights.at(name), width, trained.value);
      });
  VisitBuffers(*this, names_, [&](const std::string& name, std::size_t width, FloatBuffer& buffer) {
    PackVector(weights.at(name), width, buffer);
  });
}

void CoreModel::SetMoments(const NamedTensors& moments) {
  VisitParameters(
      *this, names_,
      [&](const std::string& name, const Linear& linear, Trained& trained) {
        Pack(moments.at("first/" + name), linear, trained.first);
        Pack(moments.at("second/" + name), linear, trained.second);
      },
      [&](const std::string& name, std::size_t width, Trained& trained) {
        PackVector(moments.at("first/" + name), width, trained.first);
        PackVector(moments.at("second/" + name), width, trained.second);
      });
}

}  // namespace unmask
