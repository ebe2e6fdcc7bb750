#include "worker/faces/check_pictures.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <thread>

#include "common/data/frames.h"
#include "worker/faces/picture.h"

namespace unmask {
namespace {

// A picture, and the first clip that names it.
struct Found {
  FrameRef frame;
  std::size_t clip = 0;
  std::optional<Error> failure;
};

class Checker {
 public:
  Checker(const Manifest& manifest, const fs::path& root)
      : manifest_(manifest), finder_(manifest.name, root), problems_(manifest.clips.size()) {}

  PictureCheck Check(unsigned threads) {
    for (std::size_t i = 0; i < manifest_.clips.size(); ++i) FindPictures(i);
    DecodeAll(threads);
    PictureCheck check{pictures_.size(), {}};
    for (const Found& picture : pictures_) {
      if (!picture.failure) continue;
      --check.pictures;
      const ManifestClip& clip = manifest_.clips[picture.clip];
      Add(picture.clip, AtFramesCell(*picture.failure, clip, manifest_.name));
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
  }

  void FindPicture(std::size_t i, FramePoint point) {
    auto frame = finder_.Find(manifest_.clips[i], point);
    if (!frame.ok()) return Add(i, frame.error());
    if (seen_.emplace(frame->path, frame->video_frame).second) {
      pictures_.push_back({*std::move(frame), i, {}});
    }
  }

  void DecodeAll(unsigned threads) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < pictures_.size(); i = next++) {
        const auto image = ReadPicture(pictures_[i].frame);
        if (!image.ok()) pictures_[i].failure = image.error();
      }
    };
    std::vector<std::jthread> workers;  // joined at the end
    workers.reserve(threads);
    for (unsigned i = 1; i < threads; ++i) workers.emplace_back(work);
    work();
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
  std::vector<Found> pictures_;
  std::set<std::pair<fs::path, std::int64_t>> seen_;
  std::vector<std::vector<Problem>> problems_;  // by clip
};

}  // namespace

PictureCheck CheckPictures(const Manifest& manifest, const fs::path& root, unsigned threads) {
  return Checker(manifest, root).Check(threads);
}

}  // namespace unmask
