#include "worker/core_engine/workspace.h"

#include <algorithm>

namespace unmask {
namespace {

std::size_t Size(std::int64_t n) { return static_cast<std::size_t>(n); }

}  // namespace

void BlockRows::Reserve(std::size_t rows) {
  for (Rows* each : {&normal, &output, &gradient}) each->Reserve(rows);
  nonzero.Reserve(rows);
}

void StreamRows::Reserve(std::size_t rows) {
  if (rows <= inverse_norms.size()) return;
  unit.Reserve(rows);
  inverse_norms.resize(rows);
  squares.resize(PadToGroup(rows));
  kernel = Rows(rows);
  kernel.Reserve(rows);
  kernel_sums.resize(PadToGroup(rows));
}

Workspace::Workspace(const ModelShape& shape)
    : features(Size(shape.features)),
      features_nonzero(Size(shape.features)),
      adapter(Size(shape.adapter)) {
  for (const ModelShape::Head& head : shape.heads) {
    heads.emplace_back(Size(shape.stream), Size(head.classes));
    streams.emplace_back(Size(shape.stream));
  }
}

void Workspace::Reserve(std::size_t rows) {
  features.Reserve(rows);
  features_nonzero.Reserve(rows);
  adapter.Reserve(rows);
  for (HeadRows& head : heads) {
    head.block.Reserve(rows);
    head.logits.Reserve(rows);
    head.gradient.Reserve(rows);
  }
  for (StreamRows& stream : streams) stream.Reserve(rows);
  if (rows <= rows_) return;
  rows_ = rows;
  kernel_row = FloatBuffer(PadToGroup(rows));
  partial = FloatBuffer(kInputsAtATime * rows * kGroup);
}

}  // namespace unmask
