#include "worker/faces/check_pictures.h"

#include <algorithm>
#include <set>

#include "common/data/frames.h"
#include "worker/faces/picture.h"

namespace unmask {
namespace {

class Checker {
 public:
  Checker(const Manifest& manifest, const fs::path& root)
      : manifest_(manifest), finder_(manifest.name, root), problems_(manifest.clips.size()) {}

  PictureCheck Check(unsigned threads) {
    for (std::size_t i = 0; i < manifest_.clips.size(); ++i) FindPictures(i);
    const std::vector<Status> tried = TryPictures(frames_, threads);
    PictureCheck check{frames_.size(), without_apex_, {}};
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (tried[i].ok()) continue;
      --check.pictures;
      const ManifestClip& clip = manifest_.clips[clips_[i]];
      Add(clips_[i], AtFramesCell(tried[i].error(), clip, manifest_.name));
    }
    for (const auto& problems : problems_)
      std::ranges::copy(problems, std::back_inserter(check.problems));
    return check;
  }

 private:
  void FindPictures(std::size_t i) {
    const ManifestClip& clip = manifest_.clips[i];
    if (clip.frames.empty()) return;
    if (clip.apex || !clip.onset) FindPicture(i, FramePoint::kApex);
    if (clip.onset) FindPicture(i, FramePoint::kOnset);
    // A single image is the apex without a number.
    if (!clip.apex && clip.onset && !finder_.Find(clip, FramePoint::kApex).ok()) ++without_apex_;
  }

  void FindPicture(std::size_t i, FramePoint point) {
    auto frame = finder_.Find(manifest_.clips[i], point);
    if (!frame.ok()) return Add(i, frame.error());
    if (seen_.emplace(frame->path, frame->video_frame).second) {
      frames_.push_back(*std::move(frame));
      clips_.push_back(i);
    }
  }

  // A folder that is not there would be told for both frames.
  void Add(std::size_t clip, const Error& error) {
    const Problem& problem = error.problems.front();
    auto& problems = problems_[clip];
    const auto same = [&](const Problem& p) {
      return p.what == problem.what && p.where == problem.where;
    };
    if (std::ranges::none_of(problems, same)) problems.push_back(problem);
  }

  const Manifest& manifest_;
  FrameFinder finder_;
  std::size_t without_apex_ = 0;
  std::vector<FrameRef> frames_;    // distinct ones
  std::vector<std::size_t> clips_;  // the first that names each
  std::set<std::pair<fs::path, std::int64_t>> seen_;
  std::vector<std::vector<Problem>> problems_;  // by clip
};

}  // namespace

PictureCheck CheckPictures(const Manifest& manifest, const fs::path& root, unsigned threads) {
  return Checker(manifest, root).Check(threads);
}

}  // namespace unmask
