// Evaluations in blocks of one height, zeros below the last clips: what a clip gets does not depend
// on how many others there are. Includes ATen: only for the files that do already.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <span>
#include <vector>

namespace unmask {

inline constexpr std::int64_t kBlockRows = 64;

// `evaluate(part)` for the clips of each block.
template <typename Evaluate>
void ForEachBlock(std::span<const std::int64_t> clips, Evaluate evaluate) {
  while (!clips.empty()) {
    const std::size_t count = std::min<std::size_t>(clips.size(), kBlockRows);
    evaluate(clips.first(count));
    clips = clips.subspan(count);
  }
}

// [clips, width] -> [kBlockRows, width]
at::Tensor FilledBlock(const at::Tensor& rows);

// The first `count` rows of a block, behind what `values` has.
void AppendRows(const at::Tensor& block, std::size_t count, std::vector<float>& values);

}  // namespace unmask
