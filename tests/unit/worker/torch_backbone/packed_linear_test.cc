#include "worker/torch_backbone/packed_linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

// What real models ask for: rows of class tokens and of patches, for eight pictures. oneDNN's
// kernels for AVX2 sum the last two of 8, 128 and 200 rows in another order than the others.
TEST(PackedLinear, ARowsBitsDoNotDependOnItsPlace) {
  at::manual_seed(1);
  constexpr std::int64_t kInputs = 768, kOutputs = 96;
  const at::Tensor weight = at::randn({kOutputs, kInputs});
  const at::Tensor bias = at::randn({kOutputs});
  for (const std::int64_t rows : {8, 128, 200, 256, 400}) {
    const PackedLinear linear(weight, bias, rows, at::kFloat);
    const at::Tensor out = linear(at::randn({1, kInputs}).expand({rows, kInputs}).contiguous());
    EXPECT_TRUE(at::equal(out, out.narrow(0, 0, 1).expand_as(out))) << rows << " rows";
  }
}

}  // namespace
}  // namespace unmask
