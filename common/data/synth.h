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

// An action unit as a picture shows it.
struct UnitIntensity {
  int unit = 0;
  double intensity = 0;  // 0 (not seen) to 1
};

// What the face of a synthetic clip does in one frame: a function of (seed, row, frame). At the
// onset the true emotion still shows and the disguise is just beginning; towards the apex the one
// fades and the other grows, as in the paper's Table I. Units that the row does not name are seen
// faintly where the emotions move them.
std::vector<UnitIntensity> SynthIntensities(const SynthOptions& options, const ManifestClip& clip,
                                            std::int64_t frame);

}  // namespace unmask
