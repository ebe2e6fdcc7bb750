#include "worker/backbone/extract.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "common/base/on_threads.h"

namespace unmask {
namespace {

using Block = Result<std::vector<float>>;  // [pictures, width], or all that is wrong with them

Block FeaturesOf(const Backbone& backbone, std::span<const PictureMaker> makers) {
  std::vector<Pixels> pictures;
  std::vector<Problem> problems;
  for (const PictureMaker& make : makers) {
    Result<Pixels> picture = make();
    if (picture.ok()) {
      pictures.push_back(std::move(*picture));
      continue;
    }
    const auto& found = picture.error().problems;
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (!problems.empty()) return Error(ErrorCode::kData, std::move(problems));
  UNMASK_ASSIGN(std::vector<float> features, backbone.FeaturesOfBlock(pictures));
  // Else every job that trains on them would be said to diverge.
  if (std::ranges::all_of(features, [](float value) { return std::isfinite(value); })) {
    return features;
  }
  return DataError("the model's features of a picture are not finite numbers", "",
                   "weights and a preparation of finite numbers");
}

Status AllGood(const std::vector<Block>& blocks) {
  std::vector<Problem> problems;
  ErrorCode code = ErrorCode::kData;
  for (const Block& block : blocks) {
    if (block.ok()) continue;
    code = block.error().code;
    const auto& found = block.error().problems;
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (problems.empty()) return {};
  return Error(code, std::move(problems));
}

}  // namespace

Result<FeatureRows> ExtractFeatures(const Backbone& backbone,
                                    std::span<const PictureMaker> pictures, unsigned threads,
                                    const std::function<bool()>& stop) {
  UNMASK_CHECK(!pictures.empty());
  constexpr std::size_t kEach = Backbone::kBlockPictures;
  std::vector<Block> blocks((pictures.size() + kEach - 1) / kEach, Block(std::vector<float>()));
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stopped = false;
  const auto work = [&] {
    for (std::size_t i = next++; i < blocks.size() && !stopped; i = next++) {
      if (stop && stop()) {
        stopped = true;
        return;
      }
      const auto rest = pictures.subspan(i * kEach);
      try {
        blocks[i] = FeaturesOf(backbone, rest.first(std::min(kEach, rest.size())));
      } catch (...) {
        next = blocks.size();  // the others need not go on
        throw;
      }
    }
  };
  OnThreads(std::min<std::size_t>(threads, blocks.size()), work);
  if (stopped) return Error(ErrorCode::kStopped, {"extraction was stopped", "", ""});
  UNMASK_TRY(AllGood(blocks));
  FeatureRows rows;
  for (const Block& block : blocks) {
    rows.values.insert(rows.values.end(), block->begin(), block->end());
  }
  UNMASK_CHECK(rows.values.size() % pictures.size() == 0);
  rows.width = rows.values.size() / pictures.size();
  return rows;
}

}  // namespace unmask
