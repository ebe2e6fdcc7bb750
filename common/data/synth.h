// A synthetic data set of MFED's structure: every subject shows each of the 30 ordered pairs of six
// emotions once (masked), and each emotion once unmasked. Action units are drawn from emotion
// prototypes (EMFACS): what is shown dominates, the true emotion leaks a little, subjects differ.
#pragma once

#include <cstdint>
#include <vector>

#include "common/data/manifest.h"

namespace unmask {

struct SynthOptions {
  int subjects = 22;
  std::uint64_t seed = 0;
};

// 36 clips a subject. A clip is a function of (seed, subject, clip) alone, whatever the number of
// subjects.
std::vector<ManifestClip> SynthesizeClips(const SynthOptions& options);

}  // namespace unmask
