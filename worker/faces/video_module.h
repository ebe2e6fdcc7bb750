// What the shared library `unmask-video.so` offers: it links FFmpeg and about 250 libraries, so
// only a data set of videos opens it.
#pragma once

#include "worker/images/image.h"

namespace unmask {

struct VideoModule {
  const char* build_id;
  // The frame of that number, counted from 0.
  Result<Image> (*read_frame)(const fs::path& video, std::int64_t frame);
};

inline constexpr const char* kVideoModuleFile = "unmask-video.so";
inline constexpr const char* kVideoModuleSymbol = "UnmaskVideoModule";

}  // namespace unmask
