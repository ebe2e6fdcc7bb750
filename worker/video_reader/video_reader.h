// Frames of videos by OpenCV and FFmpeg.
#pragma once

#include "worker/images/image.h"

namespace unmask {

// The frame of that number, counted from 0 in the order of display. Decoded from the start, since
// seeking lands on the nearest key frame in many formats: exact, in time that grows with the
// number. A DataError where the video is shorter, damaged before that frame, or none at all.
Result<Image> ReadVideoFrame(const fs::path& video, std::int64_t frame);

}  // namespace unmask
