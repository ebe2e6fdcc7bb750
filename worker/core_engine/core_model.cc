#include "worker/core_engine/core_model.h"

#include "common/base/check.h"
#include "common/config/names.h"

namespace unmask {
namespace {

std::size_t Size(std::int64_t n) { return static_cast<std::size_t>(n); }

// What a matrix in `Rows` is outside: itself, its transpose, or its only row as a vector.
enum class Form { kRows, kTransposed, kVector };

struct At {
  std::size_t row, column;
};

float* Element(Rows& rows, At at) { return rows.row(at.row) + at.column; }
const float* Element(const Rows& rows, At at) { return rows.row(at.row) + at.column; }
float* Element(Panels& panels, At at) { return panels.at(at.row, at.column); }
const float* Element(const Panels& panels, At at) { return panels.at(at.row, at.column); }

// Calls visit(i, element) for each element i of [out][in], row-major. M is Rows or Panels, here and
// below.
template <typename M, typename F>
void VisitElements(M& matrix, Form form, const std::vector<std::int64_t>& shape, F visit) {
  const std::size_t in = Size(shape.back());
  const std::size_t out = form == Form::kVector ? 1 : Size(shape.front());
  std::size_t i = 0;
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t k = 0; k < in; ++k) {
      visit(i++, *Element(matrix, form == Form::kTransposed ? At{k, o} : At{o, k}));
    }
  }
}

template <typename M>
FloatTensor Unpack(const M& matrix, Form form, std::vector<std::int64_t> shape) {
  std::size_t size = 1;
  for (const std::int64_t extent : shape) size *= Size(extent);
  FloatTensor tensor{std::move(shape), std::vector<float>(size)};
  VisitElements(matrix, form, tensor.shape,
                [&](std::size_t i, float element) { tensor.values[i] = element; });
  return tensor;
}

template <typename M>
void Pack(const FloatTensor& tensor, Form form, const std::vector<std::int64_t>& shape, M& matrix) {
  UNMASK_CHECK(tensor.shape == shape);
  VisitElements(matrix, form, shape,
                [&](std::size_t i, float& element) { element = tensor.values[i]; });
}

using Shape = std::vector<std::int64_t>;

// visit(name, trained, form, shape) for each parameter of a layer. L is const or not.
template <typename L, typename F>
void VisitLinear(const std::string& name, L& layer, Form form, F visit) {
  const auto in = static_cast<std::int64_t>(layer.in);
  const auto out = static_cast<std::int64_t>(layer.out);
  visit(name + ".weight", layer.weight, form, Shape{out, in});
  visit(name + ".bias", layer.bias, Form::kVector, Shape{out});
}

template <typename B, typename F>
void VisitBlock(const std::string& name, B& block, F visit) {
  const Shape width{static_cast<std::int64_t>(block.linear.out)};
  VisitLinear(name + ".linear", block.linear, Form::kTransposed, visit);
  visit(name + ".norm.weight", block.norm.scale, Form::kVector, width);
  visit(name + ".norm.bias", block.norm.shift, Form::kVector, width);
}

template <typename M, typename F>
void VisitParameters(M& model, const std::vector<std::string>& names, F visit) {
  VisitBlock("adapter", model.adapter, visit);
  for (std::size_t i = 0; i < names.size(); ++i) {
    VisitBlock(names[i], model.heads[i].block, visit);
    VisitLinear(names[i] + ".classifier", model.heads[i].classifier, Form::kRows, visit);
  }
}

// visit(name, rows, shape) for BatchNorm's running statistics.
template <typename M, typename F>
void VisitBuffers(M& model, const std::vector<std::string>& names, F visit) {
  const auto visit_block = [&](const std::string& name, auto& block) {
    const Shape width{static_cast<std::int64_t>(block.linear.out)};
    visit(name + ".norm.running_mean", block.norm.running_mean, width);
    visit(name + ".norm.running_var", block.norm.running_var, width);
  };
  visit_block("adapter", model.adapter);
  for (std::size_t i = 0; i < names.size(); ++i) visit_block(names[i], model.heads[i].block);
}

}  // namespace

CoreModel::CoreModel(const ModelShape& shape) : adapter(Size(shape.features), Size(shape.adapter)) {
  for (const ModelShape::Head& head : shape.heads) {
    heads.push_back({Block(Size(shape.adapter), Size(shape.stream)),
                     Classifier(Size(shape.stream), Size(head.classes))});
    names_.emplace_back(Name(head.task));
  }
}

NamedTensors CoreModel::Weights() const {
  NamedTensors weights;
  VisitParameters(*this, names_,
                  [&](const std::string& name, const auto& trained, Form form, Shape shape) {
                    weights[name] = Unpack(trained.value, form, std::move(shape));
                  });
  VisitBuffers(*this, names_, [&](const std::string& name, const Rows& rows, Shape shape) {
    weights[name] = Unpack(rows, Form::kVector, std::move(shape));
  });
  return weights;
}

NamedTensors CoreModel::Moments() const {
  NamedTensors moments;
  VisitParameters(*this, names_,
                  [&](const std::string& name, const auto& trained, Form form, const Shape& shape) {
                    moments["first/" + name] = Unpack(trained.first, form, shape);
                    moments["second/" + name] = Unpack(trained.second, form, shape);
                  });
  return moments;
}

void CoreModel::SetWeights(const NamedTensors& weights) {
  VisitParameters(*this, names_,
                  [&](const std::string& name, auto& trained, Form form, const Shape& shape) {
                    Pack(weights.at(name), form, shape, trained.value);
                  });
  VisitBuffers(*this, names_, [&](const std::string& name, Rows& rows, const Shape& shape) {
    Pack(weights.at(name), Form::kVector, shape, rows);
  });
}

void CoreModel::SetMoments(const NamedTensors& moments) {
  VisitParameters(*this, names_,
                  [&](const std::string& name, auto& trained, Form form, const Shape& shape) {
                    Pack(moments.at("first/" + name), form, shape, trained.first);
                    Pack(moments.at("second/" + name), form, shape, trained.second);
                  });
}

}  // namespace unmask
