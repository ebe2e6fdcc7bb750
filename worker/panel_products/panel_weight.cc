#include "worker/panel_products/panel_weight.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#define UNMASK_AVX2 [[gnu::target("avx2,fma")]]

namespace unmask {
namespace {

// A tile of sums, 6 rows by 16 outputs, fills twelve of the sixteen registers, and needs two loads
// of the weight and six of x for twelve products.
constexpr std::int64_t kTileRows = 6;
constexpr std::int64_t kTileOutputs = 16;
constexpr std::int64_t kInputsAtOnce = 256;  // of a panel, 16 KiB: in the first cache
constexpr std::int64_t kRowsAtOnce = 120;    // of 768 inputs, 360 KiB: in the second

constexpr std::int64_t CeilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

using TileRows = std::array<const float*, kTileRows>;

// out[r][o] += x[r][0] w[0][o] + x[r][1] w[1][o] + ...; w is [inputs][16].
UNMASK_AVX2 void AddTile(const TileRows& x, const float* weight, std::int64_t inputs, float* out,
                         std::int64_t out_stride) {
  __m256 sum[kTileRows][2];
#pragma GCC unroll 6
  for (auto& row : sum) row[0] = row[1] = _mm256_setzero_ps();
  for (std::int64_t k = 0; k < inputs; ++k, weight += kTileOutputs) {
    const __m256 left = _mm256_load_ps(weight);
    const __m256 right = _mm256_load_ps(weight + 8);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kTileRows; ++r) {
      const __m256 factor = _mm256_broadcast_ss(x[r] + k);
      sum[r][0] = _mm256_fmadd_ps(factor, left, sum[r][0]);
      sum[r][1] = _mm256_fmadd_ps(factor, right, sum[r][1]);
    }
  }
#pragma GCC unroll 6
  for (const auto& row : sum) {
    _mm256_storeu_ps(out, _mm256_add_ps(_mm256_loadu_ps(out), row[0]));
    _mm256_storeu_ps(out + 8, _mm256_add_ps(_mm256_loadu_ps(out + 8), row[1]));
    out += out_stride;
  }
}

// The same where some rows or outputs of the tile are not there.
void AddPartOfTile(const TileRows& x, const float* weight, std::int64_t inputs, std::int64_t rows,
                   std::int64_t outputs, float* out, std::int64_t out_stride) {
  float tile[kTileRows][kTileOutputs] = {};
  AddTile(x, weight, inputs, tile[0], kTileOutputs);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t o = 0; o < outputs; ++o) out[r * out_stride + o] += tile[r][o];
  }
}

}  // namespace

bool PanelWeight::Wanted() {
  static const bool wide = __builtin_cpu_supports("avx512f");
  static const bool able = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const char* pinned = std::getenv("ONEDNN_MAX_CPU_ISA");
  return able && (pinned == nullptr ? !wide : std::string_view(pinned) == "AVX2");
}

PanelWeight::PanelWeight(const float* weight, std::int64_t outputs, std::int64_t inputs)
    : outputs_(outputs),
      inputs_(inputs),
      panels_(static_cast<std::size_t>(CeilDiv(outputs, kTileOutputs) * inputs)) {
  for (std::int64_t o = 0; o < outputs; ++o) {
    PanelRow* panel = panels_.data() + o / kTileOutputs * inputs;
    for (std::int64_t k = 0; k < inputs; ++k) {
      panel[k].weight[o % kTileOutputs] = weight[o * inputs + k];
    }
  }
}

void PanelWeight::Multiply(const float* x, std::int64_t rows, const float* bias, float* out) const {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t o = 0; o < outputs_; ++o) {
      out[row * outputs_ + o] = bias == nullptr ? 0.0F : bias[o];
    }
  }
  for (std::int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const std::int64_t end = std::min(first + kRowsAtOnce, rows);
    for (std::int64_t o = 0; o < outputs_; o += kTileOutputs) {
      for (std::int64_t from = 0; from < inputs_; from += kInputsAtOnce) {
        AddBlock(x, first, end, o, from, out);
      }
    }
  }
}

// Rows [first, end) by a panel's inputs from `from` on.
void PanelWeight::AddBlock(const float* x, std::int64_t first, std::int64_t end, std::int64_t o,
                           std::int64_t from, float* out) const {
  const float* panel = panels_[static_cast<std::size_t>(o / kTileOutputs * inputs_ + from)].weight;
  const std::int64_t inputs = std::min(kInputsAtOnce, inputs_ - from);
  const std::int64_t outputs = std::min(kTileOutputs, outputs_ - o);
  for (std::int64_t row = first; row < end; row += kTileRows) {
    TileRows tile_rows;  // the last one again for those that are not there
    for (std::int64_t r = 0; r < kTileRows; ++r) {
      tile_rows[static_cast<std::size_t>(r)] = x + std::min(row + r, end - 1) * inputs_ + from;
    }
    float* to = out + row * outputs_ + o;
    const std::int64_t rows = std::min(kTileRows, end - row);
    if (rows == kTileRows && outputs == kTileOutputs) {
      AddTile(tile_rows, panel, inputs, to, outputs_);
    } else {
      AddPartOfTile(tile_rows, panel, inputs, rows, outputs, to, outputs_);
    }
  }
}

}  // namespace unmask
