// Which pictures a study sees: its clips' names with what identifies each picture, as a
// content-addressed blob. Feature jobs work on it; labels and subjects are not in it. Blob:
// canonical JSON {"pictures":[{"picture":"<fingerprint>","sample":"22_an2_ha"},...]} in the clips'
// order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/data/frames.h"

namespace unmask {

struct Picture {
  std::string sample;
  std::string fingerprint;  // frames.h, FrameFingerprint
};

std::string PicturesBlob(const std::vector<Picture>& pictures);
Result<std::vector<Picture>> ParsePicturesBlob(std::string_view blob);

// Where content lies that is known by its fingerprint: files store/paths/<sha256>, written anew by
// each run, since paths are no part of any job. Relative paths are beneath the store.

// Of a pictures blob: the frames in its order.
std::string FramePathsText(const std::vector<FrameRef>& frames);
Result<std::vector<FrameRef>> ReadFramePaths(const fs::path& store, std::string_view sha256);

// Whether the store can name that path: an error where it is not UTF-8.
Status CheckPath(const fs::path& path);

// Of a model folder or a detector's file: the path itself.
std::string PathText(const fs::path& path);
Result<fs::path> ReadPath(const fs::path& store, std::string_view sha256);

}  // namespace unmask
