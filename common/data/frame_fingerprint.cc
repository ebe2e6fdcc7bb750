// What a picture is, whatever its path.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/files.h"
#include "common/data/frames.h"

namespace unmask {

std::string FrameFingerprint(const std::string& sha256, const FrameRef& frame) {
  return frame.video_frame < 0 ? sha256 : fmt::format("{}#{}", sha256, frame.video_frame);
}

Result<std::vector<std::string>> FrameFingerprints(const std::vector<FrameRef>& frames) {
  std::map<fs::path, std::string> sha256_of;
  std::vector<std::string> fingerprints;
  std::vector<Problem> problems;
  fingerprints.reserve(frames.size());
  for (const FrameRef& frame : frames) {
    const auto [at, fresh] = sha256_of.try_emplace(frame.path);
    if (fresh) {
      auto sha256 = HashFile(frame.path);
      if (sha256.ok()) {
        at->second = *std::move(sha256);
      } else {
        std::ranges::copy(sha256.error().problems, std::back_inserter(problems));
      }
    }
    fingerprints.push_back(FrameFingerprint(at->second, frame));
  }
  if (!problems.empty()) return Error(ErrorCode::kData, std::move(problems));
  return fingerprints;
}

}  // namespace unmask
