// unmask-video.so: all that is ours and calls FFmpeg.
#include "common/base/build_info.h"
#include "worker/faces/video_module.h"
#include "worker/video_reader/video_reader.h"

extern "C" __attribute__((visibility("default"))) const unmask::VideoModule* UnmaskVideoModule() {
  static const std::string build_id = unmask::BuildId();
  static const unmask::VideoModule module{build_id.c_str(), unmask::ReadVideoFrame};
  return &module;
}
