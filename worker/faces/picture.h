// A clip's picture: an image, or a frame of a video.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/frames.h"
#include "worker/images/image.h"

namespace unmask {

// Images as ReadImage has them, turned upright where a JPEG's EXIF orientation says so; frames of
// videos by `unmask-video.so` beside this program. A DataError names the file; an InternalError is
// no fault of its.
Result<Image> ReadPicture(const FrameRef& frame);

// Reads them all on `threads` threads, for what is wrong with them alone: one entry a frame.
std::vector<Status> TryPictures(std::span<const FrameRef> frames, unsigned threads);

// The same for a picture that was looked at before: an error where its content is no longer that of
// `fingerprint` (FrameFingerprint). A video is hashed once, whoever asks for its frames.
class PictureReader {
 public:
  Result<Image> Read(const FrameRef& frame, std::string_view fingerprint);

 private:
  std::map<fs::path, std::string> sha256_of_video_;
};

}  // namespace unmask
