#include "worker/reference_engine/evaluation_blocks.h"

#include <ATen/ATen.h>

#include "worker/reference_engine/model_tensors.h"

namespace unmask {

at::Tensor FilledBlock(const at::Tensor& rows) {
  return at::constant_pad_nd(rows, {0, 0, 0, kBlockRows - rows.size(0)});
}

void AppendRows(const at::Tensor& block, std::size_t count, std::vector<float>& values) {
  const FloatTensor rows = ToFloatTensor(block.narrow(0, 0, static_cast<std::int64_t>(count)));
  values.insert(values.end(), rows.values.begin(), rows.values.end());
}

}  // namespace unmask
