#include "worker/faces/picture.h"

#include <atomic>
#include <new>

#include "common/base/files.h"
#include "common/base/on_threads.h"
#include "common/base/sha256.h"
#include "common/base/shared_module.h"
#include "worker/faces/video_module.h"
#include "worker/images/exif.h"

namespace unmask {
namespace {

Error Changed(const fs::path& path) {
  return DataError("picture has changed since the study was planned", path.string(),
                   "files that stay as they are during a run");
}

Result<Image> ReadVideoFrame(const FrameRef& frame) {
  UNMASK_ASSIGN(const VideoModule* module,
                OpenModuleTable<VideoModule>(kVideoModuleFile, kVideoModuleSymbol));
  return module->read_frame(frame.path, frame.video_frame);
}

Result<Image> DecodeUpright(std::string_view bytes, const std::string& where) {
  UNMASK_ASSIGN(Image image, DecodeImage(bytes, where));
  return Upright(std::move(image), ExifOrientation(bytes));
}

// A picture of the greatest size takes 200 MB to decode, which may not be there.
Status TryPicture(const FrameRef& frame) {
  try {
    const auto picture = ReadPicture(frame);
    return picture.ok() ? Status() : Status(picture.error());
  } catch (const std::bad_alloc&) {
    return InternalError("no memory to decode the picture", frame.path.string());
  }
}

}  // namespace

Result<Image> ReadPicture(const FrameRef& frame) {
  if (frame.video_frame >= 0) return ReadVideoFrame(frame);
  UNMASK_ASSIGN(const std::string bytes, ReadFile(frame.path, kImageFileBytesMax));
  return DecodeUpright(bytes, frame.path.string());
}

std::vector<Status> TryPictures(std::span<const FrameRef> frames, unsigned threads) {
  std::vector<Status> tried(frames.size());
  std::atomic<std::size_t> next = 0;
  OnThreads(threads, [&] {
    for (std::size_t i = next++; i < frames.size(); i = next++) tried[i] = TryPicture(frames[i]);
  });
  return tried;
}

Result<Image> PictureReader::Read(const FrameRef& frame, std::string_view fingerprint) {
  if (frame.video_frame < 0) {
    UNMASK_ASSIGN(const std::string bytes, ReadFile(frame.path, kImageFileBytesMax));
    if (Sha256Hex(bytes) != fingerprint) return Changed(frame.path);
    return DecodeUpright(bytes, frame.path.string());
  }
  auto at = sha256_of_video_.find(frame.path);
  if (at == sha256_of_video_.end()) {
    UNMASK_ASSIGN(std::string sha256, HashFile(frame.path));
    at = sha256_of_video_.emplace(frame.path, std::move(sha256)).first;
  }
  if (FrameFingerprint(at->second, frame) != fingerprint) return Changed(frame.path);
  return ReadVideoFrame(frame);
}

}  // namespace unmask
