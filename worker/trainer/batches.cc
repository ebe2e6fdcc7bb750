#include "worker/trainer/batches.h"

#include "common/base/check.h"

namespace unmask {

std::vector<std::int64_t> BatchSizes(std::int64_t clips, std::int64_t batch, std::int64_t least) {
  UNMASK_CHECK(clips >= least && batch >= least);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(clips / batch), batch);
  const std::int64_t rest = clips % batch;
  if (rest >= least) {
    sizes.push_back(rest);
  } else if (rest > 0) {
    sizes.back() += rest;  // clips >= least, so there is one
  }
  return sizes;
}

std::vector<std::int64_t> EpochOrder(const RandomStream& stream, std::int64_t epoch,
                                     const std::vector<std::int64_t>& clips) {
  const auto order = stream.Permutation(static_cast<std::uint32_t>(clips.size()),
                                        static_cast<std::uint32_t>(epoch), 0);
  std::vector<std::int64_t> ordered;
  ordered.reserve(clips.size());
  for (const std::uint32_t at : order) ordered.push_back(clips[at]);
  return ordered;
}

}  // namespace unmask
