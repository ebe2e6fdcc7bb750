// Whether the pictures that a manifest names are there and can be read.
#pragma once

#include <vector>

#include "common/data/manifest.h"

namespace unmask {

struct PictureCheck {
  std::size_t pictures = 0;       // distinct ones that were found and decoded
  std::size_t without_apex = 0;   // clips that have an onset picture alone
  std::vector<Problem> problems;  // in the order of the clips
};

// Looks at the apex and the onset picture of every clip that has `frames`; a number that a clip
// lacks is a problem only where it has neither. Every picture is decoded, on `threads` threads.
PictureCheck CheckPictures(const Manifest& manifest, const fs::path& root, unsigned threads);

}  // namespace unmask
